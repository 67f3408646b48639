package state

import (
	"fmt"
	"math"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"
)

// cpu is the processor time that the process has used. On a machine that does other things too it says more than the clock.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// benchmarkUpdate updates keys in random order, one by one or in batches that are fetched ahead. The records lie in memory
// in that order, as they do in a frame. It reports the processor time of the best of its rounds.
func benchmarkUpdate[K comparable](b *testing.B, keys int, key func(i int) K) {
	const round, batch = 1 << 19, 256
	table := newTable[K, int64](b, 128)
	for i := range keys {
		k := key(i)
		table.Ref(table.hash(k), k)
	}
	records := make([]K, round)
	for i := range records {
		records[i] = key(rand.IntN(keys))
	}
	hashes := make([]uint64, batch)
	for _, batched := range []bool{false, true} {
		b.Run(map[bool]string{false: "single", true: "batched"}[batched], func(b *testing.B) {
			b.ReportAllocs()
			best := time.Duration(math.MaxInt64)
			for left := b.N; left > 0; left -= round {
				start := cpu()
				for from := 0; from < round; from += batch {
					rows := records[from : from+batch]
					for i, k := range rows {
						hashes[i] = table.hash(k)
					}
					if batched {
						table.Segments.Prefetch(hashes)
					}
					for i, k := range rows {
						v, _ := table.Ref(hashes[i], k)
						*v++
					}
				}
				best = min(best, cpu()-start)
			}
			b.ReportMetric(float64(best.Nanoseconds())/round, "best-cpu-ns/op")
			b.ReportMetric(float64(table.Segments.Bytes())/float64(table.Segments.Len()), "B/key")
		})
	}
}

func number(i int) uint64 { return uint64(i) * 7 }
func word(i int) string   { return fmt.Sprintf("%08x", i*2654435761&0xffffffff) }

func words(n int) []string {
	keys := make([]string, n)
	for i := range keys {
		keys[i] = word(i)
	}
	return keys
}

func BenchmarkUpdate(b *testing.B) {
	for _, n := range []int{1e3, 1e6, 1e7} {
		b.Run(fmt.Sprintf("uint64/%d", n), func(b *testing.B) { benchmarkUpdate(b, n, number) })
		b.Run(fmt.Sprintf("string/%d", n), func(b *testing.B) { benchmarkUpdate(b, n, word) })
	}
}

func BenchmarkSnapshot(b *testing.B) {
	table := newTable[string, int64](b, 128)
	for i, k := range words(1e6) {
		v, _ := table.Ref(table.hash(k), k)
		*v = int64(i)
	}
	bytes := 0
	for b.Loop() {
		bytes = 0
		table.Segments.BeginSnapshot(func(_, _ int, frame []byte) { bytes += len(frame) })
		for !table.Segments.StepSnapshot(64) {
		}
	}
	b.SetBytes(int64(bytes))
}

func BenchmarkRestore(b *testing.B) {
	table := newTable[string, int64](b, 128)
	for _, k := range words(1e6) {
		table.Ref(table.hash(k), k)
	}
	var frames [][]byte
	table.Segments.BeginSnapshot(func(_, _ int, frame []byte) { frames = append(frames, frame) })
	for !table.Segments.StepSnapshot(64) {
	}
	for b.Loop() {
		fresh := newTable[string, int64](b, 128)
		for _, f := range frames {
			if err := fresh.Segments.Restore(f, 0, 127); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// benchmarkTimers keeps 1e6 timers alive: each that fires is set again, delay later plus a random part of the jitter.
func benchmarkTimers(b *testing.B, delay, jitter, grain int64) {
	ts := newTimers[uint64](b, 128)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range uint64(1e6) {
		ts.Add((r.Int64N(delay)+grain)/grain*grain, ts.hash(i), i)
	}
	b.ReportAllocs()
	b.ResetTimer()
	now := int64(0)
	var worst time.Duration
	for left := b.N; left > 0; {
		if at, _ := ts.Next(); at > now {
			now = max(at, now+100) // a watermark every 100 ms
		}
		start := time.Now()
		ts.PopUntil(now, 1024, func(at int64, hash uint64, k uint64) {
			ts.Add((at+delay+r.Int64N(jitter)+grain)/grain*grain, hash, k)
			left--
		})
		worst = max(worst, time.Since(start))
	}
	b.ReportMetric(float64(worst.Microseconds()), "us-worst-1024-fired")
}

func BenchmarkTimers(b *testing.B) {
	b.Run("1s", func(b *testing.B) { benchmarkTimers(b, 1000, 1, 1) })
	b.Run("30min", func(b *testing.B) { benchmarkTimers(b, 1_800_000, 1, 1) })
	b.Run("30min_by_5s", func(b *testing.B) { benchmarkTimers(b, 1_800_000, 1, 5000) })
	b.Run("30min_at_random", func(b *testing.B) { benchmarkTimers(b, 1_800_000, 1_800_000, 1) })
	b.Run("all_at_once", func(b *testing.B) { benchmarkTimers(b, 5000, 1, 5000) })
	b.Run("30d", func(b *testing.B) { benchmarkTimers(b, 2_592_000_000, 1, 1) })
}
