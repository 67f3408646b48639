package main

import (
	"github.com/weft-stream/weft/examples/nexmark/market"
	"github.com/weft-stream/weft/stream"
)

// average is what the auctions of a category were sold for so far.
type average struct {
	Category int64
	Price    int64 // cents, rounded down
	Auctions int64
}

// q4 finds the average price of the auctions in each category. It gives a row
// for each auction that closes.
func q4(in events) *stream.Stream[average] {
	type nothing = stream.None
	lots := stream.Map(in.auctions, func(a market.Auction) lot[int64] { return lot[int64]{a.ID, a.Time, a.Expires, a.Category} })
	tenders := stream.Map(in.bids, func(b market.Bid) tender[nothing] {
		return tender[nothing]{Lot: b.Auction, Price: b.Price, Time: b.Time}
	})
	sales := closing(lots, tenders, "sales", func(_, _ nothing) bool { return false })
	byCategory := stream.KeyBy(sales, func(s sold[int64, nothing]) int64 { return s.Lot.Item })
	return stream.Process(byCategory, "averages", func(op *stream.Op[int64, average]) func(sold[int64, nothing]) {
		all := stream.NewValue[total](op, "total")
		return func(s sold[int64, nothing]) {
			sum := all.Get()
			sum.Price += s.Best.Price
			sum.Auctions++
			all.Set(sum)
			op.Emit(average{op.Key(), sum.Price / sum.Auctions, sum.Auctions})
		}
	})
}

// total is the sum over a category's auctions.
type total struct{ Price, Auctions int64 }
