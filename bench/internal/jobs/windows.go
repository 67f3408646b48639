package jobs

import (
	"github.com/weft-stream/weft/bench/internal/meter"
	"github.com/weft-stream/weft/bench/internal/work"
	"github.com/weft-stream/weft/stream"
)

// tumblingCount is J2: records counted by an integer key in tumbling windows of event time.
func tumblingCount(env *stream.Env) error {
	count := env.Flags().Int64("count", 100_000_000, "records to make")
	keys := env.Flags().Int64("keys", 1000, "different keys")
	perMs := env.Flags().Int64("per-ms", 1000, "records in a millisecond of event time")
	size := env.Flags().Duration("size", work.Tumbling, "of the windows")
	follow := env.Flags().Bool("pauses", false, "tell the longest pause of a subtask")
	slide := env.Flags().Duration("slide", 0, "of the windows; 0: they follow each other")
	if err := env.ParseFlags(); err != nil {
		return err
	}
	events, m := work.Events{Keys: *keys, PerMs: *perMs}, meter.New(*count)
	var pauses *meter.Pauses
	if *follow {
		pauses = meter.NewPauses(*count/4, env.Parallelism())
	}
	made := stream.Generate(env, "events", stream.Generator[work.Event]{Count: *count, Record: func(i int64) work.Event {
		m.Made(i)
		pauses.Made(i)
		return events.At(i)
	}})
	timed := stream.WithWatermarks(made, stream.Ascending(func(e work.Event) int64 { return e.Time }))
	byKey := stream.KeyBy(timed, func(e work.Event) int64 { return e.Key })
	windows := stream.Tumbling(*size)
	if *slide > 0 {
		windows = stream.Sliding(*size, *slide)
	}
	tallyUntil(countIn(byKey.Window(windows), "counts"), func(t *meter.Tally) (func(work.WindowCount), func()) {
		return weigh(t), func() { t.DoneWithPause(pauses) }
	})
	return nil
}

// hotItems is Nexmark's Q5: in each sliding window, the auction with the most bids.
func hotItems(env *stream.Env) error {
	count := env.Flags().Int64("count", 20_000_000, "bids to make")
	perSecond := env.Flags().Int64("per-second", 100_000, "events in a second of event time")
	if err := env.ParseFlags(); err != nil {
		return err
	}
	bids, m := work.Bids{PerSecond: *perSecond}, meter.New(*count)
	made := stream.Generate(env, "bids", stream.Generator[work.Bid]{Count: *count, Record: func(i int64) work.Bid {
		m.Made(i)
		return bids.At(i)
	}})
	timed := stream.WithWatermarks(made, stream.Ascending(func(b work.Bid) int64 { return b.Time }))
	byAuction := stream.KeyBy(timed, func(b work.Bid) int64 { return b.Auction })
	counts := countIn(byAuction.Window(stream.Sliding(work.HotSize, work.HotSlide)), "counts")
	byWindow := stream.KeyBy(counts, func(c work.WindowCount) int64 { return c.End })
	hottest := byWindow.Window(stream.Tumbling(work.HotSlide)).Reduce("hottest", func(a, b work.WindowCount) work.WindowCount {
		if b.Hotter(a) {
			return b
		}
		return a
	})
	tally(hottest, weigh)
	return nil
}

// countIn counts the records of each key and window.
func countIn[T any](w *stream.WindowedStream[int64, T], uid string) *stream.Stream[work.WindowCount] {
	count := stream.Aggregator[T, int64, int64]{
		Add:      func(n int64, _ T) int64 { return n + 1 },
		Merge:    func(a, b int64) int64 { return a + b },
		Subtract: func(a, b int64) int64 { return a - b },
		Result:   func(n int64) int64 { return n },
	}
	return stream.AggregateWindow(w, uid, count, func(key int64, in stream.Window, n int64) work.WindowCount {
		return work.WindowCount{Key: key, End: in.End.UnixMilli(), Count: n}
	})
}

func weigh(t *meter.Tally) func(work.WindowCount) {
	return func(w work.WindowCount) { t.Add(w.Weigh()) }
}
