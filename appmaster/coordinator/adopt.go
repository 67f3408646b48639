package coordinator

import (
	"slices"
	"time"

	"github.com/weft-stream/weft/internal/control"
)

// tryAdopt decides what a new master does with the workers of the one before:
// if all subtasks run, those of a region in one epoch, the job goes on as it is; if
// that cannot be any more, or nobody else reports in time, it starts again from its
// latest snapshot.
func (j *Job) tryAdopt() {
	if j.firstHello.IsZero() {
		return
	}
	if epochs, slots := j.survey(); slots != nil {
		j.adopt(epochs, slots)
	} else if j.allReported() || !j.now.Before(j.adoptDeadline()) {
		j.startOver()
	}
}

func (j *Job) adoptDeadline() time.Time {
	if j.firstHello.IsZero() {
		return time.Time{}
	}
	return j.firstHello.Add(j.cfg.Times.Adopt)
}

// allReported tells that no hello is to be expected: the job's workers are
// there and no other container is on its way.
func (j *Job) allReported() bool {
	for _, w := range j.order {
		if !w.ready() {
			return false
		}
	}
	return len(j.order) >= j.cfg.Workers
}

// survey lays together what the workers run: the newest epoch of each region and
// who holds which slot of it. Without slots, some of the subtasks are missing, have
// failed, or do not fit together.
//
// That an epoch is the newest which is heard of does not make it the region's last:
// who ran a later one may be dead, and what it wrote may have been committed. Such a
// worker has not taken part in the latest checkpoint, nor did it restore from it.
func (j *Job) survey() (epochs []int64, slots []string) {
	epochs = j.newestEpochs()
	latest := j.latestComplete()
	slots = make([]string, j.cfg.Plan.Slots())
	seen := map[control.TaskID]bool{}
	for _, w := range j.order {
		if !w.ready() {
			continue
		}
		for _, u := range w.hello.Tasks {
			if w.hello.Parallelism != j.cfg.Plan.Parallelism || j.task(u.Task) == nil { // from before a rescale, or wrong
				return nil, nil
			}
			if u.Epoch != epochs[u.Task.Subtask] {
				continue
			}
			if seen[u.Task] || rank(u.State) > rank(control.Finished) || u.State == control.Canceling || !knows(&u, latest) {
				return nil, nil
			}
			seen[u.Task] = true
			slot := &slots[u.Task.Subtask]
			if *slot != "" && *slot != w.id {
				return nil, nil
			}
			*slot = w.id
		}
	}
	if len(seen) != j.cfg.Plan.Subtasks() {
		return nil, nil
	}
	return epochs, slots
}

// knows tells whether a task was asked for the latest complete snapshot, or has
// begun after it. A snapshot's id is not enough: one that an earlier master tried,
// and asked the task for, can have had the same. So what a master asks for carries an
// epoch of its own (FirstEpoch) at least, also if all tasks are those it has adopted.
func knows(u *control.TaskUpdate, latest Snapshot) bool {
	return u.Asked > latest.Epoch || u.Asked == latest.Epoch && u.Checkpoint >= latest.ID
}

// newestEpochs returns the newest epoch that workers run of each slot's region.
func (j *Job) newestEpochs() []int64 {
	byRegion := map[*region]int64{}
	epochs := make([]int64, j.cfg.Plan.Slots())
	for _, w := range j.order {
		for _, u := range w.hello.Tasks {
			if w.ready() && u.Task.Subtask >= 0 && u.Task.Subtask < len(epochs) {
				r := j.regionOf(u.Task.Subtask)
				byRegion[r] = max(byRegion[r], u.Epoch)
			}
		}
	}
	for slot := range epochs {
		epochs[slot] = byRegion[j.regionOf(slot)]
	}
	return epochs
}

// adopt goes on with the tasks as they are. Where their deployment started
// from is not known, so it can never be sent again: no task stays DEPLOYING
// (resume).
func (j *Job) adopt(epochs []int64, slots []string) {
	j.slots = slots
	j.phase = deploying
	for _, r := range j.regions {
		r.epoch, r.up, r.attempts = epochs[r.first], true, 1
		j.epoch = max(j.epoch, r.epoch)
	}
	j.eachTask(func(t *task) {
		t.deployed(slots[t.id.Subtask], j.now)
		t.enter(control.Initializing, j.now)
	})
	for _, w := range j.order {
		for _, u := range w.hello.Tasks {
			if t := j.task(u.Task); u.Epoch == epochs[u.Task.Subtask] && t.worker == w.id && rank(u.State) > rank(control.Deploying) {
				t.enter(u.State, j.now)
			}
		}
	}
	j.dropStrays()
	j.endUnfinished()
}

// endUnfinished tells all workers how the checkpoints ended that they may be
// waiting for: those that are not known to be complete never will be. What is
// complete is committed, perhaps once more.
func (j *Job) endUnfinished() {
	told := map[int64]bool{}
	for _, w := range j.order {
		last := w.hello.LastCheckpoint
		if !j.holds(w) || last == 0 || told[last] || j.wasCompleted(last) {
			continue
		}
		told[last] = true
		for _, other := range j.order {
			if j.holds(other) {
				j.sendAbort(other, last)
			}
		}
	}
	if n := len(j.completed); n > 0 {
		j.sendHolders(control.FromMaster{Complete: &control.CheckpointEnd{Epoch: j.epoch, Checkpoint: j.completed[n-1].ID}})
	}
}

// dropStrays cancels what runs in epochs that are not adopted.
func (j *Job) dropStrays() {
	for _, w := range j.order {
		live := j.epochsOf(w)
		for _, epoch := range w.hello.Epochs() {
			if !slices.Contains(live, epoch) {
				j.send(w, control.FromMaster{Cancel: &control.Cancel{Epoch: epoch}})
			}
		}
	}
}

// startOver cancels what is left of the job and deploys it anew.
func (j *Job) startOver() {
	found := false
	for _, w := range j.order {
		j.epoch = max(j.epoch, w.hello.Epoch)
		found = found || w.hello.Epoch != 0
		j.cancelAll(w)
	}
	j.phase = waiting
	for _, r := range j.regions {
		r.waitSince = j.now
	}
	if found || len(j.completed) > 0 {
		j.enter(Restarting)
	} else {
		j.enter(Created)
	}
}
