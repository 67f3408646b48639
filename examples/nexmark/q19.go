package main

import (
	"slices"

	"github.com/weft-stream/weft/examples/nexmark/market"
	"github.com/weft-stream/weft/stream"
)

// placed is one of the highest bids for an auction.
type placed struct {
	Bid  market.Bid
	Rank int64 // from 1
}

const places = 10

// q19 keeps the ten highest bids for each auction. It gives a row for each rank
// that a bid changes. The benchmark leaves open which of two equal bids is the
// higher: here the earlier, then that which before puts first.
func q19(in events) *stream.Stream[placed] {
	byAuction := stream.KeyBy(in.bids, func(b market.Bid) int64 { return b.Auction })
	return stream.Process(byAuction, "top", func(op *stream.Op[int64, placed]) func(market.Bid) {
		top := stream.NewValue[[]market.Bid](op, "bids") // the highest first
		return func(b market.Bid) {
			if best := top.Get(); len(best) == places && !higher(b, best[places-1]) {
				return
			}
			top.Update(func(best *[]market.Bid) {
				at := place(best, b)
				for i, moved := range (*best)[at:] {
					op.Emit(placed{moved, int64(at + i + 1)})
				}
			})
		}
	})
}

// place puts a bid where it belongs and tells where that is.
func place(best *[]market.Bid, b market.Bid) int {
	if len(*best) == places {
		*best = (*best)[:places-1]
	}
	at := len(*best)
	for at > 0 && higher(b, (*best)[at-1]) {
		at--
	}
	*best = slices.Insert(*best, at, b)
	return at
}

// higher tells whether a bid ranks before another.
func higher(a, b market.Bid) bool {
	switch {
	case a.Price != b.Price:
		return a.Price > b.Price
	case a.Time != b.Time:
		return a.Time < b.Time
	}
	return before(a, b)
}
