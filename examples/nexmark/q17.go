package main

import (
	"github.com/weft-stream/weft/examples/nexmark/market"
	"github.com/weft-stream/weft/stream"
)

// dayOfAuction is what was bid for an auction on a day so far.
type dayOfAuction struct {
	Auction, Day                     int64 // days since 1970
	Bids                             ranked
	MinPrice, MaxPrice, Average, Sum int64 // cents; the average is rounded down
}

// auctionDay is the key of q17.
type auctionDay struct{ Auction, Day int64 }

// q17 keeps statistics of the bids for each auction and day. It gives a row for
// each bid.
func q17(in events) *stream.Stream[dayOfAuction] {
	offers := stream.Map(in.bids, func(b market.Bid) dated { return dated{auctionDay{b.Auction, dayOf(b)}, b.Price} })
	byDay := stream.KeyBy(offers, func(d dated) auctionDay { return d.On })
	return stream.Process(byDay, "statistics", func(op *stream.Op[auctionDay, dayOfAuction]) func(dated) {
		row := stream.NewValue[dayOfAuction](op, "row")
		return func(d dated) { row.Update(func(r *dayOfAuction) { r.add(d); op.Emit(*r) }) }
	})
}

// dated is a price on a day.
type dated struct {
	On    auctionDay
	Price int64
}

func (r *dayOfAuction) add(d dated) {
	if r.Bids.All == 0 {
		r.Auction, r.Day = d.On.Auction, d.On.Day
		r.MinPrice, r.MaxPrice = d.Price, d.Price
	}
	r.Bids.count(d.Price)
	r.MinPrice, r.MaxPrice = min(r.MinPrice, d.Price), max(r.MaxPrice, d.Price)
	r.Sum += d.Price
	r.Average = r.Sum / r.Bids.All
}
