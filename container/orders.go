package container

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/weft-stream/weft/internal/control"
)

// obey does what a message of the master asks for. Messages are handled in order.
func (w *Worker) obey(m *control.FromMaster) error {
	switch {
	case m.Welcome != nil:
		w.settle(m.Welcome.Epoch)
	case m.Refuse != nil:
		return fmt.Errorf("%w: %s", errOver, m.Refuse.Reason)
	case m.Shutdown != nil:
		return errOver
	case m.Deploy != nil:
		return w.redeploy(m.Deploy)
	case m.Cancel != nil:
		w.cancelTasks(m.Cancel.Epoch)
	case m.Trigger != nil:
		w.trigger(m.Trigger)
	case m.Complete != nil:
		if d := w.current(m.Complete.Epoch); d != nil {
			d.gather.forget(m.Complete.Checkpoint)
			d.tell(envelope{kind: complete, value: m.Complete.Checkpoint})
		}
	case m.Abort != nil:
		if d := w.current(m.Abort.Epoch); d != nil {
			d.gather.forget(m.Abort.Checkpoint)
			d.tell(envelope{kind: abort, value: m.Abort.Checkpoint})
		}
	}
	return nil
}

// current returns the deployment of an epoch, nil if it is not the one that runs.
func (w *Worker) current(epoch int64) *deployment {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.deployed == nil || w.deployed.epoch != epoch {
		return nil
	}
	return w.deployed
}

// settle stops tasks that the master does not know of.
func (w *Worker) settle(epoch int64) {
	if w.current(epoch) == nil {
		w.undeploy()
	}
}

func (w *Worker) redeploy(order *control.Deploy) error {
	if d := w.current(order.Epoch); d != nil {
		return nil // the same order again
	}
	w.undeploy()
	if err := w.replan(order); err != nil {
		return err
	}
	d, err := w.deploy(order)
	if err != nil {
		w.log.Error("deploy", "epoch", order.Epoch, "error", err)
		w.refuseAll(order, err)
		return nil
	}
	w.mu.Lock()
	w.deployed, w.epoch = d, order.Epoch
	w.changed.Broadcast()
	w.mu.Unlock()
	return nil
}

// replan has the program describe the job at the parallelism that is deployed.
// The master has done the same before it decided on it, so what goes wrong here
// is this process's fault, and ends it.
func (w *Worker) replan(order *control.Deploy) error {
	if order.Parallelism == w.program.Plan().Parallelism {
		return nil
	}
	spec := *w.spec
	spec.Parallelism = order.Parallelism
	program, err := w.compile(&spec)
	if err != nil {
		return fmt.Errorf("%w: the program has no plan with parallelism %d: %w", errUnfit, order.Parallelism, err)
	}
	if hash := program.Plan().Hash(); hash != order.PlanHash {
		return fmt.Errorf("%w: the program's plan with parallelism %d (%.12s) is not the master's (%.12s)", errUnfit, order.Parallelism, hash, order.PlanHash)
	}
	w.program = program
	return nil
}

// refuseAll fails a deployment that could not be built.
func (w *Worker) refuseAll(order *control.Deploy, err error) {
	vertices := w.program.Plan().Vertices
	for v := range vertices {
		for slot, p := range order.Places {
			if p.Worker != w.id || slot >= vertices[v].Parallelism {
				continue
			}
			w.tell(&control.FromWorker{Task: &control.TaskUpdate{
				Epoch: order.Epoch, Task: control.TaskID{Vertex: vertices[v].ID, Subtask: slot},
				State: control.Failed, Error: &control.TaskError{Message: err.Error(), Fatal: true},
			}})
		}
	}
}

// undeploy stops all tasks. User code that does not return ends the process:
// nothing else can stop it.
func (w *Worker) undeploy() {
	w.mu.Lock()
	d := w.deployed
	w.deployed = nil
	w.changed.Broadcast()
	w.mu.Unlock()
	if d != nil && !d.stop() {
		w.log.Error("a task does not stop: the worker ends itself", "after", stopTimeout)
		os.Exit(1)
	}
}

// obeyTimeout is how long slots may take over what was ordered before they are
// to stop.
const obeyTimeout = 10 * time.Second

// cancelTasks stops an epoch's tasks and confirms it for each of them. What was
// ordered before comes first: at a job's end that is the last commit, and the
// master takes the confirmation for the word that it is done.
func (w *Worker) cancelTasks(epoch int64) {
	d := w.current(epoch)
	if d == nil {
		return
	}
	ctx, cancel := context.WithTimeout(d.ctx, obeyTimeout)
	for _, s := range d.slots {
		if !s.awaitEmpty(ctx) {
			s.fail(errors.New("has not done in time what it was told last"))
		}
	}
	cancel()
	w.undeploy()
	tasks := d.updates()
	for i := range tasks {
		if tasks[i].State == control.Failed {
			continue // the master knows, and it may be the last commit that failed
		}
		tasks[i].State, tasks[i].Error = control.Canceled, nil
		w.tell(&control.FromWorker{Task: &tasks[i]})
	}
}

func (w *Worker) trigger(order *control.TriggerCheckpoint) {
	d := w.current(order.Epoch)
	if d == nil {
		return
	}
	w.mu.Lock()
	w.highest = max(w.highest, order.Checkpoint)
	w.mu.Unlock()
	if !d.gather.ordered(order) {
		return
	}
	d.tell(envelope{kind: trigger, order: &checkpointOrder{
		id: order.Checkpoint, stop: order.Stop, drain: order.Drain, triggered: order.Timestamp,
		chained: order.Shared != "", full: order.Full,
	}})
	d.hasten(order)
}
