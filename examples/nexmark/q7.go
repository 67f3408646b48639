package main

import (
	"time"

	"github.com/weft-stream/weft/examples/nexmark/market"
	"github.com/weft-stream/weft/stream"
)

// highest is a bid that no other of its window tops.
type highest struct {
	Auction, Price, Bidder, Time int64
	Extra                        string
}

// q7 finds the highest bids of each ten seconds: all of them, if several are as
// high. A window's end belongs to the next; in SQL's BETWEEN it belongs to both.
func q7(in events) *stream.Stream[highest] {
	const size = 10 * time.Second
	bids := stream.Map(in.bids, func(b market.Bid) highest { return highest{b.Auction, b.Price, b.Bidder, b.Time, b.Extra} })
	return winners(bids, "highest", size, func(h highest) ranking {
		return ranking{h.Time / size.Milliseconds(), h.Price}
	})
}
