package main

import (
	"github.com/weft-stream/weft/examples/nexmark/market"
	"github.com/weft-stream/weft/stream"
)

// channelDay is a channel on a day, in days since 1970.
type channelDay struct {
	Channel string
	Day     int64
}

// q16 keeps statistics of each channel's bids of a day, by the rank of their
// prices, with the minute of the latest.
func q16(in events) *stream.Stream[standing[channelDay]] {
	const shards = 1 // there are 10,000 channels
	deals := stream.Map(in.bids, func(b market.Bid) deal[channelDay] {
		return deal[channelDay]{channelDay{b.Channel, dayOf(b)}, b.Bidder, b.Auction, b.Price, b.Time}
	})
	return statistics(deals, shards)
}
