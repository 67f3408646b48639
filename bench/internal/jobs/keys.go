package jobs

import (
	"github.com/weft-stream/weft/bench/internal/meter"
	"github.com/weft-stream/weft/bench/internal/work"
	"github.com/weft-stream/weft/stream"
)

// runningCount counts records by an integer key, without windows: keys and counts of eight bytes, as many keys as wanted.
// It tells the longest pause of a subtask.
func runningCount(env *stream.Env) error {
	count := env.Flags().Int64("count", 100_000_000, "records to make")
	keys := env.Flags().Int64("keys", 10_000_000, "different keys")
	if err := env.ParseFlags(); err != nil {
		return err
	}
	events, m, pauses := work.Events{Keys: *keys, PerMs: 1}, meter.New(*count), meter.NewPauses(*count/4, env.Parallelism())
	made := stream.Generate(env, "keys", stream.Generator[int64]{Count: *count, Record: func(i int64) int64 {
		m.Made(i)
		pauses.Made(i)
		return events.At(i).Key
	}})
	counts := stream.Process(stream.KeyBy(made, func(k int64) int64 { return k }), "counts", func(op *stream.Op[int64, int64]) func(int64) {
		n := stream.NewValue[int64](op, "n")
		return func(int64) {
			next := n.Get() + 1
			n.Set(next)
			op.Emit(next)
		}
	})
	tallyUntil(counts, func(t *meter.Tally) (func(int64), func()) {
		return func(n int64) { t.Add(uint64(n)) }, func() { t.DoneWithPause(pauses) }
	})
	return nil
}
