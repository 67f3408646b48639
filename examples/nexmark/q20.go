package main

import (
	"github.com/weft-stream/weft/examples/nexmark/market"
	"github.com/weft-stream/weft/stream"
)

// expanded is a bid with its auction.
type expanded struct {
	Bid     market.Bid
	Auction market.Auction
}

// q20 gives the bids for auctions of category 10 with all about the auction. A
// bid may come before its auction.
func q20(in events) *stream.Stream[expanded] {
	const category = 10
	return match(
		stream.KeyBy(in.auctions, func(a market.Auction) int64 { return a.ID }),
		stream.KeyBy(in.bids, func(b market.Bid) int64 { return b.Auction }),
		"expanded",
		func(a market.Auction) bool { return a.Category == category },
		func(a market.Auction, b market.Bid) expanded { return expanded{b, a} },
	)
}
