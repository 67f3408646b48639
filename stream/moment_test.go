package stream

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weft-stream/weft/internal/task"
)

// The tests here ask for what depends on the moment: late records, idle ways,
// watermarks of two inputs, timers.

type moment struct {
	Key  string
	Time int64 // ms
}

func momentTime(m moment) time.Time { return time.UnixMilli(m.Time) }

// timed is the stream of a feed with exact watermarks: one behind the latest record, at each tick.
func timed(env *Env, f *feed[moment]) *Stream[moment] {
	return WithWatermarks(from(env, f), Ascending(momentTime)).Parallelism(1)
}

func byKey(s *Stream[moment]) *KeyedStream[string, moment] {
	return KeyBy(s, func(m moment) string { return m.Key })
}

// counted is the result of a window: key, span and number of records.
func counted(w *WindowedStream[string, moment], uid string) *Stream[string] {
	return AggregateWindow(w, uid, Aggregator[moment, int, int]{
		Add: func(n int, _ moment) int { return n + 1 }, Merge: func(a, b int) int { return a + b }, Result: func(n int) int { return n },
	}, func(key string, in Window, n int) string {
		return fmt.Sprintf("%s %d-%d: %d", key, in.Start.UnixMilli(), in.End.UnixMilli(), n)
	})
}

func expect(t *testing.T, r *results, what string, want ...string) {
	t.Helper()
	slices.Sort(want)
	if diff := cmp.Diff(want, r.take()); diff != "" {
		t.Fatalf("%s (-want +got):\n%s", what, diff)
	}
}

func atParallelisms(t *testing.T, f func(t *testing.T, parallelism int)) {
	for _, p := range []int{1, 2, 3, 8} {
		t.Run(fmt.Sprint(p), func(t *testing.T) { f(t, p) })
	}
}

// lateRig runs one window operator, with what it emits and what comes too late.
func lateRig(t *testing.T, p int, window func(*KeyedStream[string, moment]) *WindowedStream[string, moment], tag *Tag[moment]) (in func(key string, times ...int64), out, late *results) {
	f, out, late := &feed[moment]{}, &results{}, &results{}
	r := newRig(t, p, nil, func(env *Env) {
		w := window(byKey(timed(env, f)))
		if tag != nil {
			w = w.LateTo(tag)
		}
		s := counted(w, "windows")
		gather(out, s)
		if tag != nil {
			gather(late, SideOutput(s, tag))
		}
	})
	t.Cleanup(r.close)
	return func(key string, times ...int64) {
		for _, ms := range times {
			f.put(moment{key, ms})
		}
		r.run()
		r.tick(1)
	}, out, late
}

func TestLatenessOfTumblingWindows(t *testing.T) {
	atParallelisms(t, func(t *testing.T, p int) {
		in, out, late := lateRig(t, p, func(k *KeyedStream[string, moment]) *WindowedStream[string, moment] {
			return k.Window(Tumbling(10 * time.Millisecond)).AllowedLateness(20 * time.Millisecond)
		}, NewTag[moment]("late"))
		in("a", 1, 2)
		in("b", 3)
		expect(t, out, "open")
		in("a", 11) // watermark 10
		expect(t, out, "closed", "a 0-10: 2", "b 0-10: 1")
		in("a", 4, 5)
		expect(t, out, "corrected", "a 0-10: 3", "a 0-10: 4")
		in("c", 6)
		expect(t, out, "a late key of its own", "c 0-10: 1")
		in("a", 29) // watermark 28: the first window is kept up to 29
		expect(t, out, "the second window closes", "a 10-20: 1")
		in("b", 7)
		expect(t, out, "kept to the last", "b 0-10: 2")
		in("a", 30) // watermark 29
		in("b", 8, 9)
		expect(t, out, "forgotten", "a 20-30: 1")
		expect(t, late, "too late", "{b 8}", "{b 9}")
		in("b", 12)
		expect(t, out, "the next window is still kept", "b 10-20: 1")
	})
}

func TestLatenessOfSlidingWindows(t *testing.T) {
	atParallelisms(t, func(t *testing.T, p int) {
		in, out, late := lateRig(t, p, func(k *KeyedStream[string, moment]) *WindowedStream[string, moment] {
			return k.Window(Sliding(20*time.Millisecond, 10*time.Millisecond)).AllowedLateness(5 * time.Millisecond)
		}, NewTag[moment]("late"))
		in("a", 1, 12)
		in("a", 21) // watermark 20
		expect(t, out, "closed", "a -10-10: 1", "a 0-20: 2")
		in("a", 2) // too late for -10-10, which was kept up to 15
		expect(t, out, "only the kept window is corrected", "a 0-20: 3")
		in("a", 26) // watermark 25
		in("a", 3)
		expect(t, late, "too late for all", "{a 3}")
		in("a", 13) // 0-20 is forgotten, 10-30 is open
		expect(t, out, "nothing to correct")
		in("a", 31)
		expect(t, out, "what was late for one is in the other", "a 10-30: 4")
	})
}

func TestLatenessOfSessions(t *testing.T) {
	atParallelisms(t, func(t *testing.T, p int) {
		in, out, late := lateRig(t, p, func(k *KeyedStream[string, moment]) *WindowedStream[string, moment] {
			return k.Window(Session(10 * time.Millisecond)).AllowedLateness(20 * time.Millisecond)
		}, NewTag[moment]("late"))
		in("a", 30, 0, 20, 10) // each joins its neighbours
		in("b", 41)            // watermark 40
		expect(t, out, "out of order and merged", "a 0-40: 4")
		in("a", 35) // makes the closed session longer: it is open again
		expect(t, out, "open again")
		in("b", 46) // watermark 45
		expect(t, out, "closed again", "a 0-45: 5")
		in("a", 5)
		expect(t, out, "corrected", "a 0-45: 6")
		in("c", 20) // 20-30 is kept up to 50
		expect(t, out, "a late session of its own", "c 20-30: 1")
		in("d", 66) // watermark 65: a session that ends by 45 is forgotten
		expect(t, out, "the rest closes", "b 41-56: 2")
		in("a", 5)
		expect(t, out, "forgotten")
		expect(t, late, "too late", "{a 5}")
		in("b", 40)
		expect(t, out, "merged into what is kept", "b 40-56: 3")
	})
}

func TestLateRecordsAreCounted(t *testing.T) {
	f, out := &feed[moment]{}, &results{}
	r := newRig(t, 2, nil, func(env *Env) {
		gather(out, counted(byKey(timed(env, f)).Window(Tumbling(10*time.Millisecond)), "windows"))
	})
	defer r.close()
	for _, ms := range []int64{5, 25, 6, 7} {
		f.put(moment{"a", ms})
		r.run()
		r.tick(1)
	}
	expect(t, out, "closed once", "a 0-10: 1")
	if r.late != 2 {
		t.Errorf("%d late records were counted, want 2", r.late)
	}
}

func TestIdleWaysDoNotHoldTheOthersBack(t *testing.T) {
	atParallelisms(t, func(t *testing.T, p int) {
		busy, quiet, out := &feed[moment]{}, &feed[moment]{}, &results{}
		r := newRig(t, p, nil, func(env *Env) {
			w := Ascending(momentTime).Idleness(100 * time.Millisecond)
			a := WithWatermarks(from(env, busy), w).Parallelism(1)
			b := WithWatermarks(from(env, quiet), w).Parallelism(1)
			gather(out, counted(byKey(Union(a, b)).Window(Tumbling(10*time.Millisecond)), "windows"))
		})
		defer r.close()
		busy.put(moment{"a", 5}, moment{"a", 21})
		r.run()
		r.tick(50)
		expect(t, out, "the quiet one may still give records")
		busy.put(moment{"a", 22})
		r.run()
		r.tick(60)
		expect(t, out, "the quiet one is left out", "a 0-10: 1")
		quiet.put(moment{"b", 24})
		r.run()
		r.tick(1)
		busy.put(moment{"a", 41})
		r.run()
		r.tick(1)
		expect(t, out, "it counts again") // its watermark is 23
		quiet.put(moment{"b", 51})
		r.run()
		r.tick(1)
		expect(t, out, "both went on", "a 20-30: 2", "b 20-30: 1")
		r.tick(200) // both idle
		r.end()
		expect(t, out, "the end counts for idle ways too", "a 40-50: 1", "b 50-60: 1")
	})
}

func TestConnectTakesTheLesserWatermark(t *testing.T) {
	atParallelisms(t, func(t *testing.T, p int) {
		left, right, out := &feed[moment]{}, &feed[moment]{}, &results{}
		r := newRig(t, p, nil, func(env *Env) {
			gather(out, Connect(byKey(timed(env, left)), byKey(timed(env, right)), "both", func(op *Op[string, string]) (func(moment), func(moment)) {
				op.OnTimer(func(at time.Time) {
					op.Emit(fmt.Sprintf("%s at %d, watermark %d", op.Key(), at.UnixMilli(), op.Watermark().UnixMilli()))
				})
				set := func(m moment) { op.EventTimer(time.UnixMilli(m.Time + 10)) }
				return set, set
			}))
		})
		defer r.close()
		left.put(moment{"l", 0}, moment{"l", 100})
		r.run()
		r.tick(1)
		expect(t, out, "the right has said nothing")
		right.put(moment{"r", 5}, moment{"r", 16})
		r.run()
		r.tick(1)
		expect(t, out, "up to the lesser", "l at 10, watermark 15", "r at 15, watermark 15")
		left.put(moment{"l", 300})
		r.run()
		r.tick(1)
		expect(t, out, "the right holds back")
		right.put(moment{"r", 200})
		r.run()
		r.tick(1)
		expect(t, out, "both went on", "l at 110, watermark 199", "r at 26, watermark 199")
	})
}

// timerRig runs a function of a process operator for each record.
func timerRig(t *testing.T, p int, setup func(*Op[string, string]) func(moment)) (*rig, *feed[moment], *results) {
	f, out := &feed[moment]{}, &results{}
	r := newRig(t, p, nil, func(env *Env) { gather(out, Process(byKey(timed(env, f)), "timers", setup)) })
	t.Cleanup(r.close)
	return r, f, out
}

func TestTimersAreSetOnceAndDeleted(t *testing.T) {
	atParallelisms(t, func(t *testing.T, p int) {
		r, f, out := timerRig(t, p, func(op *Op[string, string]) func(moment) {
			op.OnTimer(func(at time.Time) { op.Emit(fmt.Sprint(op.Key(), " ", at.UnixMilli())) })
			return func(m moment) {
				if m.Time%2 == 1 { // odd times take back the one of the even time before
					op.DeleteEventTimer(time.UnixMilli(m.Time + 99))
					return
				}
				op.EventTimer(time.UnixMilli(m.Time + 100))
				op.EventTimer(time.UnixMilli(m.Time + 100))
			}
		})
		f.put(moment{"a", 10}, moment{"b", 10}, moment{"a", 11}, moment{"a", 12}, moment{"c", 13})
		f.put(moment{"z", 1000})
		r.run()
		r.tick(1)
		expect(t, out, "each once, without the deleted", "a 112", "b 110")
	})
}

func TestATimerMaySetTheNext(t *testing.T) {
	r, f, out := timerRig(t, 2, func(op *Op[string, string]) func(moment) {
		op.OnTimer(func(at time.Time) {
			op.Emit(fmt.Sprint(op.Key(), " ", at.UnixMilli()))
			if at.UnixMilli() < 300 {
				op.EventTimer(at.Add(100 * time.Millisecond))
			}
		})
		return func(m moment) { op.EventTimer(time.UnixMilli(100)) }
	})
	f.put(moment{"a", 0}, moment{"b", 251})
	r.run()
	r.tick(1)
	expect(t, out, "up to the watermark", "a 100", "a 200", "b 100", "b 200")
	r.end()
	expect(t, out, "at the end", "a 300", "b 300")
}

func TestManyTimersFireInSlicesBeforeTheWatermarkGoesOn(t *testing.T) {
	const keys = 5 * timersPerStride * task.MaxStride
	f, out := &feed[moment]{}, &results{}
	r := newRig(t, 2, nil, func(env *Env) {
		fired := Process(byKey(timed(env, f)), "timers", func(op *Op[string, moment]) func(moment) {
			op.OnTimer(func(at time.Time) { op.Emit(moment{"all", at.UnixMilli()}) })
			return func(m moment) { op.EventTimer(time.UnixMilli(m.Time)) }
		})
		gather(out, counted(byKey(fired).Window(Tumbling(time.Second)), "windows"))
	})
	defer r.close()
	for i := range keys {
		f.put(moment{fmt.Sprint(i), int64(i % 1000)})
	}
	f.put(moment{"end", 2000})
	r.run()
	r.tick(1)
	expect(t, out, "no timer's record is late in the window behind", fmt.Sprintf("all 0-1000: %d", keys))
	if r.late > 0 {
		t.Errorf("%d late records", r.late)
	}
}

func TestProcessingTimersFireByTheClock(t *testing.T) {
	atParallelisms(t, func(t *testing.T, p int) {
		r, f, out := timerRig(t, p, func(op *Op[string, string]) func(moment) {
			op.OnTimer(func(at time.Time) { op.Emit(fmt.Sprint(op.Key(), " ", at.UnixMilli()-1_000_000)) })
			return func(m moment) {
				if m.Time < 0 {
					op.DeleteProcessingTimer(time.UnixMilli(1_000_000 - m.Time))
					return
				}
				op.ProcessingTimer(op.ProcessingTime().Add(time.Duration(m.Time) * time.Millisecond))
			}
		})
		f.put(moment{"a", 10}, moment{"b", 20}, moment{"a", 30}, moment{"c", 20}, moment{"c", -20})
		r.run()
		r.tick(9)
		expect(t, out, "too early")
		r.tick(1)
		expect(t, out, "the first", "a 10")
		r.tick(100)
		expect(t, out, "the others", "a 30", "b 20")
	})
}

func TestProcessingTimeWindowsLoseNoRecordOfTheirLastMoment(t *testing.T) {
	for name, a := range map[string]Assigner{
		"tumbling": Tumbling(10 * time.Millisecond), "sliding": Sliding(10*time.Millisecond, 5*time.Millisecond), "session": Session(time.Millisecond),
	} {
		t.Run(name, func(t *testing.T) {
			f, total := &feed[moment]{}, 0
			r := newRig(t, 2, nil, func(env *Env) {
				sum := counted(byKey(from(env, f)).Window(a), "windows")
				ForEach(sum, "total", func(s string) {
					var key, span string
					var n int
					fmt.Sscan(s, &key, &span, &n)
					total += n
				})
			})
			defer r.close()
			for range 25 { // a record in each moment, after the timers of that moment
				r.tick(1)
				f.put(moment{"a", 0})
				r.run()
			}
			r.now -= 7 // the machine's clock is set back
			f.put(moment{"a", 0})
			r.run()
			r.tick(100)
			want := 26
			if name == "sliding" {
				want *= 2
			}
			if total != want || r.late != 0 {
				t.Errorf("%d records in windows and %d late, want %d and 0", total, r.late, want)
			}
		})
	}
}

func TestLateRecordsCannotChangeWhatWasEmitted(t *testing.T) {
	type bag = map[string]int64
	for name, a := range map[string]Assigner{
		"tumbling": Tumbling(100 * time.Millisecond), "sliding": Sliding(100*time.Millisecond, 50*time.Millisecond), "session": Session(100 * time.Millisecond),
	} {
		t.Run(name, func(t *testing.T) {
			var got []bag
			f := &feed[moment]{}
			r := newRig(t, 1, nil, func(env *Env) {
				keyed := KeyBy(timed(env, f), func(moment) string { return "all" })
				w := keyed.Window(a).AllowedLateness(time.Second)
				ForEach(Aggregate(w, "bags", Aggregator[moment, bag, bag]{
					Add: func(acc bag, m moment) bag { // changes the accumulator in place, as maps invite to
						if acc == nil {
							acc = bag{}
						}
						acc[m.Key]++
						return acc
					},
					Merge: func(a, b bag) bag {
						for k, n := range b {
							a[k] += n
						}
						return a
					},
					Result: func(acc bag) bag { return acc },
				}), "bags", func(b bag) { got = append(got, b) })
			})
			defer r.close()
			for _, m := range []moment{{"a", 10}, {"b", 60}, {"c", 99}, {"z", 400}, {"late", 20}, {"late", 70}} {
				f.put(m)
				r.run()
				r.tick(1)
			}
			want := map[string][]bag{
				"tumbling": {{"a": 1, "b": 1, "c": 1}, {"a": 1, "b": 1, "c": 1, "late": 1}, {"a": 1, "b": 1, "c": 1, "late": 2}},
				"sliding": {
					{"a": 1},
					{"a": 1, "b": 1, "c": 1},
					{"b": 1, "c": 1},
					{"a": 1, "late": 1},
					{"a": 1, "b": 1, "c": 1, "late": 1},
					{"a": 1, "b": 1, "c": 1, "late": 2},
					{"b": 1, "c": 1, "late": 1},
				},
				"session": {{"a": 1, "b": 1, "c": 1}, {"a": 1, "b": 1, "c": 1, "late": 1}, {"a": 1, "b": 1, "c": 1, "late": 2}},
			}[name]
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("results (-want +got):\n%s", diff)
			}
		})
	}
}

func TestASessionKeepsOneTimer(t *testing.T) {
	f := &feed[moment]{}
	r := newRig(t, 1, nil, func(env *Env) {
		Discard(counted(byKey(timed(env, f)).Window(Session(time.Minute)), "sessions"))
	})
	defer r.close()
	for i := range int64(10_000) {
		f.put(moment{"a", i})
	}
	r.run()
	w := r.tasks[1][0].chain.(*chain).uids["sessions"].(*sessionWindow[string, moment, int, string])
	if n := w.timers.Len(); n != 1 {
		t.Errorf("%d timers for one session", n)
	}
}
