package container

import (
	"fmt"
	"testing"
	"time"

	"github.com/weft-stream/weft/internal/control"
	"github.com/weft-stream/weft/internal/task"
	"github.com/weft-stream/weft/stream"
)

const stopRecords = 20_000

// longWindows counts records in windows that no watermark of theirs closes.
func longWindows(t *testing.T, parallelism int, out string) task.Program {
	env := stream.NewEnv(stream.Settings{Job: "long", Parallelism: parallelism, MaxParallelism: 128})
	numbers := stream.Generate(env, "numbers", stream.Generator[int64]{Count: stopRecords, Rate: stopRecords, Record: func(i int64) int64 { return i }})
	timed := stream.WithWatermarks(numbers, stream.Ascending(func(i int64) time.Time { return time.UnixMilli(i) }))
	counts := stream.Aggregate(stream.KeyBy(timed, func(i int64) int64 { return i % 10 }).Window(stream.Tumbling(time.Hour)), "counts",
		stream.Aggregator[int64, int64, int64]{Add: func(n, _ int64) int64 { return n + 1 }, Result: func(n int64) int64 { return n }})
	stream.WriteLines(counts, "files", "file://"+out)
	program, err := env.Compile("long")
	if err != nil {
		t.Fatal(err)
	}
	return program
}

// sum adds up the counts that a job has written.
func sum(t *testing.T, out string) (total int64) {
	t.Helper()
	for _, line := range outputLines(t, out) {
		var n int64
		if _, err := fmt.Sscan(line, &n); err != nil && line != "" {
			t.Fatalf("%q: %v", line, err)
		}
		total += n
	}
	return total
}

// stopAndGoOn stops a job with a savepoint of a kind, tells what it had written
// by then, and lets it go on from there to its end.
func stopAndGoOn(t *testing.T, kind control.TriggerCheckpoint) (stopped, all int64) {
	t.Helper()
	dir, out := t.TempDir(), t.TempDir()
	f := newFleet(t, dir, 2, longWindows(t, 3, out))
	f.deploy("")
	f.await(control.Running)
	time.Sleep(200 * time.Millisecond)
	restore := f.take(1, kind)
	f.complete(1)
	f.obeyed()
	stopped = sum(t, out)
	f.stop()
	f = newFleet(t, dir, 1, longWindows(t, 2, out))
	f.epoch = 10
	f.deploy(restore)
	f.await(control.Finished)
	f.checkpoint(2)
	f.complete(2)
	f.obeyed()
	return stopped, sum(t, out)
}

func TestStopKeepsOpenWindows(t *testing.T) {
	stopped, all := stopAndGoOn(t, control.TriggerCheckpoint{Savepoint: true, Stop: true})
	if stopped != 0 || all != stopRecords {
		t.Errorf("%d records in windows at the stop, %d in all; want 0 and %d", stopped, all, stopRecords)
	}
}

func TestStopWithDrainClosesWindowsFirst(t *testing.T) {
	stopped, all := stopAndGoOn(t, control.TriggerCheckpoint{Savepoint: true, Stop: true, Drain: true})
	if stopped == 0 || stopped == stopRecords || all != stopRecords {
		t.Errorf("%d records in windows at the stop, %d in all; want some and %d", stopped, all, stopRecords)
	}
}
