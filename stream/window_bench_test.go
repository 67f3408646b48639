package stream

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/weft-stream/weft/internal/task"
)

type tick struct{ Key, Time int64 }

// windowBench drives the window operator of one subtask by itself: the function
// of its input, watermarks, and the slices of work between its records.
type windowBench struct {
	op      *paneWindow[int64, tick, int64, int64]
	hash    func(int64) uint64
	keys    int64
	now, at int64 // event time (ms), record
	worst   time.Duration
}

func newWindowBench(b *testing.B, a Assigner, keys int64, counter Aggregator[tick, int64, int64]) *windowBench {
	r := newRig(b, 1, nil, func(env *Env) {
		timed := WithWatermarks(from(env, &feed[tick]{}), Ascending(func(t tick) time.Time { return time.UnixMilli(t.Time) })).Parallelism(1)
		Discard(Aggregate(KeyBy(timed, func(t tick) int64 { return t.Key }).Window(a), "windows", counter))
	})
	b.Cleanup(r.close)
	w := &windowBench{hash: hasher[int64](), keys: keys}
	w.op = r.tasks[1][0].chain.(*chain).uids["windows"].(*paneWindow[int64, tick, int64, int64])
	return w
}

// second is a second of event time with so many records, spread over it, and a watermark ten times.
func (w *windowBench) second(records int64) {
	for part := range int64(10) {
		for i := range records / 10 {
			t := tick{Key: w.at * 7919 % w.keys, Time: w.now + part*100 + i*1000/records}
			w.at++
			w.op.record(w.hash(t.Key), t, t.Time)
			if w.op.closing && i%1024 == 0 {
				w.work()
			}
		}
		for w.work() != task.Nothing { // a watermark waits for the one before
		}
		start := time.Now()
		w.op.watermark(w.now + part*100 + 99)
		w.worst = max(w.worst, time.Since(start))
	}
	w.now += 1000
}

func (w *windowBench) work() task.Left {
	start := time.Now()
	left := w.op.work()
	w.worst = max(w.worst, time.Since(start))
	return left
}

// processorTime is that of the whole process: others may load the machine.
func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkWindows counts records by key, an operation being a second of event
// time. The windows are full when it begins. It reports processor time per record,
// collector included, and the longest that a record had to wait for a slice.
func BenchmarkWindows(b *testing.B) {
	merged := Count[tick]()
	merged.Subtract = nil
	for _, c := range []struct {
		name          string
		assigner      Assigner
		keys, records int64 // in a second
	}{
		{"J2", Tumbling(10 * time.Second), 1000, 1_000_000},
		{"Q5", Sliding(10*time.Second, 2*time.Second), 10_000, 1_000_000},
		{"1h_by_1min", Sliding(time.Hour, time.Minute), 10_000, 100_000},
		{"1h_by_1s", Sliding(time.Hour, time.Second), 10_000, 100_000},
		{"1e6_keys", Tumbling(2 * time.Second), 1_000_000, 1_000_000},
		{"1e6_keys_sliding", Sliding(8*time.Second, 2*time.Second), 1_000_000, 1_000_000},
	} {
		for way, counter := range map[string]Aggregator[tick, int64, int64]{"subtracted": Count[tick](), "merged": merged} {
			b.Run(fmt.Sprint(c.name, "/", way), func(b *testing.B) {
				w := newWindowBench(b, c.assigner, c.keys, counter)
				for range c.assigner.size / time.Second {
					w.second(c.keys)
				}
				w.worst = 0
				start := processorTime(b)
				for b.Loop() {
					w.second(c.records)
				}
				b.ReportMetric(float64(processorTime(b)-start)/float64(b.N)/float64(c.records), "cpu-ns/record")
				b.ReportMetric(float64(w.worst.Microseconds()), "us-worst-slice")
			})
		}
	}
}
