package main

import (
	"time"

	"github.com/weft-stream/weft/examples/nexmark/market"
	"github.com/weft-stream/weft/stream"
)

// activity is how much a person bid in a window.
type activity struct {
	Bidder, Bids int64
	Start, End   int64 // of the window, ms since 1970
}

// q11 counts the bids of each person's sessions. A session is over when the
// person has not bid for more than ten seconds.
func q11(in events) *stream.Stream[activity] {
	return activities(in, stream.Session(10*time.Second))
}

// activities counts each person's bids in windows.
func activities(in events, windows stream.Assigner) *stream.Stream[activity] {
	bidders := stream.Map(in.bids, func(b market.Bid) int64 { return b.Bidder })
	byBidder := stream.KeyBy(bidders, func(bidder int64) int64 { return bidder })
	return stream.AggregateWindow(byBidder.Window(windows), "activities", counter[int64](),
		func(bidder int64, in stream.Window, bids int64) activity {
			return activity{bidder, bids, in.Start.UnixMilli(), in.End.UnixMilli()}
		})
}
