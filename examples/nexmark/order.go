package main

import (
	"cmp"

	"github.com/weft-stream/weft/examples/nexmark/market"
)

// before puts bids in an order where the benchmark leaves open which of two comes
// first, so that a result is the same whichever the query saw first. It goes by
// what a bid is, as far as that is not equal anyway.
func before(a, b market.Bid) bool { return compareOpen(a, b) < 0 }

func compareOpen(a, b market.Bid) int {
	if c := cmp.Compare(a.Bidder, b.Bidder); c != 0 {
		return c
	}
	return cmp.Or(
		cmp.Compare(a.Channel, b.Channel),
		cmp.Compare(a.URL, b.URL),
		cmp.Compare(a.Extra, b.Extra),
	)
}
