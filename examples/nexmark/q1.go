package main

import (
	"github.com/weft-stream/weft/examples/nexmark/market"
	"github.com/weft-stream/weft/stream"
)

// inEuros is a bid with its price in another currency.
type inEuros struct {
	Auction, Bidder int64
	Price           int64 // thousandths of a cent of a euro: exact, as SQL's decimals are
	Time            int64
	Extra           string
}

// euro is what a dollar is worth, in thousandths of a euro.
const euro = 908

// q1 converts the bids' prices from dollars to euros.
func q1(in events) *stream.Stream[inEuros] {
	return stream.Map(in.bids, func(b market.Bid) inEuros {
		return inEuros{b.Auction, b.Bidder, b.Price * euro, b.Time, b.Extra}
	})
}
