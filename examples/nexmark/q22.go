package main

import (
	"strings"

	"github.com/weft-stream/weft/examples/nexmark/market"
	"github.com/weft-stream/weft/stream"
)

// located is a bid with the folders of its page.
type located struct {
	Auction, Bidder, Price int64
	Channel                string
	Dir1, Dir2, Dir3       string
}

// q22 takes the folders out of each bid's address. One that is not there is "".
func q22(in events) *stream.Stream[located] {
	return stream.Map(in.bids, func(b market.Bid) located {
		l := located{Auction: b.Auction, Bidder: b.Bidder, Price: b.Price, Channel: b.Channel}
		_, rest, _ := strings.Cut(b.URL, "/") // https:
		_, rest, _ = strings.Cut(rest, "/")
		_, rest, _ = strings.Cut(rest, "/") // the host
		l.Dir1, rest, _ = strings.Cut(rest, "/")
		l.Dir2, rest, _ = strings.Cut(rest, "/")
		l.Dir3, _, _ = strings.Cut(rest, "/")
		return l
	})
}
