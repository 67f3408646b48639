package main

import (
	"github.com/weft-stream/weft/examples/nexmark/market"
	"github.com/weft-stream/weft/stream"
)

// winner is an auction with the bid that has won it.
type winner struct {
	Auction market.Auction
	Bid     market.Bid
}

// q9 finds the bid that wins each auction. Of bids equally high and early, the
// benchmark leaves open which wins: here that of the lower bidder, and then by
// channel, address and extra.
func q9(in events) *stream.Stream[winner] {
	lots := stream.Map(in.auctions, func(a market.Auction) lot[market.Auction] {
		return lot[market.Auction]{a.ID, a.Time, a.Expires, a}
	})
	tenders := stream.Map(in.bids, func(b market.Bid) tender[market.Bid] {
		return tender[market.Bid]{b.Auction, b.Price, b.Time, b}
	})
	sales := closing(lots, tenders, "sales", before)
	return stream.Map(sales, func(s sold[market.Auction, market.Bid]) winner { return winner{s.Lot.Item, s.Best.Bid} })
}
