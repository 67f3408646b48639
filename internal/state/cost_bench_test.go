package state

import (
	"math/rand/v2"
	"runtime"
	"testing"
)

// counted is a value as a word count keeps it: with the word once more.
type counted struct {
	Word  string
	Count int64
}

// BenchmarkSnapshotCost is what a snapshot costs a key while records come as fast as they can, in no order: the processor
// time of rounds with a snapshot less that of rounds without, which take turns. Words lie as a source makes them, in one
// piece of memory.
func BenchmarkSnapshotCost(b *testing.B) {
	const keys, round, rows = 1 << 19, 1 << 18, 256
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var text []byte
	for i := range keys {
		text = append(text, word(i)...)
	}
	all := string(text)
	at := func(i int) string { return all[8*i : 8*i+8] }
	table := newTable[string, counted](b, 128)
	var batch [rows]string
	var hashes [rows]uint64
	for i := range keys {
		v, _ := table.Ref(table.hash(at(i)), at(i))
		v.Word = at(i)
	}
	r := rand.New(rand.NewPCG(1, 2))
	sum := 0
	run := func() float64 {
		start := threadCPU()
		for range round / rows {
			for i := range rows {
				batch[i] = at(r.IntN(keys))
			}
			for i := range rows {
				hashes[i] = table.hash(batch[i])
			}
			table.Segments.StepSnapshot(16)
			table.Segments.Prefetch(hashes[:])
			table.Segments.PrefetchTexts(hashes[:])
			for i, w := range batch {
				v, _ := table.Ref(hashes[i], w)
				v.Count++
				sum += int(v.Word[0])
			}
		}
		return float64(threadCPU() - start)
	}
	plain, with := 0.0, 0.0
	var frames [][]byte
	run()
	for range b.N {
		plain += run()
		frames = frames[:0]
		table.Segments.BeginSnapshot(func(_, _ int, frame []byte) { frames = append(frames, frame) })
		with += run()
		if table.Segments.Snapshotting() {
			b.Fatal("the snapshot is not done")
		}
		for _, f := range frames {
			Recycle(f)
		}
	}
	b.ReportMetric((with-plain)/float64(b.N)/keys, "ns/key")
	b.ReportMetric(plain/float64(b.N)/round, "ns/record")
}
