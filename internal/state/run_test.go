package state

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestRunModel makes runs of tables, changes values and adds runs while they
// are written to snapshots, and compares them with a map.
func TestRunModel(t *testing.T) {
	for seed := range uint64(10) {
		r := rand.New(rand.NewPCG(seed, 7))
		table := newTable[string, int64](t, 128)
		want := map[string]int64{}
		fill := func(from, to int) {
			for i := from; i < to; i++ {
				k := fmt.Sprint("a key of some length ", i)
				v, _ := table.Ref(table.hash(k), k)
				*v, want[k] = int64(i), int64(i)
			}
		}
		packed := func() *Run[string, int64] {
			run := NewRun(table)
			for next, more := 0, true; more; {
				next, more = run.Fill(table, next, 1+r.IntN(3))
			}
			table.Segments.Clear()
			if n := len(contents(t, table)); n > 0 {
				t.Fatalf("a cleared table has %d keys", n)
			}
			return run
		}
		n := r.IntN(5000)
		fill(0, n)
		run := packed()
		if r.IntN(2) == 0 {
			fill(n, n+r.IntN(500))
			run = run.With(packed())
		}
		for range 3 {
			frozen := map[string]int64{}
			for k, v := range want {
				frozen[k] = v
			}
			var frames []taken
			run.BeginSnapshot(func(first, last int, frame []byte) { frames = append(frames, taken{first, last, stored(frame)}) })
			for !run.StepSnapshot(1 + r.IntN(3)) {
				for range r.IntN(20) {
					k := fmt.Sprint("a key of some length ", r.IntN(n+700))
					v := run.Ref(table.hash(k), k)
					if _, ok := want[k]; ok != (v != nil) {
						t.Fatalf("Ref(%q) is %v, want %v", k, v, ok)
					}
					if v != nil {
						*v++
						want[k]++
					}
				}
			}
			compare(t, "snapshot", frozen, contents(t, restored[string, int64](t, 128, 0, 127, frames, nil)))
		}
		got, last := map[string]int64{}, uint64(0)
		for _, e := range run.Entries() {
			if e.Hash < last || e.Hash != nonzero(table.hash(e.Key)) {
				t.Fatalf("hash %#x of %q after %#x", e.Hash, e.Key, last)
			}
			got[e.Key], last = e.Val, e.Hash
			if v := run.Get(e.Hash, e.Key); v == nil || *v != e.Val {
				t.Fatalf("Get(%q) = %v, want %d", e.Key, v, e.Val)
			}
		}
		compare(t, "run", want, got)
	}
}

// TestClearedTablesServeAgain uses a table again and again, with many and with few keys.
func TestClearedTablesServeAgain(t *testing.T) {
	table := newTable[string, int64](t, 128)
	empty := table.Segments.Bytes()
	for round, n := range []int{3000, 2500, 3, 10, 4000, 0} {
		want := map[string]int64{}
		for i := range n {
			k := fmt.Sprint(round, " of a key that is not short ", i)
			v, isNew := table.Ref(table.hash(k), k)
			if !isNew || *v != 0 {
				t.Fatalf("%q was there", k)
			}
			*v, want[k] = int64(i), int64(i)
		}
		compare(t, "table", want, contents(t, table))
		table.Segments.Clear()
	}
	table.Segments.Clear()
	if got := table.Segments.Bytes(); got != empty {
		t.Errorf("a table that was mostly empty keeps %d bytes, a new one has %d", got, empty)
	}
}
