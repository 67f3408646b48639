package stream_test

import (
	"fmt"
	"time"

	"github.com/weft-stream/weft/stream"
	"github.com/weft-stream/weft/stream/streamtest"
)

// values is a stream of sensor a with timestamps in seconds: at 1, 3, 6, 14 and 15.
func values(env *stream.Env) *stream.KeyedStream[string, reading] {
	all := stream.Collection(env, "readings",
		reading{"a", 1_000, 5}, reading{"a", 3_000, 7}, reading{"a", 6_000, 1}, reading{"a", 14_000, 2}, reading{"a", 15_000, 4})
	return stream.KeyBy(stream.WithWatermarks(all, stream.Ascending(readingTime)), sensor)
}

// higher is the function of a Reduce that keeps the record of the highest value.
func higher(a, b reading) reading {
	if b.Value > a.Value {
		return b
	}
	return a
}

// span shows a window's result with its seconds.
func span(_ string, in stream.Window, r reading) string {
	return fmt.Sprintf("%d to %d: %v", in.Start.Unix(), in.End.Unix(), r.Value)
}

func ExampleTumbling() {
	streamtest.Show(func(env *stream.Env) error {
		windows := values(env).Window(stream.Tumbling(5 * time.Second))
		stream.Print(stream.ReduceWindow(windows, "highest", higher, span))
		return nil
	})
	// Output:
	// 0 to 5: 7
	// 5 to 10: 1
	// 10 to 15: 2
	// 15 to 20: 4
}

func ExampleSliding() {
	streamtest.Show(func(env *stream.Env) error {
		windows := values(env).Window(stream.Sliding(10*time.Second, 5*time.Second))
		stream.Print(stream.ReduceWindow(windows, "highest", higher, span))
		return nil
	})
	// Output:
	// -5 to 5: 7
	// 0 to 10: 7
	// 5 to 15: 2
	// 10 to 20: 4
	// 15 to 25: 4
}

func ExampleSession() {
	streamtest.Show(func(env *stream.Env) error {
		windows := values(env).Window(stream.Session(4 * time.Second))
		stream.Print(stream.ReduceWindow(windows, "highest", higher, span))
		return nil
	})
	// Output:
	// 1 to 10: 7
	// 14 to 19: 4
}

// Days that begin at midnight of UTC+8.
func ExampleAssigner_Offset() {
	streamtest.Show(func(env *stream.Env) error {
		at := time.Date(2024, 5, 2, 7, 30, 0, 0, time.FixedZone("UTC+8", 8*3600))
		one := stream.WithWatermarks(stream.Collection(env, "one", at), stream.Ascending(func(t time.Time) time.Time { return t }))
		days := stream.KeyBy(one, func(time.Time) stream.None { return stream.None{} }).
			Window(stream.Tumbling(24 * time.Hour).Offset(-8 * time.Hour))
		stream.Print(stream.ReduceWindow(days, "days", func(a, _ time.Time) time.Time { return a },
			func(_ stream.None, in stream.Window, _ time.Time) string { return in.Start.UTC().Format(time.DateTime) }))
		return nil
	})
	// Output:
	// 2024-05-01 16:00:00
}

func ExampleWindowedStream_Reduce() {
	streamtest.Show(func(env *stream.Env) error {
		stream.Print(values(env).Window(stream.Tumbling(10*time.Second)).Reduce("highest", higher))
		return nil
	})
	// Output:
	// {a 3000 7}
	// {a 15000 4}
}

// mean is an Aggregator whose accumulator has another type than records and result.
var mean = stream.Aggregator[reading, [2]float64, float64]{
	Add:    func(acc [2]float64, r reading) [2]float64 { return [2]float64{acc[0] + r.Value, acc[1] + 1} },
	Merge:  func(a, b [2]float64) [2]float64 { return [2]float64{a[0] + b[0], a[1] + b[1]} },
	Result: func(acc [2]float64) float64 { return acc[0] / acc[1] },
}

func ExampleAggregate() {
	streamtest.Show(func(env *stream.Env) error {
		windows := values(env).Window(stream.Tumbling(5 * time.Second))
		stream.Print(stream.Aggregate(windows, "means", mean))
		return nil
	})
	// Output:
	// 6
	// 1
	// 2
	// 4
}

func ExampleAggregateWindow() {
	streamtest.Show(func(env *stream.Env) error {
		windows := values(env).Window(stream.Session(4 * time.Second))
		stream.Print(stream.AggregateWindow(windows, "means", mean, func(key string, in stream.Window, m float64) string {
			return fmt.Sprintf("%s from %d: %.2f", key, in.Start.Unix(), m)
		}))
		return nil
	})
	// Output:
	// a from 1: 4.33
	// a from 14: 3.00
}

// Windows in processing time close by the machine's clock: this source ends only
// after its window has closed.
func ExampleAssigner_ProcessingTime() {
	for _, windows := range []stream.Assigner{
		stream.Tumbling(20 * time.Millisecond), stream.Session(20 * time.Millisecond),
	} {
		closed := make(chan struct{})
		streamtest.Show(func(env *stream.Env) error {
			open := stream.From(env, "", stream.SourceOptions{Parallelism: 1}, func() stream.Source[int64] { return &until{closed: closed} })
			sums := stream.KeyBy(open, func(int64) string { return "all" }).
				Window(windows.ProcessingTime()).
				Reduce("sums", func(a, b int64) int64 { return a + b })
			stream.Print(stream.Map(sums, func(sum int64) int64 { close(closed); return sum }))
			return nil
		})
	}
	// Output:
	// 7
	// 7
}

// latecomer emits readings of which the last is late: it comes when the window
// that it belongs to has closed.
type latecomer struct {
	closed chan struct{}
	told   bool
}

func (l *latecomer) Open(*stream.SourceContext, bool, [][]byte) error { return nil }
func (l *latecomer) Snapshot() ([][]byte, error)                      { return nil, nil }
func (l *latecomer) Close() error                                     { return nil }

func (l *latecomer) Poll(out *stream.Emitter[reading]) (stream.Next, error) {
	if !l.told {
		out.Emit(reading{"a", 1_000, 5})
		out.Emit(reading{"a", 12_000, 6})
		l.told = true
	}
	select {
	case <-l.closed:
		out.Emit(reading{"a", 2_000, 9})
		return stream.End(), nil
	default:
		return stream.Wait(time.Millisecond), nil
	}
}

// lateWindows are windows with a late record; told is to be called for each result.
func lateWindows(env *stream.Env) (windows *stream.WindowedStream[string, reading], told func(string) string) {
	closed := make(chan struct{})
	all := stream.From(env, "", stream.SourceOptions{Parallelism: 1}, func() stream.Source[reading] { return &latecomer{closed: closed} })
	timed := stream.WithWatermarks(all, stream.Ascending(readingTime))
	first := true
	return stream.KeyBy(timed, sensor).Window(stream.Tumbling(10 * time.Second)), func(result string) string {
		if first {
			first = false
			close(closed)
		}
		return result
	}
}

// The window is kept for a minute: a late record gives its result once more, corrected.
func ExampleWindowedStream_AllowedLateness() {
	streamtest.Show(func(env *stream.Env) error {
		windows, told := lateWindows(env)
		stream.Print(stream.Map(stream.ReduceWindow(windows.AllowedLateness(time.Minute), "highest", higher, span), told))
		return nil
	})
	// Output:
	// 0 to 10: 5
	// 0 to 10: 9
	// 10 to 20: 6
}

// What is too late goes to a side output instead of being dropped.
func ExampleWindowedStream_LateTo() {
	late := stream.NewTag[reading]("late")
	streamtest.Show(func(env *stream.Env) error {
		windows, told := lateWindows(env)
		highest := stream.ReduceWindow(windows.LateTo(late), "highest", higher, span)
		missed := stream.Map(stream.SideOutput(highest, late), func(r reading) string { return fmt.Sprint("late: ", r) })
		stream.Print(stream.Union(stream.Map(highest, told), missed))
		return nil
	})
	// Unordered output:
	// 0 to 10: 5
	// late: {a 2000 9}
	// 10 to 20: 6
}
