package coordinator

import (
	"slices"
)

// maxExceptions and maxOthers bound the history of failures.
const (
	maxExceptions = 16
	maxOthers     = 8
)

// failure is why the deployment of some regions ends.
type failure struct {
	Exception
	regions  []*region // nil: all
	fatal    bool      // a restart cannot help
	free     bool      // does not count: nobody's fault
	stopLost bool      // a stop in flight has failed with it
}

// fail ends the deployment of regions: under the restart strategy their tasks are
// cancelled and deployed again from the latest snapshot, or the job fails. It is
// one failure and one restart, however many regions there are. When the job is
// about to end no task is to go on, so all of them restart.
func (j *Job) fail(f failure) {
	j.record(f.Exception)
	if j.phase >= ending {
		return
	}
	if f.fatal {
		j.end(Failed, f.describe())
		return
	}
	j.before, j.lastCause = j.restarts, f.Epoch
	notBefore := j.now
	if !f.free {
		delay, refused := j.restarts.next(&j.cfg.Restart, j.now, j.random)
		if refused != "" {
			j.end(Failed, f.describe()+"; not restarted: "+refused)
			return
		}
		notBefore = j.now.Add(delay)
	}
	if f.regions == nil || j.phase == committing {
		f.regions = j.regions
	}
	for _, r := range f.regions {
		j.takeDown(r, f.Epoch, notBefore)
	}
	j.phase = waiting
	if j.anyUp() {
		j.phase = deploying
	}
	j.restartN++
	j.enter(Restarting)
	if c := j.current; c != nil && c.stage != writing {
		stop := interruption(f.describe())
		stop.stopLost = f.stopLost
		j.abort(c, stop)
	}
	j.stopTasks(f.regions)
}

// describe returns the failure in one line: who, what, where.
func (x *Exception) describe() string {
	line := x.Message
	if x.Task != "" {
		line = x.Task + ": " + line
	}
	if x.Location != "" {
		line += " (" + x.Location + ")"
	}
	return line
}

// forgive takes the last failure back when it turns out that a worker of the
// failed deployment was preempted: others may have failed only because of it.
func (j *Job) forgive(worker string) {
	if j.phase != waiting && j.phase != deploying {
		return
	}
	hit := func(r *region) bool { return !r.up && r.cause == j.lastCause }
	if !slices.ContainsFunc(j.regions, func(r *region) bool { return hit(r) && j.heldBy(r, worker) }) {
		return
	}
	j.restarts = j.before
	for _, r := range j.regions {
		if hit(r) {
			r.notBefore = j.now
		}
	}
}

// record writes a failure into the history. Failures of one deployment are one
// entry: the first is the cause, the others stand below it.
func (j *Job) record(x Exception) {
	if at := slices.IndexFunc(j.exceptions, func(e Exception) bool { return x.Epoch != 0 && e.Epoch == x.Epoch }); at >= 0 {
		if first := &j.exceptions[at]; len(first.Others) < maxOthers {
			first.Others = append(first.Others, x)
		}
		return
	}
	j.exceptions = slices.Insert(j.exceptions, 0, x)
	if len(j.exceptions) > maxExceptions {
		j.exceptions = j.exceptions[:maxExceptions]
	}
}
