package main

import (
	"time"

	"github.com/weft-stream/weft/examples/nexmark/market"
	"github.com/weft-stream/weft/stream"
)

// newSeller is a person who opened an auction in the window of registering.
type newSeller struct {
	ID    int64
	Name  string
	Start int64 // of the window, ms since 1970
}

// q8 finds who has registered and opened an auction in the same ten seconds. A
// join of two streams by window is one window over both.
func q8(in events) *stream.Stream[newSeller] {
	const size = 10 * time.Second
	registered := stream.Map(in.persons, func(p market.Person) doing {
		return doing{Person: p.ID, Name: p.Name, Registered: true}
	})
	sold := stream.Map(in.auctions, func(a market.Auction) doing { return doing{Person: a.Seller, Sold: true} })
	byPerson := stream.KeyBy(stream.Union(registered, sold), func(d doing) int64 { return d.Person })
	windows := stream.ReduceWindow(byPerson.Window(stream.Tumbling(size)), "doings", doing.and,
		func(_ int64, in stream.Window, d doing) doing { d.Start = in.Start.UnixMilli(); return d })
	both := stream.Filter(windows, func(d doing) bool { return d.Registered && d.Sold })
	return stream.Map(both, func(d doing) newSeller { return newSeller{d.Person, d.Name, d.Start} })
}

// doing is what a person did in a window.
type doing struct {
	Person           int64
	Name             string
	Registered, Sold bool
	Start            int64 // of the window, once it is over
}

func (d doing) and(other doing) doing {
	if other.Registered {
		d.Name = other.Name
	}
	d.Registered = d.Registered || other.Registered
	d.Sold = d.Sold || other.Sold
	return d
}
