package main

import (
	"github.com/weft-stream/weft/examples/nexmark/market"
	"github.com/weft-stream/weft/stream"
)

// offer is a price for an auction.
type offer struct{ Auction, Price int64 }

// q2 selects the bids for every 123rd auction.
func q2(in events) *stream.Stream[offer] {
	const every = 123
	chosen := stream.Filter(in.bids, func(b market.Bid) bool { return b.Auction%every == 0 })
	return stream.Map(chosen, func(b market.Bid) offer { return offer{b.Auction, b.Price} })
}
