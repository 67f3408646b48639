package coordinator

import (
	"time"

	"github.com/weft-stream/weft/internal/control"
)

// tryAdopt decides what a new master does with the workers of the one before:
// if all subtasks run in one epoch, the job goes on as it is; if that cannot be
// any more, or nobody else reports in time, it starts again from its latest
// snapshot.
func (j *Job) tryAdopt() {
	if j.firstHello.IsZero() {
		return
	}
	if epoch, slots := j.survey(); slots != nil {
		j.adopt(epoch, slots)
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

// survey lays together what the workers run: the newest epoch and who holds
// which slot of it. Without slots, some of its subtasks are missing, have
// failed, or do not fit together.
func (j *Job) survey() (epoch int64, slots []string) {
	for _, w := range j.order {
		if w.ready() && len(w.hello.Tasks) > 0 {
			epoch = max(epoch, w.hello.Epoch)
		}
	}
	slots = make([]string, j.cfg.Plan.Slots())
	seen := map[control.TaskID]bool{}
	for _, w := range j.order {
		if !w.ready() || w.hello.Epoch != epoch {
			continue
		}
		if len(w.hello.Tasks) > 0 && w.hello.Parallelism != j.cfg.Plan.Parallelism {
			return epoch, nil // from before a rescale
		}
		for _, u := range w.hello.Tasks {
			if j.task(u.Task) == nil || seen[u.Task] || rank(u.State) > rank(control.Finished) || u.State == control.Canceling {
				return epoch, nil
			}
			seen[u.Task] = true
			slot := &slots[u.Task.Subtask]
			if *slot != "" && *slot != w.id {
				return epoch, nil
			}
			*slot = w.id
		}
	}
	if epoch == 0 || len(seen) != j.cfg.Plan.Subtasks() {
		return epoch, nil
	}
	return epoch, slots
}

// adopt goes on with the tasks as they are. Where their deployment started
// from is not known, so it can never be sent again: no task stays DEPLOYING
// (resume).
func (j *Job) adopt(epoch int64, slots []string) {
	j.epoch, j.slots = epoch, slots
	j.deployments++
	j.phase = deploying
	j.eachTask(func(t *task) {
		t.deployed(slots[t.id.Subtask], j.now)
		t.enter(control.Initializing, j.now)
	})
	for _, w := range j.order {
		for _, u := range w.hello.Tasks {
			if w.hello.Epoch == epoch && rank(u.State) > rank(control.Deploying) {
				j.task(u.Task).enter(u.State, j.now)
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

// dropStrays cancels what runs outside the adopted epoch.
func (j *Job) dropStrays() {
	for _, w := range j.order {
		if w.hello.Epoch != 0 && !j.holds(w) {
			j.send(w, control.FromMaster{Cancel: &control.Cancel{Epoch: w.hello.Epoch}})
		}
	}
}

// startOver cancels what is left of the job and deploys it anew.
func (j *Job) startOver() {
	found := false
	for _, w := range j.order {
		j.epoch = max(j.epoch, w.hello.Epoch)
		if w.hello.Epoch != 0 {
			found = true
			j.send(w, control.FromMaster{Cancel: &control.Cancel{Epoch: w.hello.Epoch}})
		}
	}
	j.phase = waiting
	j.waitSince = j.now
	if found || len(j.completed) > 0 {
		j.enter(Restarting)
	} else {
		j.enter(Created)
	}
}
