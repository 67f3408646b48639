package main

import (
	"github.com/weft-stream/weft/examples/nexmark/market"
	"github.com/weft-stream/weft/stream"
)

// dayOfBids is what was bid on a day so far.
type dayOfBids struct {
	Day   int64 // since 1970
	Tally tally
}

// q15 keeps statistics of each day's bids, by the rank of their prices.
func q15(in events) *stream.Stream[dayOfBids] {
	const shards = 256 // a day has all bids
	deals := stream.Map(in.bids, func(b market.Bid) deal[int64] {
		return deal[int64]{dayOf(b), b.Bidder, b.Auction, b.Price, b.Time}
	})
	return stream.Map(statistics(deals, shards), func(s standing[int64]) dayOfBids { return dayOfBids{s.Group, s.Tally} })
}
