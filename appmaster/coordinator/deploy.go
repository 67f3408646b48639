package coordinator

import (
	"slices"
	"time"

	"github.com/weft-stream/weft/internal/control"
)

// tryDeploy starts the regions that are down when their backoff is over, no
// metadata is being written, and there are slots enough on workers enough.
func (j *Job) tryDeploy() {
	if j.deciding != nil || j.current != nil && j.current.stage == writing {
		return
	}
	var due []*region
	for _, r := range j.regions {
		if !r.up && !j.now.Before(r.notBefore) {
			due = append(due, r)
		}
	}
	if len(due) == 0 {
		return
	}
	if slots := j.assign(due); slots != nil {
		j.deploy(due, slots)
	}
}

func (j *Job) deployDeadlines(at func(time.Time)) {
	for _, r := range j.regions {
		if r.up {
			continue
		}
		if j.now.Before(r.notBefore) {
			at(r.notBefore)
		}
		if spread := j.spreadUntil(r); j.now.Before(spread) {
			at(spread)
		}
	}
}

// spreadUntil returns until when an even spread over all workers is worth
// waiting for.
func (j *Job) spreadUntil(r *region) time.Time {
	return later(r.waitSince, r.notBefore).Add(j.cfg.Times.Spread)
}

// assign returns a worker for each slot, nil if there are too few for those of the
// regions that are due. A worker keeps the slots that it had; no worker gets more
// than its fair share while there are, or may soon be, enough others.
func (j *Job) assign(due []*region) []string {
	all, need := j.cfg.Plan.Slots(), 0
	patient := false
	for _, r := range due {
		need += r.slots
		patient = patient || j.now.Before(j.spreadUntil(r))
	}
	held := j.held()
	fair := (all + j.cfg.Workers - 1) / j.cfg.Workers
	total, even := 0, 0
	fleet := j.chosen(all)
	for _, w := range fleet {
		total += max(0, w.slots(j.cfg.Slots)-held[w.id])
		even += max(0, min(w.slots(j.cfg.Slots), fair)-held[w.id])
	}
	if even < need {
		if total < need || patient {
			return nil
		}
		fair = all
	}
	free := map[string]int{}
	for _, w := range fleet {
		free[w.id] = max(0, min(w.slots(j.cfg.Slots), fair)-held[w.id])
	}
	return j.place(due, free)
}

// held returns how many slots of regions that are up each worker has.
func (j *Job) held() map[string]int {
	held := map[string]int{}
	for slot, id := range j.slots {
		if slot < j.cfg.Plan.Slots() && j.regionOf(slot).up {
			held[id]++
		}
	}
	return held
}

// place gives the slots of regions to workers that have some free. There are enough.
func (j *Job) place(due []*region, free map[string]int) []string {
	slots := make([]string, j.cfg.Plan.Slots())
	copy(slots, j.slots)
	var homeless []int
	for _, r := range due {
		for slot := r.first; slot < r.first+r.slots; slot++ {
			if free[slots[slot]] > 0 {
				free[slots[slot]]--
			} else {
				homeless = append(homeless, slot)
			}
		}
	}
	for _, slot := range homeless {
		slots[slot] = j.emptiest(free)
		free[slots[slot]]--
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
	if latest := j.latestComplete(); latest.ID > 0 {
		return pointOf(latest)
	}
	return j.cfg.Restore
}

// latestComplete returns the latest complete snapshot of this job that it can be
// restored from, an empty one if there is none.
func (j *Job) latestComplete() Snapshot {
	if j.final != nil {
		return j.final.snapshot
	}
	if n := len(j.completed); n > 0 {
		return j.completed[n-1]
	}
	return Snapshot{}
}

func pointOf(s Snapshot) *RestorePoint {
	return &RestorePoint{Path: s.Dir, Checkpoint: s.ID, Savepoint: s.Savepoint}
}

// deploy starts all tasks of some regions, each in an epoch of its own.
func (j *Job) deploy(due []*region, slots []string) {
	j.slots = slots
	j.phase = deploying
	j.restored = nil
	if point := j.restorePoint(); point != nil {
		j.restored = &Restored{RestorePoint: *point, Time: j.now}
		j.stats.restored++
	}
	for _, r := range due {
		j.epoch = max(j.epoch+1, j.cfg.FirstEpoch)
		r.epoch, r.up, r.restored, r.order = j.epoch, true, j.restored, nil
		r.attempts++
		j.keepMetrics(r)
		j.eachTaskOf(r, func(t *task) { t.deployed(slots[t.id.Subtask], j.now) })
	}
	for _, w := range j.order {
		for _, r := range due {
			if j.heldBy(r, w.id) {
				j.sendDeploy(w, r)
			}
		}
	}
}

// sendDeploy gives a worker its tasks of a region.
func (j *Job) sendDeploy(w *worker, r *region) {
	if r.order == nil {
		r.order = j.deployOrder(r)
	}
	j.send(w, control.FromMaster{Deploy: r.order})
}

// deployOrder makes the message that starts a region's tasks: the same for all workers, so it is made once.
func (j *Job) deployOrder(r *region) *control.Deploy {
	d := &control.Deploy{Epoch: r.epoch, First: r.first, Parallelism: j.cfg.Plan.Parallelism, PlanHash: j.wideHash}
	for _, id := range j.slots[r.first : r.first+r.slots] {
		d.Assign(control.Placement{Worker: id, DataAddr: j.workers[id].hello.DataAddr})
	}
	if r.restored != nil {
		d.Restore, d.RestoreCheckpoint = r.restored.Path, r.restored.Checkpoint
	}
	return d
}

// tryRun goes on when all tasks run. A job that only came back to commit its
// last snapshot ends here.
func (j *Job) tryRun() {
	if j.phase != deploying || !j.allUp() || !j.allTasks((*task).up) {
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
