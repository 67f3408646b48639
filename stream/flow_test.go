package stream_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weft-stream/weft/stream"
	"github.com/weft-stream/weft/stream/streamtest"
)

func numbers(from, to int64) []int64 {
	var all []int64
	for i := from; i <= to; i++ {
		all = append(all, i)
	}
	return all
}

// same compares the records of a job at each parallelism, in no order.
func same[T int64 | string](t *testing.T, want []T, build func(*stream.Env) *stream.Stream[T]) {
	t.Helper()
	slices.Sort(want)
	for _, p := range parallelisms {
		got := streamtest.Collect(t, p, build)
		slices.Sort(got)
		if !slices.Equal(want, got) {
			t.Errorf("parallelism %d (-want +got):\n%.1000s", p, cmp.Diff(want, got))
		}
	}
}

func TestADiamondHasEachRecordOnBothSides(t *testing.T) {
	want := append(numbers(1, 2000), numbers(-2000, -1)...)
	same(t, want, func(env *stream.Env) *stream.Stream[int64] {
		all := stream.Sequence(env, "numbers", 1, 2000)
		return stream.Union(stream.Map(all, func(i int64) int64 { return -i }), stream.Filter(all, func(int64) bool { return true }))
	})
}

func TestUnionOfAStreamWithItself(t *testing.T) {
	same(t, append(numbers(0, 99), numbers(0, 99)...), func(env *stream.Env) *stream.Stream[int64] {
		s := stream.Sequence(env, "numbers", 0, 99)
		return stream.Union(s, s)
	})
}

func TestConnectOfAStreamWithItself(t *testing.T) {
	same(t, append(numbers(0, 99), numbers(-99, 0)...), func(env *stream.Env) *stream.Stream[int64] {
		k := stream.KeyBy(stream.Sequence(env, "numbers", 0, 99), func(i int64) int64 { return i })
		return stream.Connect(k, k, "both", func(op *stream.Op[int64, int64]) (func(int64), func(int64)) {
			return op.Emit, func(i int64) { op.Emit(-i) }
		})
	})
}

func TestRebalanceLosesNothing(t *testing.T) {
	same(t, numbers(0, 4999), func(env *stream.Env) *stream.Stream[int64] {
		one := stream.Map(stream.Sequence(env, "numbers", 0, 4999), func(i int64) int64 { return i }).Parallelism(1)
		return stream.Map(stream.Map(one.Rebalance(), func(i int64) int64 { return i }).Rebalance(), func(i int64) int64 { return i })
	})
}

func TestBroadcastReachesEverySubtask(t *testing.T) {
	for _, p := range parallelisms {
		for _, receivers := range []int{1, 2, 5} {
			got := streamtest.Collect(t, p, func(env *stream.Env) *stream.Stream[int64] {
				return stream.Map(stream.Sequence(env, "numbers", 0, 999).Broadcast(), func(i int64) int64 { return i }).Parallelism(receivers)
			})
			counts := map[int64]int{}
			for _, i := range got {
				counts[i]++
			}
			for i := range int64(1000) {
				if counts[i] != receivers {
					t.Fatalf("%d to %d subtasks: %d came %d times", p, receivers, i, counts[i])
				}
			}
		}
	}
}

func TestSeveralSinksOfOneStream(t *testing.T) {
	for _, p := range parallelisms {
		var mu sync.Mutex
		var a, b []int64
		streamtest.Run(t, p, func(env *stream.Env) error {
			s := stream.Map(stream.Sequence(env, "numbers", 0, 999), func(i int64) int64 { return i * 2 })
			into := func(all *[]int64) func(int64) {
				return func(i int64) {
					mu.Lock()
					defer mu.Unlock()
					*all = append(*all, i)
				}
			}
			stream.ForEach(s, "a", into(&a))
			stream.ForEach(s.Rebalance(), "b", into(&b)).Parallelism(2)
			stream.Discard(s)
			return nil
		})
		slices.Sort(a)
		slices.Sort(b)
		if len(a) != 1000 || !slices.Equal(a, b) {
			t.Errorf("parallelism %d: %d and %d records", p, len(a), len(b))
		}
	}
}

func TestEmptyInputsEndTheJob(t *testing.T) {
	for name, source := range map[string]func(*stream.Env) *stream.Stream[int64]{
		"collection": func(env *stream.Env) *stream.Stream[int64] { return stream.Collection[int64](env, "none") },
		"sequence":   func(env *stream.Env) *stream.Stream[int64] { return stream.Sequence(env, "none", 5, 4) },
		"backwards":  func(env *stream.Env) *stream.Stream[int64] { return stream.Sequence(env, "none", 5, -4) },
		"folder": func(env *stream.Env) *stream.Stream[int64] {
			return stream.Map(stream.Lines(env, "none", t.TempDir()), func(string) int64 { return 1 })
		},
		"filtered": func(env *stream.Env) *stream.Stream[int64] {
			return stream.Filter(stream.Sequence(env, "all", 0, 99), func(int64) bool { return false })
		},
	} {
		t.Run(name, func(t *testing.T) {
			same(t, nil, func(env *stream.Env) *stream.Stream[int64] {
				s := stream.WithWatermarks(source(env), stream.Ascending(func(i int64) time.Time { return time.UnixMilli(i) }))
				key := func(i int64) int64 { return i }
				sum := func(a, b int64) int64 { return a + b }
				windows := stream.KeyBy(s, key).Window(stream.Sliding(2*time.Second, time.Second)).Reduce("windows", sum)
				sessions := stream.KeyBy(s, key).Window(stream.Session(time.Second)).Reduce("sessions", sum)
				return stream.Union(windows, sessions, stream.KeyBy(s, key).Reduce("sums", sum))
			})
		})
	}
}

func TestResultsOfWindowsGoIntoWindows(t *testing.T) {
	type sum struct{ Start, N int64 }
	for _, p := range parallelisms {
		got := map[sum]int{}
		for _, s := range streamtest.Collect(t, p, func(env *stream.Env) *stream.Stream[sum] {
			all := stream.WithWatermarks(stream.Sequence(env, "ms", 0, 9_999), stream.BoundedOutOfOrderness(5*time.Second, func(i int64) time.Time { return time.UnixMilli(i) }))
			counter := stream.Aggregator[int64, int64, int64]{
				Add: func(n, _ int64) int64 { return n + 1 }, Result: func(n int64) int64 { return n },
			}
			perKey := stream.Aggregate(stream.KeyBy(all, func(i int64) int64 { return i % 10 }).Window(stream.Tumbling(100*time.Millisecond)), "small", counter)
			summed := stream.KeyBy(perKey, func(int64) stream.None { return stream.None{} }).Window(stream.Tumbling(time.Second))
			return stream.ReduceWindow(summed, "large", func(a, b int64) int64 { return a + b }, func(_ stream.None, in stream.Window, n int64) sum {
				return sum{in.Start.UnixMilli(), n}
			})
		}) {
			got[s]++
		}
		want := map[sum]int{}
		for start := int64(0); start < 10_000; start += 1000 {
			want[sum{start, 1000}] = 1
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("parallelism %d (-want +got):\n%s", p, diff)
		}
	}
}

func TestWindowsWithOffsetsMatchAPlainCount(t *testing.T) {
	const n = 3000
	for _, c := range []struct{ size, slide, offset int64 }{
		{100, 100, 30}, {100, 100, -30}, {100, 100, 250}, {90, 60, -25}, {70, 30, 17}, {70, 30, -1000},
	} {
		want := map[windowCount]bool{}
		counts := map[[2]int64]int64{} // by key and start
		for i := range int64(n) {
			e := event{Key: i * 7919 % 100, Time: i/10 - i*31%50}
			for start := c.offset%c.slide - 3000; start <= e.Time; start += c.slide {
				if e.Time < start+c.size {
					counts[[2]int64{e.Key, start}]++
				}
			}
		}
		for k, v := range counts {
			want[windowCount{k[0], k[1], k[1] + c.size, v}] = true
		}
		for _, p := range parallelisms {
			got := map[windowCount]bool{}
			for _, w := range streamtest.Collect(t, p, func(env *stream.Env) *stream.Stream[windowCount] {
				ms := time.Millisecond
				a := stream.Sliding(time.Duration(c.size)*ms, time.Duration(c.slide)*ms).Offset(time.Duration(c.offset) * ms)
				return countWindows(stream.KeyBy(events(env, n), func(e event) int64 { return e.Key }).Window(a))
			}) {
				if got[w] {
					t.Errorf("%v comes twice", w)
				}
				got[w] = true
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%+v at parallelism %d (-want +got):\n%.1000s", c, p, diff)
			}
		}
	}
}

func TestLinesOfSeveralFiles(t *testing.T) {
	dir := t.TempDir()
	long := strings.Repeat("long ", 200_000)
	files := map[string]string{
		"a.txt": "one\ntwo\n", "b.txt": "no newline at the end", "c.txt": "", "d.txt": "\n\n", "e.txt": "dos\r\nends\r\r\n",
		"long.txt": "before\n" + long + "\nafter", "_hidden": "no", ".hidden": "no",
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "folder"), 0o755); err != nil {
		t.Fatal(err)
	}
	want := []string{"one", "two", "no newline at the end", "", "", "dos", "ends\r", "before", long, "after"}
	same(t, want, func(env *stream.Env) *stream.Stream[string] { return stream.Lines(env, "lines", dir) })
	same(t, []string{"one", "two"}, func(env *stream.Env) *stream.Stream[string] {
		return stream.Lines(env, "lines", "file://"+filepath.Join(dir, "a.txt"))
	})
}

func TestALineWithoutEndFailsTheJob(t *testing.T) {
	file := filepath.Join(t.TempDir(), "endless")
	if err := os.WriteFile(file, make([]byte, 17<<20), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := streamtest.Try(t.Context(), 1, func(env *stream.Env) error {
		stream.Discard(stream.Lines(env, "lines", file))
		return nil
	})
	if err == nil || !strings.Contains(err.Error(), "a line is longer than 16777216 bytes") || !strings.Contains(err.Error(), "endless") {
		t.Errorf("%v", err)
	}
}

func TestFilesAreWrittenOnceAtAnyParallelism(t *testing.T) {
	for _, p := range parallelisms {
		dir := filepath.Join(t.TempDir(), "out")
		streamtest.Run(t, p, func(env *stream.Env) error {
			stream.WriteLines(stream.Sequence(env, "numbers", 0, 999), "files", dir)
			return nil
		})
		got := streamtest.Collect(t, p, func(env *stream.Env) *stream.Stream[string] { return stream.Lines(env, "lines", dir) })
		seen := map[string]int{}
		for _, line := range got {
			seen[line]++
		}
		for i := range 1000 {
			if seen[fmt.Sprint(i)] != 1 {
				t.Errorf("parallelism %d: %d is there %d times", p, i, seen[fmt.Sprint(i)])
			}
		}
	}
}

// TestATagServesSeveralJobs describes jobs at once with a tag that is a package's variable.
func TestATagServesSeveralJobs(t *testing.T) {
	tag := stream.NewTag[int64]("odd")
	var jobs sync.WaitGroup
	for range 4 {
		jobs.Go(func() {
			out, err := streamtest.Try(context.Background(), 1, func(env *stream.Env) error {
				main := stream.ProcessEach(stream.Sequence(env, "numbers", 1, 3), func(op *stream.Op[stream.None, int64]) func(int64) {
					return func(i int64) {
						if i%2 == 1 {
							stream.EmitSide(op, tag, i)
						}
					}
				})
				stream.Print(stream.SideOutput(main, tag))
				return nil
			})
			if out != "1\n3\n" || err != nil {
				t.Errorf("%q, %v", out, err)
			}
		})
	}
	jobs.Wait()
}

func TestWhatBelongsIntoSetupFailsElsewhere(t *testing.T) {
	for want, f := range map[string]func(*stream.Op[int64, int64]){
		"state n is declared while records are handled":            func(op *stream.Op[int64, int64]) { stream.NewValue[int64](op, "n") },
		"OnTimer is called while records are handled":              func(op *stream.Op[int64, int64]) { op.OnTimer(func(time.Time) {}) },
		"a timer is set, but the operator has no OnTimer function": func(op *stream.Op[int64, int64]) { op.EventTimer(time.Now()) },
		"no": func(op *stream.Op[int64, int64]) { op.Fail("no") },
	} {
		var at string
		_, err := streamtest.Try(t.Context(), 2, func(env *stream.Env) error {
			keyed := stream.KeyBy(stream.Sequence(env, "numbers", 0, 9), func(i int64) int64 { return i })
			setup := func(op *stream.Op[int64, int64]) func(int64) { return func(int64) { f(op) } }
			out := stream.Process(keyed, "p", setup)
			at = above()
			stream.Discard(out)
			return nil
		})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), at+": ") {
			t.Errorf("%v, want %s: %s", err, at, want)
		}
	}
}
