package coordinator

import (
	"slices"
)

// maxExceptions and maxOthers bound the history of failures.
const (
	maxExceptions = 16
	maxOthers     = 8
)

// failure is why a deployment ends.
type failure struct {
	Exception
	fatal    bool // a restart cannot help
	free     bool // does not count: nobody's fault
	stopLost bool // a stop in flight has failed with it
}

// fail ends the deployment: under the restart strategy all tasks are cancelled
// and deployed again from the latest snapshot, or the job fails.
func (j *Job) fail(f failure) {
	j.record(f.Exception)
	if j.phase >= ending {
		return
	}
	if f.fatal {
		j.end(Failed, f.describe())
		return
	}
	j.before = j.restarts
	j.notBefore = j.now
	if !f.free {
		delay, refused := j.restarts.next(&j.cfg.Restart, j.now, j.random)
		if refused != "" {
			j.end(Failed, f.describe()+"; not restarted: "+refused)
			return
		}
		j.notBefore = j.now.Add(delay)
	}
	j.phase = waiting
	j.waitSince = j.now
	j.restartN++
	j.enter(Restarting)
	if c := j.current; c != nil && c.stage != writing {
		stop := interruption(f.describe())
		stop.stopLost = f.stopLost
		j.abort(c, stop)
	}
	j.stopTasks()
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
	if j.phase == waiting && slices.Contains(j.slots, worker) {
		j.restarts = j.before
		j.notBefore = j.now
	}
}

// record writes a failure into the history. Failures of one deployment are one
// entry: the first is the cause, the others stand below it.
func (j *Job) record(x Exception) {
	if n := len(j.exceptions); n > 0 && x.Epoch != 0 && j.exceptions[0].Epoch == x.Epoch {
		if first := &j.exceptions[0]; len(first.Others) < maxOthers {
			first.Others = append(first.Others, x)
		}
		return
	}
	j.exceptions = slices.Insert(j.exceptions, 0, x)
	if len(j.exceptions) > maxExceptions {
		j.exceptions = j.exceptions[:maxExceptions]
	}
}
