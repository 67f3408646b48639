package container

import (
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/weft-stream/weft/internal/control"
	"github.com/weft-stream/weft/internal/task"
	"github.com/weft-stream/weft/stream"
)

// latencyJob counts 200,000 events a second by 10,000 keys in windows of 20 ms
// and notes how long after a window's end each of its results comes out.
func latencyJob(b *testing.B, seconds int, latencies *[]time.Duration) task.Program {
	const rate, keys = 200_000, 10_000
	env := stream.NewEnv(stream.Settings{Job: "latency", Parallelism: 1, MaxParallelism: 128})
	events := stream.Generate(env, "events", stream.Generator[event]{Count: int64(seconds) * rate, Rate: rate, Record: func(i int64) event {
		return event{i * 7919 % keys, time.Now().UnixMilli()}
	}})
	timed := stream.WithWatermarks(events, stream.Ascending(func(e event) time.Time { return time.UnixMilli(e.Time) }))
	windows := stream.KeyBy(timed, func(e event) int64 { return e.Key }).Window(stream.Tumbling(20 * time.Millisecond))
	ends := stream.AggregateWindow(windows, "counts", stream.Count[event](), func(_ int64, in stream.Window, _ int64) int64 { return in.End.UnixNano() })
	stream.ForEach(ends, "latencies", func(end int64) { *latencies = append(*latencies, time.Duration(time.Now().UnixNano()-end)) })
	program, err := env.Compile("latency")
	if err != nil {
		b.Fatal(err)
	}
	return program
}

// BenchmarkWindowLatency runs the job on one core with a checkpoint each second.
// An operation is all of its five seconds.
func BenchmarkWindowLatency(b *testing.B) {
	const seconds = 5
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	var all []time.Duration
	for b.Loop() {
		latencies := make([]time.Duration, 0, seconds*200_000)
		f := newFleet(b, b.TempDir(), 1, latencyJob(b, seconds, &latencies))
		f.workers[0].settings.watermarkEvery, f.workers[0].settings.bufferTimeout = 1, 1
		f.deploy("")
		f.await(control.Running)
		for id := range int64(seconds - 1) {
			time.Sleep(time.Second)
			f.take(id+1, control.TriggerCheckpoint{})
			f.complete(id + 1)
		}
		f.await(control.Finished)
		f.stop()
		all = append(all, latencies[:len(latencies)*9/10]...) // the last windows close by the end of input
	}
	slices.Sort(all)
	for name, share := range map[string]float64{"ms-p50": 0.5, "ms-p99": 0.99, "ms-p99.99": 0.9999, "ms-worst": 1} {
		at := all[min(int(float64(len(all))*share), len(all)-1)]
		b.ReportMetric(float64(at.Microseconds())/1000, name)
	}
}
