package stream_test

import (
	"time"

	"github.com/weft-stream/weft/stream"
	"github.com/weft-stream/weft/stream/streamtest"
)

// minutes counts records in windows of a minute.
func minutes(s *stream.Stream[reading]) {
	windows := stream.KeyBy(s, sensor).Window(stream.Tumbling(time.Minute))
	stream.Print(stream.AggregateWindow(windows, "minutes", mean, func(_ string, in stream.Window, m float64) string {
		return in.Start.UTC().Format("15:04")
	}))
}

// The readings come in the order of their time.
func ExampleAscending() {
	streamtest.Show(func(env *stream.Env) error {
		all := stream.Collection(env, "readings", reading{"a", 30_000, 1}, reading{"a", 61_000, 2})
		minutes(stream.WithWatermarks(all, stream.Ascending(readingTime)))
		return nil
	})
	// Output:
	// 00:00
	// 00:01
}

// A reading may come up to five seconds later than one of a later time.
func ExampleBoundedOutOfOrderness() {
	streamtest.Show(func(env *stream.Env) error {
		all := stream.Collection(env, "readings", reading{"a", 61_000, 2}, reading{"a", 58_000, 1})
		minutes(stream.WithWatermarks(all, stream.BoundedOutOfOrderness(5*time.Second, readingTime)))
		return nil
	})
	// Output:
	// 00:00
	// 00:01
}

// The second source gives nothing while it waits for the first window to
// close. It is left out of the watermark after 50 ms, so the window does close.
func ExampleWatermarks_Idleness() {
	streamtest.Show(func(env *stream.Env) error {
		closed := make(chan struct{})
		busy := stream.From(env, "", stream.SourceOptions{Parallelism: 1}, func() stream.Source[reading] { return &latecomer{closed: closed} })
		quiet := stream.Map(
			stream.Filter(
				stream.From(env, "", stream.SourceOptions{Parallelism: 1}, func() stream.Source[int64] { return &until{closed: closed} }),
				func(int64) bool { return false }),
			func(int64) reading { return reading{} })
		w := stream.Ascending(readingTime).Idleness(50 * time.Millisecond)
		both := stream.Union(stream.WithWatermarks(busy, w), stream.WithWatermarks(quiet, w))
		windows := stream.KeyBy(both, sensor).Window(stream.Tumbling(10 * time.Second))
		first := stream.ReduceWindow(windows, "highest", higher, span)
		stream.Print(stream.Map(first, func(result string) string {
			select {
			case <-closed:
			default:
				close(closed)
			}
			return result
		}))
		return nil
	})
	// Output:
	// 0 to 10: 5
	// 10 to 20: 6
}

// Records get their timestamps from what they hold; without it, windows are in
// processing time.
func ExampleWithWatermarks() {
	streamtest.Show(func(env *stream.Env) error {
		type click struct {
			User string
			At   time.Time
		}
		clicks := stream.Collection(env, "clicks", click{"ada", time.Unix(5, 0)}, click{"ada", time.Unix(8, 0)}, click{"ada", time.Unix(90, 0)})
		timed := stream.WithWatermarks(clicks, stream.Ascending(func(c click) time.Time { return c.At }))
		stream.Print(stream.Aggregate(
			stream.KeyBy(timed, func(c click) string { return c.User }).Window(stream.Tumbling(time.Minute)), "clicks-a-minute",
			stream.Aggregator[click, int, int]{Add: func(n int, _ click) int { return n + 1 }, Result: func(n int) int { return n }}))
		return nil
	})
	// Output:
	// 2
	// 1
}
