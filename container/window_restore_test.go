package container

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weft-stream/weft/internal/task"
	"github.com/weft-stream/weft/stream"
)

// The test's events: 30 keys, event time goes on by 1 ms every 10 records, with
// pauses that end sessions, and is out of order by up to 40 ms.
const (
	eventCount = 40_000
	eventKeys  = 30
)

type event struct{ Key, Time int64 }

func eventOf(i int64) event {
	burst := i / 2000 * 100 // a pause of 100 ms every 2,000 records
	return event{i * 7919 % eventKeys, i/10 + burst - i*31%40}
}

// windowJob writes every result of windows and timers into files: what, key, start, end, number of records.
func windowJob(t *testing.T, parallelism int, out string) task.Program {
	return windowJobThrough(t, parallelism, out, func(lines *stream.Stream[string]) *stream.Stream[string] { return lines })
}

// windowJobThrough is windowJob with something between the results and the files.
func windowJobThrough(t *testing.T, parallelism int, out string, through func(*stream.Stream[string]) *stream.Stream[string]) task.Program {
	env := stream.NewEnv(stream.Settings{Job: "windows", Parallelism: parallelism, MaxParallelism: 128})
	all := stream.Generate(env, "events", stream.Generator[event]{Count: eventCount, Rate: 60_000, Record: eventOf})
	timed := stream.WithWatermarks(all, stream.BoundedOutOfOrderness(40*time.Millisecond, func(e event) time.Time { return time.UnixMilli(e.Time) }))
	keyed := stream.KeyBy(timed, func(e event) int64 { return e.Key })
	ms := time.Millisecond
	var lines *stream.Stream[string]
	for _, w := range []struct {
		uid string
		a   stream.Assigner
	}{
		{"tumbling", stream.Tumbling(50 * ms)},
		{"sliding", stream.Sliding(90*ms, 40*ms).Offset(-13 * ms)},
		{"session", stream.Session(60 * ms)},
	} {
		s := stream.AggregateWindow(keyed.Window(w.a), w.uid, stream.Aggregator[event, int64, int64]{
			Add: func(n int64, _ event) int64 { return n + 1 }, Merge: func(a, b int64) int64 { return a + b }, Result: func(n int64) int64 { return n },
		}, func(key int64, in stream.Window, n int64) string {
			return fmt.Sprintln(w.uid, key, in.Start.UnixMilli(), in.End.UnixMilli(), n)
		})
		if lines != nil {
			s = stream.Union(lines, s)
		}
		lines = s
	}
	timers := stream.Process(keyed, "timers", func(op *stream.Op[int64, string]) func(event) {
		counts := stream.NewMap[int64, int64](op, "counts")
		op.OnTimer(func(at time.Time) {
			end := at.UnixMilli()
			n, _ := counts.Get(end)
			counts.Remove(end)
			op.Emit(fmt.Sprintln("timers", op.Key(), end-70, end, n))
		})
		return func(e event) {
			end := floorTo(e.Time, 70) + 70
			n, _ := counts.Get(end)
			counts.Put(end, n+1)
			op.EventTimer(time.UnixMilli(end))
		}
	})
	stream.WriteFiles(through(stream.Union(lines, timers)), "files", "file://"+out, func(dst []byte, line string) []byte { return append(dst, line...) })
	program, err := env.Compile("windows")
	if err != nil {
		t.Fatal(err)
	}
	return program
}

func floorTo(t, step int64) int64 { return t - ((t%step)+step)%step }

// plainResults is what the job must write, from going through all events.
func plainResults() []string {
	counts := map[string]int64{}
	times := map[int64][]int64{}
	add := func(what string, key, start, end int64) { counts[fmt.Sprint(what, " ", key, " ", start, " ", end)]++ }
	for i := range int64(eventCount) {
		e := eventOf(i)
		times[e.Key] = append(times[e.Key], e.Time)
		add("tumbling", e.Key, floorTo(e.Time, 50), floorTo(e.Time, 50)+50)
		add("timers", e.Key, floorTo(e.Time, 70), floorTo(e.Time, 70)+70)
		for start := floorTo(e.Time+13, 40) - 13; start+90 > e.Time; start -= 40 {
			add("sliding", e.Key, start, start+90)
		}
	}
	for key, all := range times {
		slices.Sort(all)
		start, last, n := all[0], all[0], int64(0)
		for _, t := range all {
			if t > last+60 {
				counts[fmt.Sprint("session ", key, " ", start, " ", last+60)] = n
				start, n = t, 0
			}
			last = t
			n++
		}
		counts[fmt.Sprint("session ", key, " ", start, " ", last+60)] = n
	}
	var lines []string
	for what, n := range counts {
		lines = append(lines, fmt.Sprint(what, " ", n))
	}
	slices.Sort(lines)
	return lines
}

// TestWindowsAndTimersOverRestoresAtOtherParallelisms stops a job of windows and
// timers at random moments and starts it from its last checkpoint with other
// numbers of subtasks and workers: every window has one result, the right one.
func TestWindowsAndTimersOverRestoresAtOtherParallelisms(t *testing.T) {
	got := runOverRestores(t, 4, 60*time.Millisecond, windowJob)
	slices.Sort(got)
	if diff := cmp.Diff(plainResults(), got); diff != "" {
		t.Errorf("results (-plain +job):\n%.3000s", diff)
	}
}
