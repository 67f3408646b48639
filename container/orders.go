package container

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/weft-stream/weft/internal/control"
)

// obey does what a message of the master asks for. Messages are handled in order.
func (w *Worker) obey(m *control.FromMaster) error {
	switch {
	case m.Welcome != nil:
		w.settle(m.Welcome.Epochs)
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
		w.copies.complete(m.Complete.Checkpoint)
		w.checkpointEnded(m.Complete, complete)
	case m.Abort != nil:
		w.copies.abort(m.Abort.Checkpoint)
		w.checkpointEnded(m.Abort, abort)
	}
	return nil
}

// checkpointEnded tells all tasks how a checkpoint has ended.
func (w *Worker) checkpointEnded(how *control.CheckpointEnd, kind kind) {
	all := w.upTo(how.Epoch)
	if len(all) == 0 {
		return
	}
	w.gather.forget(how.Checkpoint)
	for _, d := range all {
		d.tell(envelope{kind: kind, value: how.Checkpoint})
	}
}

// current returns the deployment of an epoch, nil if it is none of those that run.
func (w *Worker) current(epoch int64) *deployment {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.find(epoch)
}

// find is current for those who hold the lock.
func (w *Worker) find(epoch int64) *deployment {
	for _, d := range w.deployed {
		if d.epoch == epoch {
			return d
		}
	}
	return nil
}

// all returns the deployments that run.
func (w *Worker) all() []*deployment {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.deployed)
}

// upTo returns all deployments that run, none if one of them is of a later epoch: a
// message about the whole job that carries an earlier one is stale.
func (w *Worker) upTo(epoch int64) []*deployment {
	all := w.all()
	if slices.ContainsFunc(all, func(d *deployment) bool { return d.epoch > epoch }) {
		return nil
	}
	return all
}

// settle stops tasks that the master does not know of.
func (w *Worker) settle(epochs []int64) {
	w.undeploy(func(d *deployment) bool { return !slices.Contains(epochs, d.epoch) })
}

func (w *Worker) redeploy(order *control.Deploy) error {
	if d := w.current(order.Epoch); d != nil {
		return nil // the same order again
	}
	w.undeploy(func(d *deployment) bool { return d.runsIn(order) || d.plan.Parallelism != order.Parallelism })
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
	w.deployed, w.epoch = append(w.deployed, d), max(w.epoch, order.Epoch)
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

// undeploy stops the tasks of some deployments. User code that does not return ends
// the process: nothing else can stop it.
func (w *Worker) undeploy(which func(*deployment) bool) {
	w.mu.Lock()
	var over []*deployment
	w.deployed = slices.DeleteFunc(w.deployed, func(d *deployment) bool {
		stops := which(d)
		if stops {
			over = append(over, d)
		}
		return stops
	})
	w.changed.Broadcast()
	w.mu.Unlock()
	for _, d := range over { // all at once
		d.cancelTasks()
	}
	for _, d := range over {
		if !d.stop() {
			w.log.Error("a task does not stop: the worker ends itself", "after", stopTimeout)
			os.Exit(1)
		}
		w.gather.leave(d)
	}
}

// every is for undeploy.
func every(*deployment) bool { return true }

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
	w.undeploy(func(other *deployment) bool { return other == d })
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
	all := w.upTo(order.Epoch)
	if len(all) == 0 {
		return
	}
	w.mu.Lock()
	w.highest = max(w.highest, order.Checkpoint)
	for _, d := range all {
		d.latest, d.asked = max(d.latest, order.Checkpoint), max(d.asked, order.Epoch)
	}
	w.mu.Unlock()
	if !w.gather.ordered(order) {
		return
	}
	for _, d := range all {
		d.tell(envelope{kind: trigger, order: &checkpointOrder{
			id: order.Checkpoint, stop: order.Stop, drain: order.Drain, triggered: order.Timestamp,
			chained: order.Shared != "", full: order.Full,
		}})
		d.hasten(order)
	}
}
