package stream

import (
	"testing"
	"time"
)

type wordCount struct {
	Word  string
	Count int64
	Time  int64
}

var allocWords = []string{"warp", "weft", "loom", "shuttle", "thread"}

// hot is a chain that is given records by its typed input, as a sender of the same slot does.
func hot(t *testing.T, job func(*Stream[wordCount])) func(i int) {
	t.Helper()
	r := newRig(t, 4, nil, func(env *Env) {
		job(WithWatermarks(from(env, &feed[wordCount]{}), Ascending(func(w wordCount) time.Time { return time.UnixMilli(w.Time) })).Parallelism(1))
	})
	k := r.tasks[1][0]
	in := k.chain.(*chain).heads[0].(*typedHead[wordCount]).in
	hash := hasher[string]()
	mine := []wordCount{}
	for i := 0; len(mine) < 64; i++ { // words of the subtask's own key groups
		w := allocWords[i%5] + string(rune('a'+i%26)) + string(rune('a'+i/26%26))
		if int(hash(w)>>32*32>>32) <= k.ctx.LastKeyGroup {
			mine = append(mine, wordCount{Word: w, Count: 1, Time: int64(i % 10)})
		}
	}
	return func(i int) {
		w := mine[i%len(mine)]
		in(hash(w.Word), w, w.Time)
	}
}

// TestTheRecordPathAllocatesNothing holds the promise of the record path once
// keys, windows and batches are there.
func TestTheRecordPathAllocatesNothing(t *testing.T) {
	byWord := func(w wordCount) string { return w.Word }
	sum := func(a, b wordCount) wordCount { a.Count += b.Count; return a }
	cases := map[string]func(*Stream[wordCount]){
		"map, filter, keyBy": func(s *Stream[wordCount]) {
			m := Map(s.Rebalance(), func(w wordCount) wordCount { w.Count++; return w })
			f := Filter(m, func(w wordCount) bool { return w.Count > 0 })
			Discard(KeyBy(f, byWord).Reduce("sum", sum))
		},
		"flatMap": func(s *Stream[wordCount]) {
			Discard(FlatMap(s.Rebalance(), func(w wordCount, emit func(wordCount)) { emit(w); emit(w) }).Rebalance())
		},
		"reduce": func(s *Stream[wordCount]) { Discard(KeyBy(s, byWord).Reduce("sum", sum)) },
		"tumbling window": func(s *Stream[wordCount]) {
			Discard(KeyBy(s, byWord).Window(Tumbling(time.Second)).Reduce("sum", sum))
		},
		"sliding window": func(s *Stream[wordCount]) {
			Discard(KeyBy(s, byWord).Window(Sliding(time.Second, 100*time.Millisecond)).Reduce("sum", sum))
		},
		"session window": func(s *Stream[wordCount]) {
			Discard(KeyBy(s, byWord).Window(Session(time.Second)).Reduce("sum", sum))
		},
		"value state": func(s *Stream[wordCount]) {
			Discard(Process(KeyBy(s, byWord), "count", func(op *Op[string, int64]) func(wordCount) {
				n := NewValue[int64](op, "n")
				add := func(v *int64) { *v++ }
				return func(wordCount) { n.Update(add); op.Emit(n.Get()) }
			}))
		},
		"map and list state, timers, side output": func(s *Stream[wordCount]) {
			tag := NewTag[int64]("side")
			out := Process(KeyBy(s, byWord), "all", func(op *Op[string, int64]) func(wordCount) {
				m, l := NewMap[int64, int64](op, "m"), NewList[int64](op, "l")
				op.OnTimer(func(time.Time) {})
				return func(w wordCount) {
					m.Put(w.Time, w.Count)
					l.Clear()
					op.EventTimer(time.UnixMilli(w.Time + 100))
					EmitSide(op, tag, w.Count)
				}
			})
			Discard(SideOutput(out, tag))
		},
	}
	for name, job := range cases {
		t.Run(name, func(t *testing.T) {
			record := hot(t, job)
			for i := range 20_000 {
				record(i)
			}
			i := 0
			thousand := func() {
				for range 1000 {
					record(i)
					i++
				}
			}
			// The pool of batches may lose some to the collector; a record's own allocation would count 1,000.
			if n := testing.AllocsPerRun(20, thousand); n > 50 {
				t.Errorf("%v allocations in 1,000 records", n)
			}
		})
	}
}
