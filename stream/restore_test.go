package stream

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// restoreJob has every kind of keyed state. Each record and each timer gives a
// result that tells of the state behind it.
func restoreJob(f *feed[moment], out *results) func(*Env) {
	return func(env *Env) {
		keyed := byKey(timed(env, f))
		late := NewTag[moment]("late")
		for name, w := range map[string]*WindowedStream[string, moment]{
			"tumbling": keyed.Window(Tumbling(40 * time.Millisecond)).AllowedLateness(30 * time.Millisecond),
			"sliding":  keyed.Window(Sliding(60*time.Millisecond, 25*time.Millisecond).Offset(-7 * time.Millisecond)).AllowedLateness(10 * time.Millisecond),
			"session":  keyed.Window(Session(15 * time.Millisecond)).AllowedLateness(20 * time.Millisecond),
			"strict":   keyed.Window(Session(5 * time.Millisecond)),
		} {
			s := counted(w.LateTo(late), name)
			gather(out, Map(s, func(r string) string { return name + " " + r }))
			gather(out, Map(SideOutput(s, late), func(m moment) string { return fmt.Sprint(name, " late ", m) }))
		}
		gather(out, keyed.Reduce("latest", func(a, b moment) moment { a.Time = max(a.Time, b.Time); return a }))
		gather(out, Process(keyed, "process", everyState))
	}
}

// owned is a sink that notes which entries each subtask was given at its start.
type owned struct {
	subtask int
	given   map[string][]int
}

func (o *owned) Open(ctx *SinkContext, _ bool, prepared [][]byte) error {
	o.subtask = ctx.Subtask
	for _, p := range prepared {
		o.given[string(p)] = append(o.given[string(p)], o.subtask)
	}
	return nil
}

func (o *owned) Prepare(int64) ([][]byte, error) { return [][]byte{fmt.Append(nil, o.subtask)}, nil }
func (o *owned) Write(int64) error               { return nil }
func (o *owned) Commit(int64) error              { return nil }
func (o *owned) Close() error                    { return nil }

// TestSinkOfOnesOwn: its subtasks exchange nothing, so each slot is a region, and
// what they have prepared is given to one of them each, at any parallelism.
func TestSinkOfOnesOwn(t *testing.T) {
	given := map[string][]int{}
	job := func(env *Env) {
		Into(Sequence(env, "numbers", 1, 9), "own", "Own", func() Sink[int64] { return &owned{given: given} })
	}
	r := newRig(t, 3, nil, job)
	if regions := r.p.Plan().Regions(); !slices.Equal(regions, []int{1, 1, 1}) {
		t.Errorf("regions %v", regions)
	}
	snapshot := r.begin()
	for !r.step() {
	}
	r.close()
	for _, parallelism := range []int{3, 2, 5} {
		clear(given)
		newRig(t, parallelism, snapshot, job).close()
		for subtask := range 3 {
			if to := given[fmt.Sprint(subtask)]; len(to) != 1 {
				t.Errorf("what subtask %d had prepared went to %v of %d", subtask, to, parallelism)
			}
		}
	}
}

func everyState(op *Op[string, string]) func(moment) {
	value, list, set := NewValue[int64](op, "value"), NewList[int64](op, "list"), NewMap[int64, int64](op, "map")
	tell := func(what string, at int64) {
		var in []int64
		set.All(func(m, n int64) bool { in = append(in, m, n); return true })
		slices.Sort(in)
		op.Emit(fmt.Sprintf("%s %s %d: %d %v %v", op.Key(), what, at, value.Get(), list.Get(), in))
	}
	op.OnTimer(func(at time.Time) {
		tell("timer", at.UnixMilli())
		switch at.UnixMilli() % 3 {
		case 0:
			value.Clear()
		case 1:
			list.Clear()
		default:
			set.Remove(at.UnixMilli() % 5)
		}
	})
	return func(m moment) {
		value.Update(func(v *int64) { *v += m.Time })
		list.Add(m.Time % 7)
		n, _ := set.Get(m.Time % 5)
		set.Put(m.Time%5, n+1)
		if len(list.Get()) > 4 {
			list.Set(list.Get()[1:])
		}
		op.EventTimer(time.UnixMilli(m.Time + 200))
		op.DeleteEventTimer(time.UnixMilli(m.Time - m.Time%4 + 201))
		op.ProcessingTimer(op.ProcessingTime().Add(time.Duration(m.Time%9+1) * time.Millisecond))
		tell("record", m.Time)
	}
}

// TestRestoredChainsGiveTheResultsOfAnUninterruptedRun freezes the state at
// random moments, lets records go on while it is written, and goes on from it
// in chains of another parallelism, which hold other ranges of key groups.
func TestRestoredChainsGiveTheResultsOfAnUninterruptedRun(t *testing.T) {
	for range 8 {
		seed := rand.Uint64()
		random := rand.New(rand.NewPCG(seed, 1))
		steps := script(random, 120)

		want := &results{}
		f := &feed[moment]{}
		r := newRig(t, 1, nil, restoreJob(f, want))
		for _, s := range steps {
			s.play(r, f)
		}
		r.end()
		r.close()

		got := &results{}
		f = &feed[moment]{}
		p := 1 + random.IntN(8)
		r = newRig(t, p, nil, restoreJob(f, got))
		for i, s := range steps {
			s.play(r, f)
			if random.IntN(12) > 0 {
				continue
			}
			now, kept := r.now, len(got.all)
			snapshot := r.begin()
			for j := i + 1; !r.step(); j++ { // what the job does meanwhile must not be seen in the snapshot
				if j < len(steps) {
					steps[j].play(r, f)
				}
			}
			r.close()
			got.all = got.all[:kept]
			f = &feed[moment]{}
			r = newRig(t, 1+random.IntN(8), snapshot, restoreJob(f, got))
			r.now = now
		}
		r.end()
		r.close()
		if diff := cmp.Diff(want.take(), got.take()); diff != "" {
			t.Fatalf("seed %d (-uninterrupted +restored):\n%.3000s", seed, diff)
		}
	}
}

// TestRecordsWhileASnapshotIsWritten is the same for states that take many steps to write.
func TestRecordsWhileASnapshotIsWritten(t *testing.T) {
	const keys = 30_000
	put := func(f *feed[moment], round int64) {
		for i := range int64(keys) {
			f.put(moment{fmt.Sprint("key-", i), round*10 + i%10})
		}
	}
	job := func(f *feed[moment], out *results) func(*Env) {
		return func(env *Env) {
			keyed := byKey(timed(env, f))
			gather(out, counted(keyed.Window(Tumbling(time.Second)), "tumbling"))
			gather(out, counted(keyed.Window(Session(time.Second)), "session"))
			gather(out, Process(keyed, "list", func(op *Op[string, string]) func(moment) {
				list := NewList[int64](op, "list")
				op.OnTimer(func(time.Time) { op.Emit(fmt.Sprint(op.Key(), list.Get())) })
				return func(m moment) {
					list.Add(m.Time / 10)
					op.EventTimer(time.UnixMilli(5000))
				}
			}))
		}
	}
	f, out := &feed[moment]{}, &results{}
	r := newRig(t, 3, nil, job(f, out))
	put(f, 0)
	put(f, 1)
	r.run()
	snapshot := r.begin()
	steps := 0
	for put(f, 2); !r.step(); steps++ {
		if len(f.waiting) > 0 { // in pieces between the steps
			rest := slices.Clone(f.waiting[min(50, len(f.waiting)):])
			f.waiting = f.waiting[:min(50, len(f.waiting))]
			r.run()
			f.waiting = rest
		}
	}
	r.close()
	if steps < 5 {
		t.Fatalf("the snapshot took %d steps: too few for records in between", steps)
	}
	out.take()
	f = &feed[moment]{}
	r = newRig(t, 5, snapshot, job(f, out))
	put(f, 3)
	r.run()
	r.end()
	r.close()
	var want []string
	for i := range keys {
		key := fmt.Sprint("key-", i)
		want = append(want, key+" 0-1000: 3", fmt.Sprintf("%s %d-%d: 3", key, i%10, 30+i%10+1000), key+"[0 1 3]")
	}
	expect(t, out, "without what came after the barrier", want...)
}

// step is some records and then a tick.
type scriptStep struct {
	records []moment
	tick    int64
}

func (s scriptStep) play(r *rig, f *feed[moment]) {
	f.put(s.records...)
	r.run()
	r.tick(s.tick)
}

// script makes records that go on by 10 ms a step and come up to 100 ms late.
func script(random *rand.Rand, n int) []scriptStep {
	steps := make([]scriptStep, n)
	for i := range steps {
		steps[i].tick = 1 + random.Int64N(4) // 0 would leave it to the last tick whether there is a watermark
		for range random.IntN(6) {
			back := random.Int64N(30)
			if random.IntN(5) == 0 {
				back = random.Int64N(100)
			}
			steps[i].records = append(steps[i].records, moment{fmt.Sprint("k", random.IntN(9)), int64(i)*10 + 200 - back})
		}
	}
	return steps
}

// TestProcessingTimeWindowsGoOnAfterARestore restores windows that are open,
// whose end has passed meanwhile, and that only some subtasks had closed.
func TestProcessingTimeWindowsGoOnAfterARestore(t *testing.T) {
	job := func(f *feed[moment], out *results) func(*Env) {
		return func(env *Env) {
			keyed := byKey(from(env, f))
			gather(out, counted(keyed.Window(Tumbling(10*time.Millisecond)), "tumbling"))
			gather(out, counted(keyed.Window(Sliding(20*time.Millisecond, 10*time.Millisecond)), "sliding"))
			gather(out, counted(keyed.Window(Session(15*time.Millisecond)), "session"))
		}
	}
	for _, p := range []int{1, 2, 3, 8} {
		for _, uneven := range []bool{false, true} {
			t.Run(fmt.Sprint(p, uneven), func(t *testing.T) {
				f, out := &feed[moment]{}, &results{}
				r := newRig(t, 4, nil, job(f, out))
				keys := []string{}
				for i := range 40 {
					keys = append(keys, fmt.Sprint("k", i))
					f.put(moment{keys[i], 0})
				}
				r.run()
				if uneven { // the clock has reached two of four subtasks
					r.now += 12
					for _, tasks := range r.tasks {
						for i := range min(2, len(tasks)) {
							tasks[i].chain.Timer(r.now)
						}
					}
				}
				snapshot := r.begin()
				for !r.step() {
				}
				r.close()
				f = &feed[moment]{}
				r = newRig(t, p, snapshot, job(f, out))
				r.now = 1_000_012
				r.tick(0)
				for _, k := range keys {
					f.put(moment{k, 0})
				}
				r.run()
				r.tick(1000)
				r.close()
				var want []string
				for _, k := range keys {
					want = append(want,
						k+" 1000000-1000010: 1", k+" 1000010-1000020: 1",
						k+" 999990-1000010: 1", k+" 1000000-1000020: 2", k+" 1000010-1000030: 1",
						k+" 1000000-1000027: 2")
				}
				expect(t, out, "each window once", want...)
			})
		}
	}
}
