package stream_test

import (
	"fmt"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weft-stream/weft/stream"
	"github.com/weft-stream/weft/stream/streamtest"
)

type count struct {
	Word string
	N    int64
}

// parallelisms at which every job of these tests must give the same result.
var parallelisms = []int{1, 2, 3, 8}

func TestRunningCountsAtAnyParallelism(t *testing.T) {
	for _, p := range parallelisms {
		t.Run(fmt.Sprint(p), func(t *testing.T) {
			got := map[string]int64{}
			for _, c := range streamtest.Collect(t, p, func(env *stream.Env) *stream.Stream[count] {
				numbers := stream.Sequence(env, "numbers", 0, 99_999)
				words := stream.Map(numbers, func(i int64) count { return count{fmt.Sprint("word-", i%1000), 1} })
				return stream.KeyBy(words, func(c count) string { return c.Word }).
					Reduce("counts", func(a, b count) count { a.N += b.N; return a })
			}) {
				got[c.Word] = max(got[c.Word], c.N)
			}
			if len(got) != 1000 {
				t.Fatalf("%d words, want 1000", len(got))
			}
			for w, n := range got {
				if n != 100 {
					t.Errorf("%s: %d, want 100", w, n)
				}
			}
		})
	}
}

type event struct {
	Key  int64
	Time int64 // ms
}

func eventTime(e event) time.Time { return time.UnixMilli(e.Time) }

type windowCount struct {
	Key, Start, End, N int64
}

// events are out of order by up to 50 ms, for 100 keys.
func events(env *stream.Env, n int64) *stream.Stream[event] {
	all := stream.Generate(env, "events", stream.Generator[event]{Count: n, Record: func(i int64) event {
		return event{Key: i * 7919 % 100, Time: i/10 - i*31%50}
	}})
	return stream.WithWatermarks(all, stream.BoundedOutOfOrderness(50*time.Millisecond, eventTime))
}

func countWindows(w *stream.WindowedStream[int64, event]) *stream.Stream[windowCount] {
	return stream.AggregateWindow(w, "windows", stream.Aggregator[event, int64, int64]{
		Add: func(n int64, _ event) int64 { return n + 1 }, Merge: func(a, b int64) int64 { return a + b }, Result: func(n int64) int64 { return n },
	}, func(key int64, in stream.Window, n int64) windowCount {
		return windowCount{key, in.Start.UnixMilli(), in.End.UnixMilli(), n}
	})
}

// wantWindows counts by going through all windows that each event is in.
func wantWindows(n, size, slide int64) map[windowCount]bool {
	counts := map[[3]int64]int64{}
	for i := range n {
		e := event{Key: i * 7919 % 100, Time: i/10 - i*31%50}
		for start := -size * 2; start <= n; start += slide {
			if e.Time >= start && e.Time < start+size {
				counts[[3]int64{e.Key, start, start + size}]++
			}
		}
	}
	want := map[windowCount]bool{}
	for k, c := range counts {
		want[windowCount{k[0], k[1], k[2], c}] = true
	}
	return want
}

func TestEventTimeWindowsMatchAPlainCount(t *testing.T) {
	const n = 20_000
	cases := map[string]struct {
		assigner    stream.Assigner
		size, slide int64
	}{
		"tumbling":            {stream.Tumbling(100 * time.Millisecond), 100, 100},
		"sliding":             {stream.Sliding(100*time.Millisecond, 20*time.Millisecond), 100, 20},
		"sliding, uneven":     {stream.Sliding(100*time.Millisecond, 40*time.Millisecond), 100, 40},
		"sliding, slide=size": {stream.Sliding(50*time.Millisecond, 50*time.Millisecond), 50, 50},
	}
	for name, c := range cases {
		for _, p := range parallelisms {
			t.Run(fmt.Sprint(name, "/", p), func(t *testing.T) {
				got := map[windowCount]bool{}
				for _, w := range streamtest.Collect(t, p, func(env *stream.Env) *stream.Stream[windowCount] {
					return countWindows(stream.KeyBy(events(env, n), func(e event) int64 { return e.Key }).Window(c.assigner))
				}) {
					if got[w] {
						t.Errorf("%v comes twice", w)
					}
					got[w] = true
				}
				if diff := cmp.Diff(wantWindows(n, c.size, c.slide), got); diff != "" {
					t.Errorf("windows (-want +got):\n%.2000s", diff)
				}
			})
		}
	}
}

func TestSessions(t *testing.T) {
	times := []int64{0, 10, 25, 200, 205, 190, 500, 1000}
	got := streamtest.Collect(t, 2, func(env *stream.Env) *stream.Stream[windowCount] {
		var all []event
		for _, ms := range times {
			all = append(all, event{1, ms}, event{2, ms * 3})
		}
		s := stream.WithWatermarks(stream.Collection(env, "events", all...), stream.BoundedOutOfOrderness(time.Second, eventTime))
		return countWindows(stream.KeyBy(s, func(e event) int64 { return e.Key }).Window(stream.Session(30 * time.Millisecond)))
	})
	sort.Slice(got, func(i, j int) bool {
		return got[i].Key < got[j].Key || got[i].Key == got[j].Key && got[i].Start < got[j].Start
	})
	want := []windowCount{
		{1, 0, 55, 3},
		{1, 190, 235, 3},
		{1, 500, 530, 1},
		{1, 1000, 1030, 1},
		{2, 0, 60, 2},
		{2, 75, 105, 1},
		{2, 570, 645, 3},
		{2, 1500, 1530, 1},
		{2, 3000, 3030, 1},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("sessions (-want +got):\n%s", diff)
	}
}

func TestProcessKeepsStateAndFiresTimersInOrder(t *testing.T) {
	for _, p := range parallelisms {
		got := streamtest.Collect(t, p, func(env *stream.Env) *stream.Stream[string] {
			return stream.Process(stream.KeyBy(events(env, 1000), func(e event) int64 { return e.Key }), "gaps", func(op *stream.Op[int64, string]) func(event) {
				n := stream.NewValue[int64](op, "n")
				list := stream.NewList[int64](op, "times")
				seen := stream.NewMap[int64, bool](op, "seen")
				op.OnTimer(func(at time.Time) {
					op.Emit(fmt.Sprintf("%d: %d records, %d times, %d different, at %d", op.Key(), n.Get(), len(list.Get()), seen.Len(), at.UnixMilli()))
					n.Clear()
				})
				return func(e event) {
					n.Update(func(v *int64) { *v++ })
					list.Add(e.Time)
					seen.Put(e.Time, true)
					op.EventTimer(time.UnixMilli(1_000_000))
				}
			})
		})
		if len(got) != 100 {
			t.Fatalf("parallelism %d: %d timers, want 100", p, len(got))
		}
		for _, line := range got {
			if !strings.Contains(line, ": 10 records, 10 times, ") || !strings.HasSuffix(line, "at 1000000") {
				t.Errorf("parallelism %d: %s", p, line)
			}
		}
	}
}

func TestUnionConnectAndSideOutput(t *testing.T) {
	for _, p := range parallelisms {
		odd := stream.NewTag[int64]("odd")
		got := map[string]int{}
		for _, s := range streamtest.Collect(t, p, func(env *stream.Env) *stream.Stream[string] {
			both := stream.Union(stream.Sequence(env, "a", 0, 499), stream.Sequence(env, "b", 500, 999))
			even := stream.ProcessEach(both, func(op *stream.Op[stream.None, int64]) func(int64) {
				return func(i int64) {
					if i%2 == 0 {
						op.Emit(i)
					} else {
						stream.EmitSide(op, odd, i)
					}
				}
			})
			third := func(i int64) int64 { return i / 2 }
			return stream.Connect(stream.KeyBy(even, third), stream.KeyBy(stream.SideOutput(even, odd), third), "pairs",
				func(op *stream.Op[int64, string]) (func(int64), func(int64)) {
					left := stream.NewValue[int64](op, "left")
					right := stream.NewValue[int64](op, "right")
					try := func() {
						l, a := left.Lookup()
						r, b := right.Lookup()
						if a && b {
							op.Emit(fmt.Sprintf("%d+%d", l, r))
						}
					}
					return func(i int64) { left.Set(i); try() }, func(i int64) { right.Set(i); try() }
				})
		}) {
			got[s]++
		}
		if len(got) != 500 || got["0+1"] != 1 || got["998+999"] != 1 {
			t.Errorf("parallelism %d: %d pairs, want 500", p, len(got))
		}
	}
}

func TestProcessingTimeWindowsCloseByTheClock(t *testing.T) {
	for name, assigner := range map[string]stream.Assigner{
		"tumbling": stream.Tumbling(20 * time.Millisecond), "session": stream.Session(20 * time.Millisecond),
	} {
		t.Run(name, func(t *testing.T) {
			closed := make(chan struct{})
			got := streamtest.Collect(t, 2, func(env *stream.Env) *stream.Stream[int64] {
				// The source ends only after a window has closed by itself.
				one := stream.From(env, "", stream.SourceOptions{Parallelism: 1}, func() stream.Source[int64] { return &until{closed: closed} })
				sums := stream.KeyBy(one, func(int64) string { return "all" }).Window(assigner).Reduce("sum", func(a, b int64) int64 { return a + b })
				return stream.Map(sums, func(n int64) int64 { close(closed); return n })
			})
			if diff := cmp.Diff([]int64{7}, got); diff != "" {
				t.Errorf("windows (-want +got):\n%s", diff)
			}
		})
	}
}

// until emits one record and ends when closed is.
type until struct {
	closed  chan struct{}
	emitted bool
}

func (u *until) Open(*stream.SourceContext, bool, [][]byte) error { return nil }
func (u *until) Snapshot() ([][]byte, error)                      { return nil, nil }
func (u *until) Close() error                                     { return nil }

func (u *until) Poll(out *stream.Emitter[int64]) (stream.Next, error) {
	if !u.emitted {
		u.emitted = true
		out.Emit(7)
	}
	select {
	case <-u.closed:
		return stream.End(), nil
	default:
		return stream.Wait(time.Millisecond), nil
	}
}

func TestProcessingTimeWindowsCloseAtTheEndOfInput(t *testing.T) {
	for name, assigner := range map[string]stream.Assigner{
		"tumbling": stream.Tumbling(time.Hour), "sliding": stream.Sliding(time.Hour, 30*time.Minute), "session": stream.Session(time.Hour),
	} {
		t.Run(name, func(t *testing.T) {
			got := streamtest.Collect(t, 2, func(env *stream.Env) *stream.Stream[int64] {
				return stream.KeyBy(stream.Sequence(env, "numbers", 1, 10), func(int64) string { return "all" }).
					Window(assigner).Reduce("sum", func(a, b int64) int64 { return a + b })
			})
			want := []int64{55}
			if name == "sliding" {
				want = []int64{55, 55}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("windows (-want +got):\n%s", diff)
			}
		})
	}
}
