package main

import (
	"math"
	"time"

	"github.com/weft-stream/weft/stream"
)

// ranking is where a record stands: in which window, and how high.
type ranking struct{ Window, Score int64 }

// winners finds the records with the highest score of each window: all of them,
// if several have it. size is that of windows which hold the same records as
// those that rank tells, by the records' timestamps.
//
// Of a window's records few come to the place where all meet: each subtask first
// leaves out those that are beaten by one of its own which has gone there before.
func winners[T any](s *stream.Stream[T], uid string, size time.Duration, rank func(T) ranking) *stream.Stream[T] {
	leading := stream.ProcessEach(s, func(op *stream.Op[stream.None, T]) func(T) {
		// It is no state: after a restore more goes through than need be, that is all.
		best := ranking{Score: math.MinInt64}
		return func(v T) {
			r := rank(v)
			if r.Window == best.Window && r.Score < best.Score {
				return
			}
			best = r
			op.Emit(v)
		}
	}).Name("Leave out the beaten")
	byWindow := stream.KeyBy(leading, func(v T) int64 { return rank(v).Window })
	podiums := stream.Aggregate(byWindow.Window(stream.Tumbling(size)), uid, stream.Aggregator[T, []T, []T]{
		Add: func(best []T, v T) []T {
			switch {
			case len(best) == 0 || rank(v).Score > rank(best[0]).Score:
				return append(best[:0], v)
			case rank(v).Score == rank(best[0]).Score:
				return append(best, v)
			}
			return best
		},
		Result: func(best []T) []T { return best },
	})
	return stream.FlatMap(podiums, func(best []T, emit func(T)) {
		for _, v := range best {
			emit(v)
		}
	})
}
