package jobs

import (
	"time"

	"github.com/weft-stream/weft/bench/internal/meter"
	"github.com/weft-stream/weft/bench/internal/work"
	"github.com/weft-stream/weft/stream"
)

// lateness counts records by key in short windows of event time, which is the time at which they are made, and tells how
// long after its window's end each result comes out. The first quarter of the windows is left out.
func lateness(env *stream.Env) error {
	count := env.Flags().Int64("count", 4_000_000, "records to make")
	rate := env.Flags().Float64("rate", 200_000, "records per second")
	keys := env.Flags().Int64("keys", 10_000, "different keys")
	size := env.Flags().Duration("size", 20*time.Millisecond, "of the windows")
	if err := env.ParseFlags(); err != nil {
		return err
	}
	events, m := work.Events{Keys: *keys, PerMs: 1}, meter.New(*count)
	made := stream.Generate(env, "events", stream.Generator[work.Event]{Count: *count, Rate: *rate, Record: func(i int64) work.Event {
		m.Made(i)
		return work.Event{Key: events.At(i).Key, Time: time.Now().UnixMilli()}
	}})
	timed := stream.WithWatermarks(made, stream.Ascending(func(e work.Event) time.Time { return time.UnixMilli(e.Time) }))
	byKey := stream.KeyBy(timed, func(e work.Event) int64 { return e.Key })
	tallyUntil(countIn(byKey.Window(stream.Tumbling(*size)), "counts"), func(t *meter.Tally) (func(work.WindowCount), func()) {
		late, from := &meter.Histogram{}, uint64(*count/4)
		seen := uint64(0)
		return func(w work.WindowCount) {
			t.Add(uint64(w.Count))
			if seen += uint64(w.Count); seen > from {
				late.Add(time.Since(time.UnixMilli(w.End)))
			}
		}, func() { t.DoneWithLatency(late) }
	})
	return nil
}
