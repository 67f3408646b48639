package jobs

import (
	"github.com/weft-stream/weft/bench/internal/meter"
	"github.com/weft-stream/weft/bench/internal/work"
	"github.com/weft-stream/weft/stream"
)

// passThrough is Nexmark's Q0: bids, with their strings, go from the source to the sink. With --rebalance they change the
// subtask on their way.
func passThrough(env *stream.Env) error {
	count := env.Flags().Int64("count", 100_000_000, "bids to make")
	perSecond := env.Flags().Int64("per-second", 100_000, "events in a second of event time")
	rebalance := env.Flags().Bool("rebalance", false, "deal the bids out over the subtasks of the next operator")
	if err := env.ParseFlags(); err != nil {
		return err
	}
	bids, m := (&work.Bids{PerSecond: *perSecond}).WithStrings(), meter.New(*count)
	made := stream.Generate(env, "bids", stream.Generator[work.FullBid]{Count: *count, Record: func(i int64) work.FullBid {
		m.Made(i)
		return bids.Full(i)
	}})
	if *rebalance {
		made = made.Rebalance()
	}
	passed := stream.Map(made, func(b work.FullBid) work.FullBid { return b })
	tally(passed, func(t *meter.Tally) func(work.FullBid) {
		return func(b work.FullBid) { t.Add(b.Weigh()) }
	})
	return nil
}
