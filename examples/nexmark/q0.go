package main

import (
	"github.com/weft-stream/weft/examples/nexmark/market"
	"github.com/weft-stream/weft/stream"
)

// passed is a bid without the way by which it came.
type passed struct {
	Auction, Bidder, Price, Time int64
	Extra                        string
}

// q0 passes the bids through: what the source and the engine cost by themselves.
func q0(in events) *stream.Stream[passed] {
	return stream.Map(in.bids, func(b market.Bid) passed {
		return passed{b.Auction, b.Bidder, b.Price, b.Time, b.Extra}
	})
}
