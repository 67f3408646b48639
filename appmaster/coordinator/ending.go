package coordinator

import (
	"fmt"
	"time"

	"github.com/weft-stream/weft/internal/control"
)

// commit ends the job with its last snapshot: sinks commit, tasks stop. The
// messages go one after the other on each connection, so whoever has
// stopped has committed.
func (j *Job) commit() {
	j.phase = committing
	j.wrappedBy = time.Time{} // a worker that was lost amid wrapUp has it begin anew
	j.eachTask(func(t *task) { t.confirmed = false })
	for _, w := range j.order {
		if j.holds(w) {
			j.sendCommit(w)
		}
	}
}

func (j *Job) sendCommit(w *worker) {
	j.send(w, control.FromMaster{Complete: &control.CheckpointEnd{Epoch: j.epoch, Checkpoint: j.final.snapshot.ID}})
	for _, epoch := range j.epochsOf(w) {
		j.send(w, control.FromMaster{Cancel: &control.Cancel{Epoch: epoch}})
	}
}

// confirm takes in that a task has stopped after the commit. One that fails
// instead may not have committed: the job comes back from the last snapshot,
// which commits it.
func (j *Job) confirm(w *worker, t *task, u control.TaskUpdate) {
	switch u.State {
	case control.Failed:
		j.taskFailed(w, u)
	case control.Canceled:
		t.confirmed = true
		if t.state != control.Finished && j.final.state == Finished {
			t.enter(control.Finished, j.now)
		} else if t.state != control.Finished {
			t.enter(control.Canceled, j.now)
		}
	}
}

func (j *Job) tryCommit() {
	if j.allTasks(func(t *task) bool { return t.confirmed }) && j.wrapUp(j.final.state) {
		j.finish(j.final.state, "")
	}
}

// end cancels everything; the job is in the given state when its tasks have
// stopped, or did not for too long.
func (j *Job) end(state JobState, cause string) {
	if j.phase >= ending {
		return
	}
	j.endState, j.cause = state, cause
	if state == Failed {
		j.enter(Failing)
	} else {
		j.enter(Cancelling)
	}
	deployed := j.phase >= deploying || j.phase == waiting && j.epoch != 0
	j.phase = ending
	j.endDeadline = j.now.Add(j.cfg.Times.Cancel)
	j.ensure(0)
	if c := j.current; c != nil && c.stage != writing {
		j.abort(c, interruption("the job is "+string(j.state)))
	}
	if deployed {
		j.stopTasks(j.regions)
		return
	}
	for _, w := range j.order { // a new master that has adopted nothing yet
		j.cancelAll(w)
	}
	j.eachTask(func(t *task) { t.confirmed = true })
}

func (j *Job) tryEnd() {
	writingStill := j.current != nil && j.current.stage == writing
	stopped := j.allTasks(func(t *task) bool { return t.confirmed })
	if (stopped && !writingStill || !j.now.Before(j.endDeadline)) && j.wrapUp(j.endState) {
		j.finish(j.endState, j.cause)
	}
}

// wrapUp does before the job's end what must be done when the end is told: results
// are written down, and what is not retained is deleted but for the newest. Until the
// cluster has written the end down, a master that dies is followed by one that
// knows nothing of it: that one must not run a job on that was told to be cancelled,
// nor complete a savepoint that was told to have failed; and after it none follows
// that would delete. It tells whether all is done, or has taken too long: a storage
// that does not answer does not keep a job from its end.
func (j *Job) wrapUp(state JobState) bool {
	j.endOperations(state)
	if j.wrappedBy.IsZero() {
		j.wrappedBy = j.now.Add(j.cfg.Times.Cancel)
		if !j.retains(state) {
			j.trim()
		}
	}
	written := !j.persist.dirty && j.persist.writing == nil
	return written && (j.retains(state) || !j.deleting()) || !j.now.Before(j.wrappedBy)
}

// endOperations gives what is in progress its result at the job's end.
func (j *Job) endOperations(state JobState) {
	for _, op := range j.operations {
		failure := ""
		if op.Kind != Cancel || state != Canceled {
			failure = fmt.Sprintf("the job is %s", state)
		}
		j.endOperation(op, "", failure)
	}
}

// finish is the end, after wrapUp: what could not be written down until now is told.
func (j *Job) finish(state JobState, diagnostics string) {
	j.phase = ended
	j.enter(state)
	j.ensure(0)
	for _, w := range j.order {
		j.send(w, control.FromMaster{Shutdown: &control.Shutdown{}})
	}
	j.emit(Finish{State: state, Diagnostics: diagnostics})
	j.endOperations(state)
	for _, op := range j.operations {
		version := op.Operation
		j.madeDurable(op, &version)
	}
	j.lastDeletions(j.retains(state))
}

// retains tells whether the checkpoints of a job that ends in a state stay.
func (j *Job) retains(state JobState) bool {
	switch j.cfg.Checkpoints.Retention {
	case DeleteAlways:
		return false
	case DeleteOnCancellation:
		return state == Failed
	default:
		return true
	}
}
