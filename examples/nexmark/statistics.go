package main

import (
	"time"

	"github.com/weft-stream/weft/stream"
)

// tally says how many bids there were, of how many persons, for how many auctions.
type tally struct{ Bids, Bidders, Auctions ranked }

// standing is the tally of a group so far.
type standing[G comparable] struct {
	Group  G
	Tally  tally
	Minute int64 // of the day, of the latest bid
}

func (s standing[G]) plus(other standing[G]) standing[G] {
	s.Tally.Bids = s.Tally.Bids.plus(other.Tally.Bids)
	s.Tally.Bidders = s.Tally.Bidders.plus(other.Tally.Bidders)
	s.Tally.Auctions = s.Tally.Auctions.plus(other.Tally.Auctions)
	s.Minute = max(s.Minute, other.Minute)
	return s
}

// deal is what statistics need of a bid.
type deal[G comparable] struct {
	Group                        G
	Bidder, Auction, Price, Time int64
}

// statistics tallies bids by group. It gives a row for each person and auction
// that is new in a group, and the bids themselves are added once in a second of
// their time.
//
// A group may have most of all bids. So what is many comes together in steps:
// persons, auctions and bids are each looked at where they are few, and what is
// new, as a tally, is added up by group. shards is over how many places the bids
// of a group are counted.
func statistics[G comparable](deals *stream.Stream[deal[G]], shards int64) *stream.Stream[standing[G]] {
	const each = time.Second
	byShard := stream.KeyBy(deals, func(d deal[G]) member[G] { return member[G]{d.Group, d.Bidder % shards} })
	bids := stream.AggregateWindow(byShard.Window(stream.Tumbling(each)), "bids", stream.Aggregator[deal[G], standing[G], standing[G]]{
		Add: func(s standing[G], d deal[G]) standing[G] {
			s.Tally.Bids.count(d.Price)
			s.Minute = max(s.Minute, d.Time/time.Minute.Milliseconds()%(24*60))
			return s
		},
		Result: func(s standing[G]) standing[G] { return s },
	}, func(m member[G], _ stream.Window, s standing[G]) standing[G] { s.Group = m.Group; return s })
	bidders := newcomers(deals, "bidders", func(d deal[G]) int64 { return d.Bidder },
		func(g G, n ranked) standing[G] { return standing[G]{Group: g, Tally: tally{Bidders: n}} })
	auctions := newcomers(deals, "auctions", func(d deal[G]) int64 { return d.Auction },
		func(g G, n ranked) standing[G] { return standing[G]{Group: g, Tally: tally{Auctions: n}} })
	byGroup := stream.KeyBy(stream.Union(bids, bidders, auctions), func(s standing[G]) G { return s.Group })
	return byGroup.Reduce("standings", standing[G].plus)
}

// member is a person, an auction or a shard of a group.
type member[G comparable] struct {
	Group G
	ID    int64
}

// glance is a member at a price.
type glance[G comparable] struct {
	Who  member[G]
	Rank int
}

// newcomers counts a member when it is seen in its group for the first time, and
// when it is for the first time at a rank of prices.
func newcomers[G comparable](deals *stream.Stream[deal[G]], uid string, who func(deal[G]) int64, count func(G, ranked) standing[G]) *stream.Stream[standing[G]] {
	glances := stream.Map(deals, func(d deal[G]) glance[G] {
		return glance[G]{member[G]{d.Group, who(d)}, rankOf(d.Price)}
	})
	byMember := stream.KeyBy(glances, func(g glance[G]) member[G] { return g.Who })
	return stream.Process(byMember, uid, func(op *stream.Op[member[G], standing[G]]) func(glance[G]) {
		seen := stream.NewValue[uint8](op, "ranks") // a bit for each
		return func(g glance[G]) {
			ranks := seen.Get()
			if ranks>>g.Rank&1 != 0 {
				return
			}
			seen.Set(ranks | 1<<g.Rank)
			op.Emit(count(g.Who.Group, newAt(g.Rank, ranks == 0)))
		}
	})
}

// newAt counts one that is new at a rank, and perhaps at all.
func newAt(rank int, atAll bool) ranked {
	var r ranked
	if atAll {
		r.All = 1
	}
	*[]*int64{1: &r.Rank1, 2: &r.Rank2, 3: &r.Rank3}[rank] = 1
	return r
}
