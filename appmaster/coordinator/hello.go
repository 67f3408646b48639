package coordinator

import (
	"fmt"
	"slices"

	"github.com/weft-stream/weft/internal/control"
)

// hello takes in a worker: a new one, one that comes back, or, in a new
// master, one of the master before.
func (j *Job) hello(conn int64, h *control.Hello) {
	if reason := j.unwelcome(h); reason != "" {
		j.emit(Send{Conn: conn, Worker: h.Worker, Message: control.FromMaster{Refuse: &control.Refuse{Reason: reason}}})
		return
	}
	w := j.workers[h.Worker]
	if w == nil {
		w = j.addWorker(h.Worker)
	}
	delete(j.conns, w.conn)
	j.conns[conn] = w
	w.conn = conn
	w.hello = *h
	w.hello.Tasks = append([]control.TaskUpdate(nil), h.Tasks...)
	w.host = h.Host
	if h.LogURL != "" {
		w.logURL = h.LogURL
	}
	w.lastSeen = j.now
	if w.greeted.IsZero() {
		w.greeted = j.now
	}
	j.startFailures = 0
	j.highest = max(j.highest, h.LastCheckpoint)
	switch j.phase {
	case reconciling:
		if j.firstHello.IsZero() {
			j.firstHello = j.now
		}
		j.welcome(w, h.Epochs())
	case deploying, running, committing:
		j.resume(w)
	default:
		j.welcome(w, nil)
		j.stopStray(w)
	}
}

// unwelcome says why a worker cannot be taken; "" if it can.
func (j *Job) unwelcome(h *control.Hello) string {
	if j.phase == ended {
		return "the job is over"
	}
	if h.Worker == "" {
		return "a worker needs a name"
	}
	if reason, lost := j.gone[h.Worker]; lost {
		return "this worker was given up: " + reason
	}
	if h.PlanHash != j.planHash {
		return fmt.Sprintf("the worker's plan %.12s is not the job's %.12s: the program planned differently in the container", h.PlanHash, j.planHash)
	}
	if j.phase == reconciling {
		return ""
	}
	if j.workers[h.Worker] == nil {
		return "the master knows no container " + h.Worker
	}
	if h.Epoch > j.epoch && h.Epoch >= j.cfg.FirstEpoch {
		return fmt.Sprintf("the worker runs epoch %d, which this master (epoch %d) never started", h.Epoch, j.epoch)
	}
	return ""
}

func (j *Job) welcome(w *worker, epochs []int64) {
	j.send(w, control.FromMaster{Welcome: &control.Welcome{
		Epochs:   epochs,
		LeaseMS:  j.cfg.Times.Lease.Milliseconds(),
		ReportMS: j.cfg.Times.Report.Milliseconds(),
	}})
}

// stopStray ends tasks that a worker should not have any more. Those that it
// does not even name have ended.
func (j *Job) stopStray(w *worker) {
	named := map[control.TaskID]bool{}
	j.cancelAll(w)
	for _, u := range w.hello.Tasks {
		if t := j.task(u.Task); t != nil && u.Epoch == j.regionOf(u.Task.Subtask).epoch {
			named[u.Task] = true
		}
		j.taskUpdate(w, u)
	}
	j.eachTask(func(t *task) { t.confirmed = t.confirmed || t.worker == w.id && !named[t.id] })
}

// cancelAll cancels all that a worker has said it runs.
func (j *Job) cancelAll(w *worker) {
	for _, epoch := range w.hello.Epochs() {
		j.send(w, control.FromMaster{Cancel: &control.Cancel{Epoch: epoch}})
	}
}

// resume finds out what a worker missed while a deployment lives.
func (j *Job) resume(w *worker) {
	j.welcome(w, j.epochsOf(w))
	if !j.holds(w) {
		j.stopStray(w)
		j.releaseSurplus()
		return
	}
	kept, lost := false, []*region(nil)
	for _, r := range j.upOn(w) {
		on := j.tasksOn(r, w)
		switch {
		case !r.up: // one of its tasks has just turned out to have failed
		case j.hasAll(r, w):
			kept = true
			for _, u := range w.hello.Tasks {
				if r.has(u.Task.Subtask) {
					j.taskUpdate(w, u)
				}
			}
		case j.phase == committing:
			// Cancel follows Complete on a connection: without tasks, it has committed.
			for _, t := range on {
				t.confirmed = true
			}
		case !slices.ContainsFunc(on, func(t *task) bool { return t.state != control.Deploying }):
			j.sendDeploy(w, r)
		default:
			lost = append(lost, r)
		}
	}
	if len(lost) > 0 && j.phase < ending {
		j.fail(failure{regions: lost, stopLost: true, Exception: Exception{
			Time: j.now, Worker: w.id, Host: w.host, Epoch: lost[0].epoch,
			Message: fmt.Sprintf("worker %s on %s came back without its tasks", w.id, w.host),
		}})
	}
	if kept {
		j.resync(w)
	}
}

// hasAll tells whether the worker's hello names all of its tasks of a region.
func (j *Job) hasAll(r *region, w *worker) bool {
	named := map[control.TaskID]bool{}
	for _, u := range w.hello.Tasks {
		named[u.Task] = u.Epoch == r.epoch
	}
	return !slices.ContainsFunc(j.tasksOn(r, w), func(t *task) bool { return !named[t.id] })
}

// resync tells a worker again how checkpoints ended, since messages may have
// been lost with its connection. All of it may be told twice.
func (j *Job) resync(w *worker) {
	switch j.phase {
	case committing:
		j.sendCommit(w)
		return
	case deploying, running:
	default:
		return
	}
	last := w.hello.LastCheckpoint
	if c := j.current; c != nil && c.stage == collecting && c.missing[w.id] {
		if last >= c.id {
			j.abort(c, interruption(fmt.Sprintf("worker %s lost its connection during the checkpoint", w.id)))
		} else {
			j.send(w, j.trigger(c))
		}
	}
	if last > 0 && (j.current == nil || last != j.current.id) && !j.wasCompleted(last) {
		j.sendAbort(w, last)
	}
	if n := len(j.completed); n > 0 {
		j.send(w, control.FromMaster{Complete: &control.CheckpointEnd{Epoch: j.epoch, Checkpoint: j.completed[n-1].ID}})
	}
}

func (j *Job) sendAbort(w *worker, id int64) {
	j.send(w, control.FromMaster{Abort: &control.CheckpointEnd{Epoch: j.epoch, Checkpoint: id}})
}
