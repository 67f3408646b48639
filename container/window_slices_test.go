package container

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weft-stream/weft/internal/task"
	"github.com/weft-stream/weft/stream"
)

// The tests here are about work that a chain has put off, windows that close in
// slices, and what may come between two of them.

// diary is a chain that writes down what it is told; its work takes so many slices.
type diary struct {
	task.Chain
	entries []string
	slices  int
	left    task.Left
}

func (d *diary) note(format string, args ...any) {
	d.entries = append(d.entries, fmt.Sprintf(format, args...))
}

func (d *diary) Process(input int, b task.Batch, _ int) int {
	d.note("records of %d", input)
	return b.Len()
}

func (d *diary) Watermark(w int64) {
	d.note("watermark %d", w)
	d.slices = 3
}

func (d *diary) Idle(idle bool) { d.note("idle %v", idle) }

func (d *diary) Work() task.Left {
	if d.slices == 0 {
		return task.Nothing
	}
	if d.slices--; d.slices == 0 {
		d.note("done")
		return task.Nothing
	}
	return d.left
}

type oneRecord struct{ task.Batch }

func (oneRecord) Len() int { return 1 }
func (oneRecord) Release() {}

// TestRecordsPassOneWatermarkWhileWorkIsPutOff: a watermark that comes while
// windows close waits, and records behind it do not. What else comes, a second
// watermark too, holds its input, and so does a record where none may come in between.
func TestRecordsPassOneWatermarkWhileWorkIsPutOff(t *testing.T) {
	record, mark := envelope{kind: data, batch: oneRecord{}}, func(w int64) envelope { return envelope{kind: watermark, value: w} }
	for name, c := range map[string]struct {
		left          task.Left
		first, second []envelope // of the inputs, after a watermark 10 of both
		want          string
	}{
		"one":    {task.Loose, []envelope{mark(20), record}, []envelope{record}, "records of 1, records of 0, done"},
		"both":   {task.Loose, []envelope{mark(20), record}, []envelope{mark(30), record}, "records of 1, records of 0, done, watermark 20, done"},
		"least":  {task.Loose, []envelope{mark(20), record, mark(25)}, []envelope{mark(30)}, "records of 0, done, watermark 20, done, watermark 25, done"},
		"second": {task.Loose, []envelope{mark(20), mark(21), record}, []envelope{mark(30), record}, "records of 1, done, watermark 20, done, watermark 21, records of 0, done"},
		"idle":   {task.Loose, []envelope{mark(20), record, {kind: idle, value: 1}, record}, []envelope{mark(30)}, "records of 0, done, watermark 20, done, watermark 30, records of 0, done"},
		"strict": {task.Strict, []envelope{record, mark(20)}, []envelope{mark(30), record}, "done, records of 1, records of 0, watermark 20, done"},
	} {
		t.Run(name, func(t *testing.T) {
			d := &diary{left: c.left}
			s := &subtask{chain: d, watermark: task.NoTime, timerAt: task.EndOfTime, slot: &slot{pace: newPace()}}
			for i := range 2 {
				in := &inbound{task: s, input: i, watermark: task.NoTime, sender: newOutbound(nil, nil)}
				in.push(mark(10))
				s.inputs = append(s.inputs, in)
			}
			s.step(0)
			for i, queue := range [][]envelope{c.first, c.second} {
				for _, e := range queue {
					s.inputs[i].push(e)
				}
			}
			for range 100 {
				s.step(0)
			}
			got := strings.TrimPrefix(strings.Join(d.entries, ", "), "watermark 10, ")
			if got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			for i, in := range s.inputs {
				if !in.empty() || in.ahead {
					t.Errorf("input %d: %d of %d handled, ahead %v", i, in.at, len(in.queue), in.ahead)
				}
			}
		})
	}
}

const (
	manyKeys   = 5000
	manyEvents = 200_000
)

// manyEvent: 10 events in each millisecond, out of order by up to 40 ms.
func manyEvent(i int64) event { return event{i * 7919 % manyKeys, i/10 - i*31%40} }

// manyWindows counts many keys, so that windows close in many slices.
func manyWindows(t *testing.T, parallelism int, out string) task.Program {
	env := stream.NewEnv(stream.Settings{Job: "many", Parallelism: parallelism, MaxParallelism: 128})
	all := stream.Generate(env, "events", stream.Generator[event]{Count: manyEvents, Rate: 300_000, Record: manyEvent})
	timed := stream.WithWatermarks(all, stream.BoundedOutOfOrderness(40*time.Millisecond, func(e event) int64 { return e.Time }))
	keyed := stream.KeyBy(timed, func(e event) int64 { return e.Key })
	count := stream.Count[event]()
	if parallelism%2 == 0 { // what a window does with its panes is no state
		count.Subtract = nil
	}
	lines := stream.AggregateWindow(keyed.Window(stream.Sliding(manySize*time.Millisecond, manySlide*time.Millisecond)), "counts", count,
		func(key int64, in stream.Window, n int64) string { return fmt.Sprintln(key, in.Start.UnixMilli(), n) })
	stream.WriteFiles(lines, "files", "file://"+out, func(dst []byte, line string) []byte { return append(dst, line...) })
	program, err := env.Compile("many")
	if err != nil {
		t.Fatal(err)
	}
	return program
}

const manySize, manySlide = 2400, 800

func plainManyWindows() []string {
	type window struct{ key, start int64 }
	counts := map[window]int64{}
	for i := range int64(manyEvents) {
		e := manyEvent(i)
		for start := floorTo(e.Time, manySlide); start+manySize > e.Time; start -= manySlide {
			counts[window{e.Key, start}]++
		}
	}
	var lines []string
	for w, n := range counts {
		lines = append(lines, fmt.Sprint(w.key, " ", w.start, " ", n))
	}
	slices.Sort(lines)
	return lines
}

// TestBarriersAmongSlicesOverRestores takes checkpoints, aligned and unaligned,
// while windows of many keys close in slices and further watermarks come, stops
// the job at random moments, and starts it at other parallelisms.
func TestBarriersAmongSlicesOverRestores(t *testing.T) {
	got := runFleets(t, 5, 60*time.Millisecond, manyWindows, func(f *fleet) {
		for _, w := range f.workers {
			w.settings.watermarkEvery = 1
			w.settings.unaligned = f.epoch%20 == 0
		}
	})
	slices.Sort(got)
	if diff := cmp.Diff(plainManyWindows(), got); diff != "" {
		t.Errorf("results (-plain +job):\n%.3000s", diff)
	}
}
