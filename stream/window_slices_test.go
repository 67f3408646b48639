package stream

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The tests here are about closing windows in slices with records in between,
// and about the ways in which the results of sliding windows come about.

// summed is counted with an accumulator that can be taken out of a sum again.
func summed(w *WindowedStream[string, moment], uid string) *Stream[string] {
	return AggregateWindow(w, uid, Count[moment](), func(key string, in Window, n int64) string {
		return fmt.Sprintf("%s %d-%d: %d", key, in.Start.UnixMilli(), in.End.UnixMilli(), n)
	})
}

// bags counts in maps, which are changed in place.
func bags(w *WindowedStream[string, moment], uid string) *Stream[string] {
	return AggregateWindow(w, uid, Aggregator[moment, map[int64]int64, int64]{
		Add: func(bag map[int64]int64, m moment) map[int64]int64 {
			if bag == nil {
				bag = map[int64]int64{}
			}
			bag[m.Time]++
			return bag
		},
		Merge: func(a, b map[int64]int64) map[int64]int64 {
			for at, n := range b {
				a[at] += n
			}
			return a
		},
		Result: func(bag map[int64]int64) (total int64) {
			for at, n := range bag {
				total += n
				delete(bag, at) // what is not the result's own would be damaged
			}
			return total
		},
	}, func(key string, in Window, n int64) string {
		return fmt.Sprintf("%s %d-%d: %d", key, in.Start.UnixMilli(), in.End.UnixMilli(), n)
	})
}

var windowWays = map[string]func(w *WindowedStream[string, moment], uid string) *Stream[string]{
	"running": summed, "blocks": counted, "bags": bags,
}

var slicedWindows = map[string]Assigner{
	"tumbling":           Tumbling(20 * time.Millisecond),
	"sliding":            Sliding(40*time.Millisecond, 20*time.Millisecond),
	"sliding, uneven":    Sliding(45*time.Millisecond, 20*time.Millisecond).Offset(3 * time.Millisecond),
	"sliding, many":      Sliding(100*time.Millisecond, 5*time.Millisecond),
	"sliding, tiny pane": Sliding(30*time.Millisecond, 29*time.Millisecond),
}

// plainWindow is what windows of a size and slide must emit for records that are
// taken one by one: the obvious way.
type plainWindow struct {
	size, slide, offset, keep int64
	mark                      int64 // windows that end then or before are closed
	counts                    map[string]map[int64]int64
	out                       []string
	late                      int64
}

func (w *plainWindow) record(m moment) {
	first, tooLate := floor(m.Time, w.slide, w.offset), true
	for start := first; start > m.Time-w.size; start -= w.slide {
		if end := start + w.size; end+w.keep > w.mark {
			tooLate = false
			if w.counts[m.Key] == nil {
				w.counts[m.Key] = map[int64]int64{}
			}
			w.counts[m.Key][start]++
			if end <= w.mark {
				w.emit(m.Key, start)
			}
		}
	}
	if tooLate {
		w.late++
	}
}

func (w *plainWindow) watermark(mark int64) {
	for key, windows := range w.counts {
		for start := range windows {
			if end := start + w.size; end > w.mark && end <= mark {
				w.emit(key, start)
			}
		}
	}
	w.mark = mark
}

func (w *plainWindow) emit(key string, start int64) {
	w.out = append(w.out, fmt.Sprintf("%s %d-%d: %d", key, start, start+w.size, w.counts[key][start]))
}

// TestWindowsCloseInSlices compares windows that are closed a slice at a time,
// with records and late records in between, with the obvious way of counting.
func TestWindowsCloseInSlices(t *testing.T) {
	const keys, perRound = 2000, 2000
	for name, a := range slicedWindows {
		for way, window := range windowWays {
			for _, keep := range []int64{0, 30} {
				t.Run(fmt.Sprint(name, "/", way, "/", keep), func(t *testing.T) {
					seed := rand.Uint64()
					random := rand.New(rand.NewPCG(seed, 1))
					f, got := &feed[moment]{}, &results{}
					r := newRig(t, 1, nil, func(env *Env) {
						w := byKey(timed(env, f)).Window(a).AllowedLateness(time.Duration(keep) * time.Millisecond)
						gather(got, window(w, "windows"))
					})
					defer r.close()
					r.sliced = true
					want := &plainWindow{
						size: a.size.Milliseconds(), slide: a.slide.Milliseconds(), offset: a.offset.Milliseconds(), keep: keep,
						mark: -1 << 40, counts: map[string]map[int64]int64{},
					}
					for round := range int64(8) {
						highest := int64(0)
						for i := range perRound {
							m := moment{fmt.Sprint("k", random.IntN(keys)), 1000 + round*10 + random.Int64N(10)}
							switch {
							case i < 100: // late for what is being closed, when it is
								m.Time -= 10 + random.Int64N(80)
							case i < 150:
								m.Key = "hot"
							}
							highest = max(highest, m.Time)
							f.put(m)
							want.record(m)
						}
						r.run()
						r.tick(1)
						want.watermark(highest)
					}
					r.end()
					want.watermark(1 << 40)
					expect(t, got, fmt.Sprint("seed ", seed), want.out...)
					if r.late != want.late {
						t.Errorf("%d late records, want %d", r.late, want.late)
					}
					if r.tasks[1][0].between < 2 {
						t.Errorf("%d batches between slices: too few", r.tasks[1][0].between)
					}
				})
			}
		}
	}
}

// TestPanesOfClosedWindowsAreRestored takes snapshots between the closing of
// windows, writes them while late records change closed panes, and goes on from
// them at other parallelisms.
func TestPanesOfClosedWindowsAreRestored(t *testing.T) {
	job := func(f *feed[moment], out *results) func(*Env) {
		return func(env *Env) {
			keyed := byKey(timed(env, f))
			for name, a := range slicedWindows {
				for way, window := range windowWays {
					s := window(keyed.Window(a).AllowedLateness(10*time.Millisecond), name+way)
					gather(out, Map(s, func(r string) string { return name + way + " " + r }))
				}
			}
		}
	}
	for range 1 {
		seed := rand.Uint64()
		random := rand.New(rand.NewPCG(seed, 1))
		var steps []scriptStep
		for i := range int64(16) {
			s := scriptStep{tick: 1}
			for range 150 {
				back := random.Int64N(10)
				if random.IntN(8) == 0 {
					back = random.Int64N(90)
				}
				s.records = append(s.records, moment{fmt.Sprint("k", random.IntN(300)), 1000 + i*10 - back})
			}
			steps = append(steps, s)
		}
		play := func(p int, restore bool) []string {
			out, f := &results{}, &feed[moment]{}
			r := newRig(t, p, nil, job(f, out))
			for i, s := range steps {
				r.sliced = true
				s.play(r, f)
				if !restore || random.IntN(4) > 0 {
					continue
				}
				snapshot := r.begin()
				now, kept := r.now, len(out.all)
				for j := i + 1; !r.step(); j++ {
					if j < len(steps) {
						steps[j].play(r, f)
					}
				}
				r.close()
				out.all = out.all[:kept]
				f = &feed[moment]{}
				r = newRig(t, 1+random.IntN(4), snapshot, job(f, out))
				r.now = now
			}
			r.end()
			r.close()
			return out.take()
		}
		want, got := play(1, false), play(2, true)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("seed %d (-uninterrupted +restored):\n%.3000s", seed, diff)
		}
	}
}
