package state

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

func benchmarkUpdate[K comparable](b *testing.B, keys []K) {
	table := newTable[K, int64](b, 128)
	var worst time.Duration
	hashes := make([]uint64, len(keys))
	start := time.Now()
	for i, k := range keys {
		hashes[i] = table.hash(k)
		table.Ref(hashes[i], k)
		if i%1024 == 1023 {
			now := time.Now()
			worst, start = max(worst, now.Sub(start)), now
		}
	}
	order := make([]uint32, 1<<20)
	for i := range order {
		order[i] = rand.Uint32N(uint32(len(keys)))
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		n := order[i&(len(order)-1)]
		v, _ := table.Ref(hashes[n], keys[n])
		*v++
		i++
	}
	b.ReportMetric(float64(table.Bytes())/float64(table.Len()), "B/key")
	b.ReportMetric(float64(worst.Microseconds()), "us-worst-1024-inserts")
}

func numbers(n int) []uint64 {
	keys := make([]uint64, n)
	for i := range keys {
		keys[i] = uint64(i) * 7
	}
	return keys
}

func words(n int) []string {
	keys := make([]string, n)
	for i := range keys {
		keys[i] = fmt.Sprintf("%08x", i*2654435761&0xffffffff)
	}
	return keys
}

func BenchmarkUpdate(b *testing.B) {
	for _, n := range []int{1e3, 1e6} {
		b.Run(fmt.Sprintf("uint64/%d", n), func(b *testing.B) { benchmarkUpdate(b, numbers(n)) })
		b.Run(fmt.Sprintf("string/%d", n), func(b *testing.B) { benchmarkUpdate(b, words(n)) })
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
		table.BeginSnapshot(func(_, _ int, frame []byte) { bytes += len(frame) })
		for !table.StepSnapshot(64) {
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
	table.BeginSnapshot(func(_, _ int, frame []byte) { frames = append(frames, frame) })
	for !table.StepSnapshot(64) {
	}
	for b.Loop() {
		fresh := newTable[string, int64](b, 128)
		for _, f := range frames {
			if err := fresh.Restore(f, 0, 127); err != nil {
				b.Fatal(err)
			}
		}
	}
}
