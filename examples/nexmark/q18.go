package main

import (
	"github.com/weft-stream/weft/examples/nexmark/market"
	"github.com/weft-stream/weft/stream"
)

// bidderAuction is the key of q18.
type bidderAuction struct{ Bidder, Auction int64 }

// q18 finds the last bid of each person for each auction. It gives a row for each
// bid that is later than the ones before. The benchmark leaves open which of two
// in the same millisecond is the last: here the higher, then that which before
// puts last.
func q18(in events) *stream.Stream[market.Bid] {
	byBoth := stream.KeyBy(in.bids, func(b market.Bid) bidderAuction { return bidderAuction{b.Bidder, b.Auction} })
	return stream.Process(byBoth, "last", func(op *stream.Op[bidderAuction, market.Bid]) func(market.Bid) {
		last := stream.NewValue[market.Bid](op, "bid")
		return func(b market.Bid) {
			last.Update(func(l *market.Bid) {
				if l.Auction == 0 || later(b, *l) { // there is no auction 0
					*l = b
					op.Emit(b)
				}
			})
		}
	})
}

// later tells whether a bid was made after another.
func later(a, b market.Bid) bool {
	switch {
	case a.Time != b.Time:
		return a.Time > b.Time
	case a.Price != b.Price:
		return a.Price > b.Price
	}
	return before(b, a)
}
