package main

import (
	"time"

	"github.com/weft-stream/weft/examples/nexmark/market"
	"github.com/weft-stream/weft/stream"
)

// hotItem is an auction that had the most bids in a window.
type hotItem struct {
	Auction, Bids int64
	End           int64 // of the window, ms since 1970
}

// q5 finds, every two seconds, which auctions had the most bids in the last ten:
// all of them, if several had as many.
func q5(in events) *stream.Stream[hotItem] {
	const size, slide = 10 * time.Second, 2 * time.Second
	bidsFor := stream.Map(in.bids, func(b market.Bid) int64 { return b.Auction })
	byAuction := stream.KeyBy(bidsFor, func(auction int64) int64 { return auction })
	counts := stream.AggregateWindow(byAuction.Window(stream.Sliding(size, slide)), "count", counter[int64](),
		func(auction int64, in stream.Window, bids int64) hotItem {
			return hotItem{auction, bids, in.End.UnixMilli()}
		})
	// A window's counts have its last moment as their time: one window of the slide holds just them.
	return winners(counts, "hottest", slide, func(h hotItem) ranking { return ranking{h.End, h.Bids} })
}

// counter counts records.
func counter[T any]() stream.Aggregator[T, int64, int64] {
	return stream.Aggregator[T, int64, int64]{
		Add:    func(n int64, _ T) int64 { return n + 1 },
		Merge:  func(a, b int64) int64 { return a + b },
		Result: func(n int64) int64 { return n },
	}
}
