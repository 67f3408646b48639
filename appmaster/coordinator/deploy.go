package coordinator

import (
	"slices"
	"time"

	"github.com/weft-stream/weft/internal/control"
)

// tryDeploy starts all tasks when the backoff is over, no metadata is being
// written, and there are slots enough on workers enough.
func (j *Job) tryDeploy() {
	if j.now.Before(j.notBefore) || j.deciding != nil {
		return
	}
	if j.current != nil && j.current.stage == writing {
		return
	}
	if slots := j.assign(); slots != nil {
		j.deploy(slots)
	}
}

func (j *Job) deployDeadlines(at func(time.Time)) {
	if j.now.Before(j.notBefore) {
		at(j.notBefore)
	}
	if spread := j.spreadUntil(); j.now.Before(spread) {
		at(spread)
	}
}

// spreadUntil returns until when an even spread over all workers is worth
// waiting for.
func (j *Job) spreadUntil() time.Time {
	return later(j.waitSince, j.notBefore).Add(j.cfg.Times.Spread)
}

// assign returns a worker for each slot, nil if there are too few. A worker
// keeps the slots that it had; no worker gets more than its fair share while
// there are, or may soon be, enough others.
func (j *Job) assign() []string {
	need := j.cfg.Plan.Slots()
	fair := (need + j.cfg.Workers - 1) / j.cfg.Workers
	total, even := 0, 0
	fleet := j.chosen(need)
	for _, w := range fleet {
		total += w.slots(j.cfg.Slots)
		even += min(w.slots(j.cfg.Slots), fair)
	}
	if even < need {
		if total < need || j.now.Before(j.spreadUntil()) {
			return nil
		}
		fair = need
	}
	slots := make([]string, need)
	free := map[string]int{}
	for _, w := range fleet {
		free[w.id] = min(w.slots(j.cfg.Slots), fair)
	}
	for i, id := range j.slots[:min(len(j.slots), need)] {
		if free[id] > 0 {
			slots[i] = id
			free[id]--
		}
	}
	for i := range slots {
		if slots[i] == "" {
			slots[i] = j.emptiest(free)
			free[slots[i]]--
		}
	}
	return slots
}

// chosen returns the workers that slots may go to. When there are more than are
// to stay, as after a rescale to fewer, those that have tasks come first, since
// they have the program and perhaps state at hand.
func (j *Job) chosen(need int) []*worker {
	var ready []*worker
	for _, w := range j.order {
		if w.ready() {
			ready = append(ready, w)
		}
	}
	if len(ready) <= j.cfg.Workers {
		return ready
	}
	idle := func(w *worker) int {
		if j.holds(w) {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(ready, func(a, b *worker) int { return idle(a) - idle(b) })
	slots := 0
	for i, w := range ready {
		if i >= j.cfg.Workers && slots >= need {
			return ready[:i]
		}
		slots += w.slots(j.cfg.Slots)
	}
	return ready
}

// emptiest returns the worker with the most free slots, the oldest of equals.
func (j *Job) emptiest(free map[string]int) string {
	best := ""
	for _, w := range j.order {
		if free[w.id] > free[best] {
			best = w.id
		}
	}
	return best
}

// restorePoint returns where the next deployment starts from, nil for the
// beginning.
func (j *Job) restorePoint() *RestorePoint {
	if j.final != nil {
		return pointOf(j.final.snapshot)
	}
	if n := len(j.completed); n > 0 {
		return pointOf(j.completed[n-1])
	}
	return j.cfg.Restore
}

func pointOf(s Snapshot) *RestorePoint {
	return &RestorePoint{Path: s.Dir, Checkpoint: s.ID, Savepoint: s.Savepoint}
}

// deploy starts all tasks in the next epoch.
func (j *Job) deploy(slots []string) {
	j.epoch = max(j.epoch+1, j.cfg.FirstEpoch)
	j.deployments++
	j.slots = slots
	j.phase = deploying
	j.keepMetrics()
	j.eachTask(func(t *task) { t.deployed(slots[t.id.Subtask], j.now) })
	if point := j.restorePoint(); point != nil {
		j.restored = &Restored{RestorePoint: *point, Time: j.now}
		j.stats.restored++
	} else {
		j.restored = nil
	}
	for _, w := range j.order {
		if j.holds(w) {
			j.sendDeploy(w)
		}
	}
}

// sendDeploy gives a worker its tasks of the current epoch.
func (j *Job) sendDeploy(w *worker) {
	if j.deployed == nil || j.deployed.Epoch != j.epoch {
		j.deployed = j.deployOrder()
	}
	j.send(w, control.FromMaster{Deploy: j.deployed})
}

// deployOrder makes the message that starts the tasks: the same for all workers, so it is made once.
func (j *Job) deployOrder() *control.Deploy {
	p := j.cfg.Plan
	d := &control.Deploy{Epoch: j.epoch, Parallelism: p.Parallelism, PlanHash: p.Hash()}
	for _, id := range j.slots {
		d.Assign(control.Placement{Worker: id, DataAddr: j.workers[id].hello.DataAddr})
	}
	if j.restored != nil {
		d.Restore, d.RestoreCheckpoint = j.restored.Path, j.restored.Checkpoint
	}
	return d
}

// tryRun goes on when all tasks run. A job that only came back to commit its
// last snapshot ends here.
func (j *Job) tryRun() {
	if !j.allTasks((*task).up) {
		return
	}
	j.run()
}

func (j *Job) run() {
	j.phase = running
	j.enter(Running)
	j.nextPeriodic = j.now.Add(j.cfg.Checkpoints.Interval)
	j.finalFailures = 0
	j.releaseSurplus()
	if j.final != nil {
		j.commit()
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
