package container

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/weft-stream/weft/internal/control"
	"github.com/weft-stream/weft/stream"
)

// counted is a record of the benchmark's word count.
type counted struct {
	Word  string
	Count int64
}

// click is a record of the benchmark's windows.
type click struct{ Key, Time int64 }

func scatter(i int64) uint64 {
	x := uint64(i) * 0x9E3779B97F4A7C15
	return x ^ x>>32
}

// wordCounts is a running count of made words.
func wordCounts(words int) func(env *stream.Env, records int64) {
	all := make([]string, words)
	for i := range all {
		all[i] = "w" + strconv.Itoa(1_000_000+i)
	}
	return func(env *stream.Env, records int64) {
		made := stream.Generate(env, "words", stream.Generator[counted]{Count: records, Record: func(i int64) counted {
			return counted{all[scatter(i)%uint64(words)], 1}
		}})
		byWord := stream.KeyBy(made, func(c counted) string { return c.Word })
		stream.Discard(byWord.Reduce("counts", func(a, b counted) counted { a.Count += b.Count; return a }))
	}
}

// clicks counts by an integer in windows of event time.
func clicks(env *stream.Env, records int64) {
	made := stream.Generate(env, "clicks", stream.Generator[click]{Count: records, Record: func(i int64) click {
		return click{int64(scatter(i) % 1000), i / 1000}
	}})
	timed := stream.WithWatermarks(made, stream.Ascending(func(c click) time.Time { return time.UnixMilli(c.Time) }))
	byKey := stream.KeyBy(timed, func(c click) int64 { return c.Key })
	stream.Discard(stream.Aggregate(byKey.Window(stream.Tumbling(10*time.Second)), "windows", stream.Aggregator[click, int64, int64]{
		Add: func(n int64, _ click) int64 { return n + 1 }, Result: func(n int64) int64 { return n },
	}))
}

// BenchmarkExchange runs whole jobs through a hash exchange: in one worker, and
// between workers over real sockets, which here share a process. What it says
// of processor time per record holds also where others use the machine.
func BenchmarkExchange(b *testing.B) {
	jobs := []struct {
		name string
		job  func(*stream.Env, int64)
	}{{"words=1e3", wordCounts(1000)}, {"words=1e6", wordCounts(1_000_000)}, {"windows", clicks}}
	for _, j := range jobs {
		for _, workers := range []int{1, 2} {
			for _, subtasks := range []int{2, 8} {
				b.Run(fmt.Sprintf("%s/workers=%d/subtasks=%d", j.name, workers, subtasks), func(b *testing.B) {
					measure(b, workers, subtasks, 0, j.job)
				})
			}
		}
	}
}

// BenchmarkBufferTimeout is the word count at several buffer timeouts (ms).
func BenchmarkBufferTimeout(b *testing.B) {
	for _, timeout := range []int64{100, 10, 1} {
		for _, workers := range []int{1, 2} {
			b.Run(fmt.Sprintf("ms=%d/workers=%d", timeout, workers), func(b *testing.B) {
				measure(b, workers, 2, timeout, wordCounts(1000))
			})
		}
	}
}

// measure runs a job to its end; one of the benchmark's loops is one record.
func measure(b *testing.B, workers, subtasks int, timeout int64, job func(*stream.Env, int64)) {
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	env := stream.NewEnv(stream.Settings{Job: "bench", Parallelism: subtasks, MaxParallelism: 128})
	job(env, int64(b.N))
	program, err := env.Compile("bench")
	if err != nil {
		b.Fatal(err)
	}
	f := newFleet(b, b.TempDir(), workers, program)
	for _, w := range f.workers {
		w.settings.batchRecords = batchRecords
		if timeout > 0 {
			w.settings.bufferTimeout = timeout
		}
	}
	runtime.GC()
	before := processorTime(b)
	b.ResetTimer()
	f.deploy("")
	f.await(control.Finished)
	b.StopTimer()
	used := processorTime(b) - before
	b.ReportMetric(float64(used.Nanoseconds())/float64(b.N), "cpu-ns/op")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds()/1e6, "M/s")
}

func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
