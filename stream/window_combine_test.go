package stream

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// phase is a stretch of a stream: records of so many keys, at random.
type phase struct {
	records, keys int
	combined      bool // whether their sender shall make them notably fewer
}

// TestSendersCombineRecordsOfWindows has the keys of a stream become many and few
// again. A sender must find out each time whether combining pays, and whatever it
// does, the results and the number of late records must be those of records that
// are taken one by one.
func TestSendersCombineRecordsOfWindows(t *testing.T) {
	phases := []phase{
		{records: 2 * longTrial, keys: 500, combined: true},
		{records: 2 * longTrial, keys: 1 << 40},
		{records: longRest, keys: 500}, // the rest goes on, then a trial finds out
		{records: 2 * longTrial, keys: 500, combined: true},
	}
	random := rand.New(rand.NewPCG(1, 2))
	f := &feed[[2]int64]{}
	var results, counted int64
	r := newRig(t, 3, nil, func(env *Env) {
		s := WithWatermarks(from(env, f), Ascending(func(v [2]int64) int64 { return v[1] })).Parallelism(1)
		w := KeyBy(s, func(v [2]int64) int64 { return v[0] }).Window(Sliding(30*time.Millisecond, 10*time.Millisecond))
		ForEach(Aggregate(w, "counts", Count[[2]int64]()), "tally", func(n int64) { results++; counted += n })
	})
	defer r.close()
	source := r.tasks[0][0].chain
	var made, late, at, highest int64
	for i, p := range phases {
		_, before := source.Counters()
		for range p.records >> 14 {
			mark := highest // the watermark stays 1 ms before it
			for range 1 << 14 {
				ts := 1000 + at/100_000
				if random.IntN(1000) == 0 {
					ts -= 40 // late for all windows, once there was a watermark
					if mark > 0 && ts < floor(mark-30, 10, 0)+10 {
						late++
					}
				}
				f.put([2]int64{random.Int64N(int64(p.keys)), ts})
				highest = max(highest, ts)
				at++
			}
			r.run()
			r.tick(1)
		}
		_, after := source.Counters()
		if sent, least := after-before, int64(p.records/leastCombined); p.combined && sent > least {
			t.Errorf("phase %d: %d of %d records sent: they were not combined", i, sent, p.records)
		} else if p.keys > p.records && sent < int64(p.records)*9/10 {
			t.Errorf("phase %d: %d of %d records sent, with a key for each", i, sent, p.records)
		}
		made += int64(p.records)
	}
	r.end()
	if r.late != late || counted != 3*(made-late) || late == 0 {
		t.Errorf("%d late records, want %d; %d counted in windows, want %d", r.late, late, counted, 3*(made-late))
	}
}

// TestCombiningAllocatesNothing: neither does a record that comes to another of
// its key, nor one that has another sent on.
func TestCombiningAllocatesNothing(t *testing.T) {
	for _, keys := range []int{100, 1 << 20} {
		t.Run(fmt.Sprint(keys), func(t *testing.T) {
			f, now := &feed[int64]{}, int64(0)
			r := newRig(t, 2, nil, func(env *Env) {
				s := WithWatermarks(from(env, f), Ascending(func(int64) int64 { return now })).Parallelism(1)
				w := KeyBy(s, func(v int64) int64 { return v }).Window(Tumbling(time.Second))
				Discard(Aggregate(w, "counts", Count[int64]()))
			})
			defer r.close()
			values := make([]int64, 1<<16)
			for i := range values {
				values[i] = int64(i * 7919 % keys)
			}
			round := func() {
				f.waiting = values
				r.run()
			}
			for range 40 {
				round()
			}
			source := r.tasks[0][0].chain.(*chain)
			_, before := source.Counters()
			round()
			_, after := source.Counters()
			// The pool of batches loses some at will: with the race detector every fourth.
			edge := &source.routers[0].(*combiner[int64, int64, int64]).exchange
			lost := testing.AllocsPerRun(20, func() {
				for range (after-before)/64 + 4 {
					edge.take(64).Release()
				}
			})
			if n := testing.AllocsPerRun(20, round); n > 2*lost+8 {
				t.Errorf("%.0f allocations for %d records, and %.0f for their batches", n, len(values), lost)
			}
		})
	}
}
