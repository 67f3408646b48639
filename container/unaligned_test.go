package container

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weft-stream/weft/internal/control"
	"github.com/weft-stream/weft/internal/inflight"
	"github.com/weft-stream/weft/internal/inspect"
	"github.com/weft-stream/weft/internal/snapshot"
	"github.com/weft-stream/weft/internal/storage"
	"github.com/weft-stream/weft/internal/task"
	"github.com/weft-stream/weft/stream"
)

// slowness makes what is before a sink slow, until it is told otherwise.
type slowness struct{ perRecord, waited atomic.Int64 }

func (s *slowness) wait() {
	if d := s.perRecord.Load(); d > 0 {
		time.Sleep(time.Duration(d))
		s.waited.Add(1)
	}
}

// slowTotals is the job of totals with a slow sink behind one more exchange.
func slowTotals(slow *slowness) func(t *testing.T, parallelism int, out string) task.Program {
	return func(t *testing.T, parallelism int, out string) task.Program {
		env := stream.NewEnv(stream.Settings{Job: "totals", Parallelism: parallelism, MaxParallelism: 128})
		numbers := stream.Generate(env, "numbers", stream.Generator[int64]{Count: testRecords, Record: func(i int64) int64 { return i }})
		dealt := stream.Map(numbers.Rebalance(), func(i int64) int64 { return i }).UID("dealt")
		sums := stream.Process(stream.KeyBy(dealt, func(i int64) int64 { return i % testKeys }), "sums", runningTotal)
		slowed := stream.Map(sums.Rebalance(), func(v total) total {
			slow.wait()
			return v
		}).UID("slowed")
		stream.WriteFiles(slowed, "files", "file://"+out, func(dst []byte, v total) []byte {
			return fmt.Appendf(dst, "%d %d %d\n", v.Key, v.Count, v.Sum)
		})
		program, err := env.Compile("totals")
		if err != nil {
			t.Fatal(err)
		}
		return program
	}
}

// unaligned has barriers overtake records at once, or after a random while.
func unaligned(slow *slowness, perRecord time.Duration) (setup func(*fleet), inFlight func() int64) {
	var all []*fleet
	return func(f *fleet) {
			all = append(all, f)
			timeout := time.Duration(len(all)%2) * time.Duration(rand.Int64N(int64(20*time.Millisecond))) // every second at once
			for _, w := range f.workers {
				w.settings.unaligned, w.settings.alignedTimeout = true, timeout
			}
			slow.perRecord.Store(int64(perRecord))
			if f.epoch == lastEpoch {
				slow.perRecord.Store(0)
			}
		}, func() (bytes int64) {
			for _, f := range all {
				bytes += f.inFlight
			}
			return bytes
		}
}

// TestUnalignedOverRestoresAtOtherParallelisms: a job whose sink is slow, so that
// all queues are full, loses and doubles no record.
func TestUnalignedOverRestoresAtOtherParallelisms(t *testing.T) {
	var slow slowness
	setup, inFlight := unaligned(&slow, 100*time.Microsecond)
	checkTotals(t, runFleets(t, 6, 60*time.Millisecond, slowTotals(&slow), setup))
	if inFlight() == 0 {
		t.Error("nothing was in flight")
	}
}

// TestUnalignedWindowsOverRestores: windows and timers, which put work off, give
// each result once when barriers overtake the watermarks that make them due.
func TestUnalignedWindowsOverRestores(t *testing.T) {
	var slow slowness
	setup, inFlight := unaligned(&slow, 500*time.Microsecond)
	for range 5 { // there are few results, and where barriers meet them is chance
		got := runFleets(t, 5, 60*time.Millisecond, func(t *testing.T, parallelism int, out string) task.Program {
			return windowJobThrough(t, parallelism, out, func(lines *stream.Stream[string]) *stream.Stream[string] {
				return stream.Map(lines.Rebalance(), func(line string) string {
					slow.wait()
					return line
				}).UID("slowed")
			})
		}, setup)
		slices.Sort(got)
		if diff := cmp.Diff(plainResults(), got); diff != "" {
			t.Errorf("results (-plain +job):\n%.3000s", diff)
		}
		if inFlight() > 0 {
			return
		}
	}
	t.Error("nothing was in flight")
}

// TestACheckpointOvertakesWhatABlockedSinkLeaves: a sink that lets a record through
// only when it is told to has a checkpoint complete after a few of them, though
// hundreds are queued before its barrier.
func TestACheckpointOvertakesWhatABlockedSinkLeaves(t *testing.T) {
	through := make(chan struct{})
	var handled atomic.Int64
	env := stream.NewEnv(stream.Settings{Job: "blocked", Parallelism: 2, MaxParallelism: 128})
	numbers := stream.Generate(env, "numbers", stream.Generator[int64]{Count: 1e9, Record: func(i int64) int64 { return i }})
	out := &ledger{}
	lines := stream.Map(numbers.Rebalance(), func(i int64) string {
		<-through
		handled.Add(1)
		return fmt.Sprintln(i)
	}).UID("blocked")
	stream.Into(lines, "lines", "lines", func() stream.Sink[string] { return &ledgerSink{to: out} })
	program, err := env.Compile("blocked")
	if err != nil {
		t.Fatal(err)
	}
	f := newFleet(t, t.TempDir(), 2, program)
	for _, w := range f.workers {
		w.settings.unaligned = true
	}
	f.deploy("")
	f.await(control.Running)
	completed, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			time.Sleep(4 * time.Millisecond)
			select {
			case through <- struct{}{}:
			case <-completed:
				return
			}
		}
	}()
	for handled.Load() < 300 { // the first batches are through: the slots know that it is slow
		time.Sleep(time.Millisecond)
	}
	before := handled.Load()
	taken := f.checkpoint(1)
	n := handled.Load() - before
	close(completed)
	<-stopped
	if n > 150 { // four channels of six batches of 64 are queued
		t.Errorf("the sink handled %d records meanwhile", n)
	}
	checkInFlight(t, taken)
	close(through)
}

// checkInFlight reads what a checkpoint has of records in flight without its
// program: each record is there, as JSON.
func checkInFlight(t *testing.T, taken string) {
	t.Helper()
	snap, err := snapshot.Open(t.Context(), storage.NewResolver(storage.Config{}), taken)
	if err != nil {
		t.Fatal(err)
	}
	if err := snapshot.Verify(t.Context(), snap.FS, snap.Dir); err != nil {
		t.Error(err)
	}
	records, want := int64(0), int64(0)
	for i := range snap.Meta.Operators {
		o := &snap.Meta.Operators[i]
		for _, info := range o.States {
			if !inflight.IsKind(info.Kind) {
				continue
			}
			for _, h := range inspect.Handles(o, info.Name) {
				want += h.Entries
			}
			s, err := inspect.Open(snap.Location, snap.Meta, o, info)
			if err != nil {
				t.Fatal(err)
			}
			for e, err := range s.Entries(t.Context(), inspect.All) {
				if err != nil {
					t.Fatal(err)
				}
				line, err := s.AppendJSON(nil, &e)
				if err != nil || !json.Valid(line) {
					t.Fatalf("%s: %v", line, err)
				}
				if e.Control == "" {
					records++
				}
			}
		}
	}
	if records == 0 || records != want || snap.Meta.InFlight() == 0 {
		t.Errorf("%d records are in flight, %d were counted, %d bytes", records, want, snap.Meta.InFlight())
	}
}

// TestWatermarksInFlightAreNotLost: the source has said all that it will ever say,
// a watermark last, when the window that this closes is still busy with records
// before it. At any parallelism, the window is closed all the same.
func TestWatermarksInFlightAreNotLost(t *testing.T) {
	const records = 600
	job := func(parallelism int, slow *slowness, out *ledger) task.Program {
		env := stream.NewEnv(stream.Settings{Job: "marks", Parallelism: parallelism, MaxParallelism: 128})
		events := stream.From(env, "events", stream.SourceOptions{Replayable: true}, func() stream.Source[event] { return &silentSource{} }).Parallelism(1)
		timed := stream.WithWatermarks(events, stream.Ascending(func(e event) time.Time { return time.UnixMilli(e.Time) })).Parallelism(1)
		keyed := stream.KeyBy(timed, func(e event) int64 { return e.Key })
		counts := stream.AggregateWindow(keyed.Window(stream.Tumbling(time.Hour)), "counts", stream.Aggregator[event, int64, int64]{
			Add: func(n int64, _ event) int64 {
				slow.wait()
				return n + 1
			},
			Result: func(n int64) int64 { return n }, // no Merge: the records shall come to the window one by one
		}, func(key int64, _ stream.Window, n int64) string { return fmt.Sprintln(key, n) })
		stream.Into(counts, "lines", "lines", func() stream.Sink[string] { return &ledgerSink{to: out} })
		program, err := env.Compile("marks")
		if err != nil {
			t.Fatal(err)
		}
		return program
	}
	for _, parallelism := range []int{2, 1, 3} {
		var slow slowness
		slow.perRecord.Store(int64(4 * time.Millisecond))
		out, dir := &ledger{}, t.TempDir()
		f := newFleet(t, dir, 2, job(2, &slow, out))
		for _, w := range f.workers {
			w.settings.unaligned, w.settings.watermarkEvery = true, 1
		}
		f.deploy("")
		f.await(control.Running)
		for slow.waited.Load() < records/2 { // the source has long said all when half of it is handled
			time.Sleep(time.Millisecond)
		}
		taken := f.checkpoint(1)
		f.stop()
		slow.perRecord.Store(0)
		f = newFleet(t, dir, 2, job(parallelism, &slow, out))
		f.epoch = 10
		f.deploy(taken)
		f.await(control.Running)
		var want []string
		for key := range 30 {
			want = append(want, fmt.Sprint(key, " ", records/30))
		}
		slices.Sort(want)
		var got []string
		for id := int64(2); len(got) < len(want) && id < 1000; id++ {
			f.checkpoint(id)
			f.complete(id)
			f.obeyed()
			got = out.all()
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("from 2 to %d (-want +got):\n%s", parallelism, diff)
		}
		f.stop()
	}
}

// silentSource gives 600 events of one hour and one of the next, and then nothing,
// without an end.
type silentSource struct{ given bool }

func (s *silentSource) Open(_ *stream.SourceContext, restored bool, _ [][]byte) error {
	s.given = restored
	return nil
}

func (s *silentSource) Poll(out *stream.Emitter[event]) (stream.Next, error) {
	if !s.given {
		s.given = true
		for i := range int64(600) {
			out.Emit(event{i % 30, i})
		}
		out.Emit(event{0, 4000_000})
	}
	return stream.Wait(0), nil
}

func (s *silentSource) Snapshot() ([][]byte, error) { return [][]byte{{1}}, nil }

func (s *silentSource) Close() error { return nil }
