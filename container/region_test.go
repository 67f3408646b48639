package container

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/weft-stream/weft/internal/control"
	"github.com/weft-stream/weft/internal/task"
	"github.com/weft-stream/weft/stream"
)

const regionRecords = 30_000

// apart is a job whose slots exchange nothing: each number goes into a file of the
// subtask that has made it.
func apart(t *testing.T, parallelism int, out string) task.Program {
	env := stream.NewEnv(stream.Settings{Job: "apart", Parallelism: parallelism, MaxParallelism: 32})
	numbers := stream.Generate(env, "numbers", stream.Generator[int64]{Count: regionRecords, Rate: 60_000, Record: func(i int64) int64 { return i }})
	stream.WriteLines(stream.Map(numbers, func(i int64) int64 { return i }), "files", "file://"+out)
	program, err := env.Compile("apart")
	if err != nil {
		t.Fatal(err)
	}
	return program
}

// TestOneRegionRestartsAlone takes one slot of a job down, again and again, and
// brings it back from the latest checkpoint, which it has not heard to be complete,
// while the others never stop. Each number is written once all the same.
func TestOneRegionRestartsAlone(t *testing.T) {
	const slots = 3
	dir, out := t.TempDir(), t.TempDir()
	f := newFleet(t, dir, 2, apart(t, slots, out))
	if got := f.program.Plan().Regions(); !slices.Equal(got, []int{1, 1, 1}) {
		t.Fatalf("the job has regions %v", got)
	}
	f.deploy("")
	f.await(control.Running)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 2))
	id := int64(0)
	for range 6 {
		time.Sleep(time.Duration(random.IntN(30)) * time.Millisecond)
		failed := random.IntN(slots)
		others := f.deploymentsBut(failed)
		id++
		restore := f.checkpoint(id)
		if random.IntN(2) == 0 {
			f.complete(id) // else the failure comes first, and only the others are told
			time.Sleep(time.Duration(random.IntN(20)) * time.Millisecond)
			f.takeDown(failed)
		} else {
			f.takeDown(failed)
			f.complete(id)
		}
		f.deployRegion(failed, 1, restore)
		f.awaitSlot(failed)
		if now := f.deploymentsBut(failed); !slices.Equal(now, others) {
			t.Fatalf("with slot %d others were restarted: %v, before %v", failed, now, others)
		}
	}
	f.awaitEnd()
	id++
	f.checkpoint(id)
	f.complete(id)
	f.obeyed()
	checkNumbers(t, outputLines(t, out))
}

// takeDown stops the region of a slot, as the master does.
func (f *fleet) takeDown(slot int) {
	for _, w := range f.workers {
		for _, d := range w.all() {
			if d.bySlot[slot] == nil {
				continue
			}
			if err := w.obey(&control.FromMaster{Cancel: &control.Cancel{Epoch: d.epoch}}); err != nil {
				f.t.Fatal(err)
			}
		}
	}
}

// deploymentsBut are what runs of the other slots.
func (f *fleet) deploymentsBut(slot int) []*deployment {
	var others []*deployment
	for s := range f.program.Plan().Slots() {
		for _, w := range f.workers {
			for _, d := range w.all() {
				if s != slot && d.bySlot[s] != nil {
					others = append(others, d)
				}
			}
		}
	}
	return others
}

// awaitSlot waits until a slot runs in the newest epoch.
func (f *fleet) awaitSlot(slot int) {
	for {
		m := f.next()
		if m.Task == nil || m.Task.Task.Subtask != slot || m.Task.Epoch != f.epoch {
			continue
		}
		switch m.Task.State {
		case control.Failed:
			f.t.Fatalf("task failed: %s", m.Task.Error.Message)
		case control.Running, control.Finished:
			return
		}
	}
}

// awaitEnd waits until all slots have finished.
func (f *fleet) awaitEnd() {
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		over := true
		for _, w := range f.workers {
			for _, d := range w.all() {
				for _, u := range d.updates() {
					over = over && u.State == control.Finished
					if u.State == control.Failed || time.Now().After(deadline) {
						f.t.Fatalf("%+v\n%s", u, f.describe())
					}
				}
			}
		}
		if over {
			return
		}
	}
}

// checkNumbers: each number is there once.
func checkNumbers(t *testing.T, lines []string) {
	t.Helper()
	seen := make([]int, regionRecords)
	for _, line := range lines {
		var i int
		if _, err := fmt.Sscan(line, &i); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		seen[i]++
	}
	for i, n := range seen {
		if n != 1 {
			t.Fatalf("%d was written %d times", i, n)
		}
	}
}

// TestWorkersKnowWhichTasksToKeep: after a connection was lost, a worker stops what
// the master has given up meanwhile, and only that.
func TestWorkersKnowWhichTasksToKeep(t *testing.T) {
	f := newFleet(t, t.TempDir(), 1, apart(t, 3, t.TempDir()))
	f.deploy("")
	f.await(control.Running)
	w := f.workers[0]
	f.checkpoint(7)
	h := w.hello()
	if got := h.Epochs(); !slices.Equal(got, []int64{1, 2, 3}) || h.Epoch != 3 {
		t.Fatalf("the worker says that it runs epochs %v, the newest %d", got, h.Epoch)
	}
	for _, u := range h.Tasks {
		if u.Checkpoint != 7 {
			t.Errorf("%v was asked for checkpoint 7, and says %d", u.Task, u.Checkpoint)
		}
	}
	if err := w.obey(&control.FromMaster{Welcome: &control.Welcome{Epochs: []int64{1, 3}}}); err != nil {
		t.Fatal(err)
	}
	if h := w.hello(); !slices.Equal(h.Epochs(), []int64{1, 3}) {
		t.Errorf("the worker goes on with epochs %v", h.Epochs())
	}
	for _, stale := range []*control.FromMaster{
		{Trigger: &control.TriggerCheckpoint{Epoch: 2, Checkpoint: 8, Dir: "file://" + f.dir}},
		{Complete: &control.CheckpointEnd{Epoch: 2, Checkpoint: 8}},
	} {
		if err := w.obey(stale); err != nil {
			t.Fatal(err)
		}
	}
	if h := w.hello(); h.LastCheckpoint != 7 || w.gather.highest != 7 {
		t.Errorf("a stale order was obeyed: %d, %d", h.LastCheckpoint, w.gather.highest)
	}
}
