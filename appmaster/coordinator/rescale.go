package coordinator

import (
	"fmt"
	"slices"
	"time"
)

// A rescale goes in three steps, and until the second is done the job goes on
// as it was:
//
//  1. The containers that are missing are asked for, while the job runs
//     (fleet, wideEnough). If they do not come, nothing has happened.
//  2. A checkpoint is taken behind which sources stand still. It is one of the
//     job's own and not a savepoint: it needs no folder of its own, is deleted when
//     newer ones have come, and failover finds it without being told. That it is
//     complete decides: recovery takes the new parallelism if it sees it, and tasks
//     are deployed only when the operation says so durably too.
//  3. The tasks are cancelled, the plan is exchanged, and all goes on as after a
//     failure: waiting, deploying, running. Containers that are left over then
//     are released.

// fleet returns how many containers there shall be now.
func (j *Job) fleet() int {
	n := j.cfg.Workers
	for _, op := range j.operations {
		if op.Kind == Rescale && (op.State == OperationInProgress || op == j.deciding) {
			n = max(n, op.Workers)
		}
	}
	return n
}

// rescaling returns the Rescale in progress, nil if there is none.
func (j *Job) rescaling() *operation {
	for _, op := range j.operations {
		if op.Kind == Rescale && op.State == OperationInProgress {
			return op
		}
	}
	return nil
}

func (j *Job) refuseRescale(r Request) string {
	switch other := j.rescaling(); {
	case !j.cfg.Checkpoints.Enabled:
		return "the job takes no checkpoints, and is rescaled by way of one: set state.checkpoints.dir"
	case r.Plan == nil || r.Parallelism != r.Plan.Parallelism || r.Workers < 1:
		return "a rescale needs a plan"
	case other != nil:
		return fmt.Sprintf("the job is being rescaled to parallelism %d already (operation %s)", other.Parallelism, other.ID)
	case j.deciding != nil || j.final != nil:
		return "the job is being stopped"
	case r.Parallelism == j.cfg.Plan.Parallelism:
		return fmt.Sprintf("the job runs with parallelism %d already", r.Parallelism)
	}
	return ""
}

// wideEnough tells whether the containers are there that a rescale needs.
func (j *Job) wideEnough(op *operation) bool {
	workers, slots := 0, 0
	for _, w := range j.order {
		if w.ready() {
			workers++
			slots += w.slots(j.cfg.Slots)
		}
	}
	return workers >= op.Workers && slots >= op.plan.Slots()
}

// growing returns the Rescale that waits for containers, nil if there is none.
func (j *Job) growing() *operation {
	op := j.rescaling()
	if op == nil || j.current != nil && j.current.op == op || j.wideEnough(op) {
		return nil
	}
	return op
}

// widen has the containers that a rescale needs asked for, and gives it up when
// they do not come. Those that are not needed any more are released.
func (j *Job) widen() {
	if j.phase >= ending {
		return
	}
	if op := j.growing(); op != nil && !j.now.Before(op.since.Add(j.cfg.Times.Grow)) {
		j.endOperation(op, "", fmt.Sprintf("it needs %d containers, and within %v there were %d; the job goes on with parallelism %d",
			op.Workers, j.cfg.Times.Grow, len(j.order), j.cfg.Plan.Parallelism))
	}
	if n := j.fleet(); n != j.wanted {
		j.ensure(n)
		if j.phase == running {
			j.releaseSurplus()
		}
	}
}

func (j *Job) rescaleDeadline(at func(time.Time)) {
	if op := j.growing(); op != nil && j.phase < ending {
		at(op.since.Add(j.cfg.Times.Grow))
	}
}

// rescaleDurable goes on with a rescale whose checkpoint is complete: from here
// on the job is as wide as was asked for.
func (j *Job) rescaleDurable() {
	op := j.deciding
	j.deciding = nil
	switch j.phase {
	case deploying, running:
		j.stopTasks(j.regions)
		j.phase = waiting
		j.enter(Restarting)
	case waiting:
	default:
		return // it ends
	}
	notBefore := j.now
	for _, r := range j.regions {
		notBefore = later(notBefore, r.notBefore)
		j.keepMetrics(r)
	}
	before := map[string]Metrics{}
	for v := range j.past {
		before[j.cfg.Plan.Vertices[v].ID] = j.past[v]
	}
	j.cfg.Plan, j.cfg.Workers = op.plan, op.Workers
	j.past = make([]Metrics, len(op.plan.Vertices))
	for v := range j.past {
		j.past[v] = before[op.plan.Vertices[v].ID]
	}
	j.tasks = newTasks(op.plan)
	j.regions, j.wideHash = j.newRegions(op.plan), op.plan.Hash()
	for _, r := range j.regions {
		j.takeDown(r, j.epoch, notBefore)
	}
	j.ensure(j.fleet())
}

// lastRescale returns the one that the job is as wide as, nil if there was none.
func (j *Job) lastRescale() *operation {
	for _, op := range slices.Backward(j.operations) {
		if op.Kind == Rescale && op.State == OperationCompleted {
			return op
		}
	}
	return nil
}

// Scale returns how wide the master before had decided that the job be: that of
// the last Rescale that is completed, or whose checkpoint is. It is zero if
// there is none, and the job is as wide as it was submitted.
func (r *Recovered) Scale() Scale {
	for _, op := range slices.Backward(r.Operations) {
		if op.Kind == Rescale && (op.State == OperationCompleted || r.decided(&op)) {
			return op.Scale
		}
	}
	return Scale{}
}

// Undecided returns the scale of the Rescale that is to go on, zero if there is
// none.
func (r *Recovered) Undecided() Scale {
	for _, op := range r.Operations {
		if op.Kind == Rescale && op.State == OperationInProgress && !r.decided(&op) {
			return op.Scale
		}
	}
	return Scale{}
}

// decided tells of a Rescale in progress whether its checkpoint is complete.
func (r *Recovered) decided(op *Operation) bool {
	return op.State == OperationInProgress && slices.ContainsFunc(r.Completed, func(s Snapshot) bool { return s.ID == op.Checkpoint })
}

// resumeRescale goes on with the rescale that the master before had begun.
func (j *Job) resumeRescale(r *Recovered) {
	op := j.rescaling()
	switch {
	case op == nil:
	case r.decided(&op.Operation):
		at := slices.IndexFunc(r.Completed, func(s Snapshot) bool { return s.ID == op.Checkpoint })
		j.endOperation(op, r.Completed[at].Dir, "")
	case r.Rescaling == nil:
		j.endOperation(op, "", "the program has no plan for it any more")
	default:
		op.plan, op.since = r.Rescaling, j.now
	}
}
