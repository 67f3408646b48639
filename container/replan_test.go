package container

import (
	"errors"
	"testing"

	"github.com/weft-stream/weft/internal/control"
	"github.com/weft-stream/weft/internal/jobspec"
	"github.com/weft-stream/weft/internal/task"
)

// TestRescaleInOneProcess takes a job through 2, 5 and 1 subtasks in the same
// workers, by checkpoints behind which sources stand still.
func TestRescaleInOneProcess(t *testing.T) {
	dir, out := t.TempDir(), t.TempDir()
	f := newFleet(t, dir, 2, totals(t, 2, out))
	for _, w := range f.workers {
		w.compile = func(spec *jobspec.Spec) (task.Program, error) { return totals(t, spec.Parallelism, out), nil }
	}
	restore, id := "", int64(0)
	for _, parallelism := range []int{2, 5, 1} {
		f.program = totals(t, parallelism, out)
		f.deploy(restore)
		f.await(control.Running)
		for _, w := range f.workers {
			if h := w.hello(); len(h.Tasks) > 0 && h.Parallelism != parallelism || h.PlanHash != f.workers[0].plan.Hash() {
				t.Errorf("worker %s says that it runs parallelism %d of plan %.12s", w.id, h.Parallelism, h.PlanHash)
			}
		}
		id++
		restore = f.take(id, control.TriggerCheckpoint{Stop: true})
	}
	f.deploy(restore)
	f.await(control.Finished)
	f.checkpoint(id + 1)
	f.complete(id + 1)
	f.obeyed()
	checkTotals(t, outputLines(t, out))
}

// TestAnotherPlanEndsTheWorker: a process whose program describes another job than
// the master's must not run any of it.
func TestAnotherPlanEndsTheWorker(t *testing.T) {
	out := t.TempDir()
	f := newFleet(t, t.TempDir(), 1, totals(t, 2, out))
	w := f.workers[0]
	for name, compile := range map[string]func(*jobspec.Spec) (task.Program, error){
		"no plan":      func(*jobspec.Spec) (task.Program, error) { return nil, errors.New("the moon is not right") },
		"another plan": func(*jobspec.Spec) (task.Program, error) { return totals(t, 4, out), nil },
	} {
		w.compile = compile
		order := &control.Deploy{Epoch: 1, Parallelism: 3, PlanHash: totals(t, 3, out).Plan().Hash()}
		if err := w.obey(&control.FromMaster{Deploy: order}); !errors.Is(err, errUnfit) {
			t.Errorf("%s: %v", name, err)
		}
		if w.deployed != nil {
			t.Errorf("%s: something is deployed", name)
		}
	}
}
