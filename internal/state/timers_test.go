package state

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/weft-stream/weft/internal/keygroup"
)

func newTimers[K comparable](t testing.TB, maxParallelism int) *Timers[K] {
	t.Helper()
	return NewTimers(must[K](t), mustHash[K](t), maxParallelism)
}

// timerModel is the obvious implementation.
type timerModel map[timer[string]]bool

func (m timerModel) next() (at int64, ok bool) {
	at = math.MaxInt64
	for e := range m {
		at, ok = min(at, e.At), true
	}
	return at, ok
}

func timerSet(t *testing.T, ts *Timers[string]) timerModel {
	t.Helper()
	m := timerModel{}
	ts.each(func(e timer[string]) {
		if m[e] {
			t.Fatalf("timer %v twice", e)
		}
		m[e] = true
	})
	if len(m) != ts.Len() {
		t.Fatalf("Len is %d, there are %d", ts.Len(), len(m))
	}
	return m
}

func TestTimersModel(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 4))
		ts, want := newTimers[string](t, 128), timerModel{}
		now, horizon := r.Int64N(1<<41)-1<<40, int64(1)<<r.IntN(24)
		randomTimer := func() (uint64, timer[string]) {
			k := fmt.Sprint("key", r.IntN(40))
			at := now + r.Int64N(horizon) - r.Int64N(1+horizon/8)
			if r.IntN(3) == 0 {
				at &^= 63 // so that times and timers repeat
			}
			return ts.hash(k), timer[string]{at, k}
		}
		add := func() {
			h, e := randomTimer()
			if got := ts.Add(e.At, h, e.Key); got == want[e] {
				t.Fatalf("Add(%v) = %v", e, got)
			}
			want[e] = true
		}
		remove := func() {
			h, e := randomTimer()
			for known := range want { // mostly one that is there
				if r.IntN(4) > 0 {
					h, e = ts.hash(known.Key), known
				}
				break
			}
			if got := ts.Delete(e.At, h, e.Key); got != want[e] {
				t.Fatalf("Delete(%v) = %v", e, got)
			}
			delete(want, e)
		}
		for range 5000 {
			switch n := r.IntN(100); {
			case n < 60:
				add()
			case n < 80:
				remove()
			case n < 90:
				at, ok := ts.Next()
				if wantAt, wantOK := want.next(); ok != wantOK || ok && at != wantAt {
					t.Fatalf("Next() = %d, %v, want %d, %v", at, ok, wantAt, wantOK)
				}
			default:
				now += r.Int64N(horizon/4 + 2)
				most := 1 + r.IntN(50)
				fired := 0
				more := ts.PopUntil(now, most, func(at int64, hash uint64, k string) {
					e := timer[string]{at, k}
					if first, _ := want.next(); at != first || at > now || !want[e] || hash != ts.hash(k) {
						t.Fatalf("fired %v at %d, the earliest is %d", e, now, first)
					}
					delete(want, e)
					fired++
					if r.IntN(4) == 0 {
						add()
						remove()
					}
				})
				first, ok := want.next()
				if due := ok && first <= now; fired > most || more != due {
					t.Fatalf("PopUntil(%d, %d) fired %d and says more: %v, want %v", now, most, fired, more, due)
				}
			}
		}
		compare(t, "timers", want, timerSet(t, ts))
		checkTimerSnapshot(t, ts, want, r)
	}
}

// checkTimerSnapshot restores a snapshot in three ranges of key groups.
func checkTimerSnapshot(t *testing.T, ts *Timers[string], want timerModel, r *rand.Rand) {
	t.Helper()
	var frames []taken
	ts.Snapshot(func(first, last int, frame []byte) { frames = append(frames, taken{first, last, stored(frame)}) })
	got := timerModel{}
	a := r.IntN(128)
	b := a + r.IntN(128-a)
	for _, own := range [][2]int{{0, a - 1}, {a, b}, {b + 1, 127}} {
		fresh := newTimers[string](t, 128)
		for _, f := range frames {
			if f.first > own[1] || f.last < own[0] {
				continue
			}
			if err := fresh.Restore(f.frame, own[0], own[1]); err != nil {
				t.Fatal(err)
			}
		}
		for e := range timerSet(t, fresh) {
			if kg := keygroup.Of(fresh.hash(e.Key), 128); got[e] || kg < own[0] || kg > own[1] {
				t.Fatalf("%v of group %d restored into %v", e, kg, own)
			}
			got[e] = true
		}
	}
	compare(t, "snapshot", want, got)
}

func TestTimersAtTheEndsOfTime(t *testing.T) {
	ts := newTimers[int32](t, 1)
	times := []int64{math.MaxInt64, 0, math.MinInt64, -1, 1, math.MaxInt64 - 1, math.MinInt64 + 1}
	for _, at := range times {
		ts.Add(at, ts.hash(7), 7)
	}
	last := int64(math.MinInt64)
	fired := 0
	for ts.PopUntil(math.MaxInt64, 2, func(at int64, _ uint64, _ int32) {
		if at < last {
			t.Errorf("%d after %d", at, last)
		}
		last, fired = at, fired+1
	}) {
	}
	if fired != len(times) || ts.Len() != 0 {
		t.Errorf("%d fired, %d left", fired, ts.Len())
	}
}

func TestTimerFramesAreNarrow(t *testing.T) {
	ts := newTimers[uint64](t, 1024)
	for i := range uint64(200_000) {
		if h := ts.hash(i); keygroup.Of(h, 1024) >= 1000 {
			for at := range int64(20) {
				ts.Add(at*100, h, i)
			}
		}
	}
	ts.Snapshot(func(first, last int, _ []byte) {
		if first < 1000 || last-first > 4 {
			t.Errorf("frame of groups %d to %d", first, last)
		}
	})
}

func FuzzTimersRestore(f *testing.F) {
	ts := newTimers[string](f, 16)
	for i := range int64(20) {
		k := fmt.Sprint(i % 7)
		ts.Add(i*1000, ts.hash(k), k)
	}
	ts.Snapshot(func(_, _ int, frame []byte) { f.Add(frame) })
	f.Fuzz(func(t *testing.T, frame []byte) {
		ts := newTimers[string](t, 16)
		err := ts.Restore(frame, 3, 12)
		got := timerSet(t, ts)
		if len(got) > len(frame) {
			t.Fatalf("%d timers from %d bytes", len(got), len(frame))
		}
		if err == nil {
			restoresItself(t, ts, got)
		}
	})
}

func restoresItself(t *testing.T, ts *Timers[string], want timerModel) {
	t.Helper()
	fresh := newTimers[string](t, 16)
	ts.Snapshot(func(_, _ int, frame []byte) {
		if err := fresh.Restore(frame, 0, 15); err != nil {
			t.Fatal(err)
		}
	})
	compare(t, "again", want, timerSet(t, fresh))
}

func TestTimerKeysAreCloned(t *testing.T) {
	ts := newTimers[string](t, 128)
	for i := range 30 { // few and many, before and in the open span
		src := append([]byte{5}, "alpha"...)
		var k string
		if _, err := must[string](t).Decode(src, &k); err != nil {
			t.Fatal(err)
		}
		ts.Add(int64(i), ts.hash(k), k)
		if i == 20 {
			ts.PopUntil(5, 3, func(int64, uint64, string) {})
		}
		clear(src)
	}
	ts.PopUntil(100, 100, func(at int64, _ uint64, k string) {
		if k != "alpha" {
			t.Errorf("the key of timer %d changed to %q", at, k)
		}
	})
}
