package coordinator

import (
	"fmt"

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
		j.welcome(w, h.Epoch)
	case deploying, running, committing:
		j.resume(w)
	default:
		j.welcome(w, 0)
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

func (j *Job) welcome(w *worker, epoch int64) {
	j.send(w, control.FromMaster{Welcome: &control.Welcome{
		Epoch:    epoch,
		LeaseMS:  j.cfg.Times.Lease.Milliseconds(),
		ReportMS: j.cfg.Times.Report.Milliseconds(),
	}})
}

// stopStray ends tasks that a worker should not have any more. Those that it
// does not even name have ended.
func (j *Job) stopStray(w *worker) {
	h := &w.hello
	if h.Epoch != 0 {
		j.send(w, control.FromMaster{Cancel: &control.Cancel{Epoch: h.Epoch}})
	}
	named := map[control.TaskID]bool{}
	for _, u := range h.Tasks {
		named[u.Task] = h.Epoch == j.epoch
		u.Epoch = h.Epoch
		j.taskUpdate(w, u)
	}
	j.eachTask(func(t *task) { t.confirmed = t.confirmed || t.worker == w.id && !named[t.id] })
}

// resume finds out what a worker missed while a deployment lives.
func (j *Job) resume(w *worker) {
	h := &w.hello
	j.welcome(w, j.epoch)
	switch {
	case !j.holds(w):
		j.stopStray(w)
		j.releaseSurplus()
	case h.Epoch == j.epoch && j.hasAll(w):
		for _, u := range h.Tasks {
			u.Epoch = j.epoch
			j.taskUpdate(w, u)
		}
		j.resync(w)
	case j.phase == committing:
		// Cancel follows Complete on a connection: without tasks, it has committed.
		j.eachTask(func(t *task) { t.confirmed = t.confirmed || t.worker == w.id })
	case j.allTasks(func(t *task) bool { return t.worker != w.id || t.state == control.Deploying }):
		j.sendDeploy(w)
	default:
		j.fail(failure{stopLost: true, Exception: Exception{
			Time: j.now, Worker: w.id, Host: w.host, Epoch: j.epoch,
			Message: fmt.Sprintf("worker %s on %s came back without its tasks", w.id, w.host),
		}})
	}
}

// hasAll tells whether the worker's hello names all of its tasks.
func (j *Job) hasAll(w *worker) bool {
	named := map[control.TaskID]bool{}
	for _, u := range w.hello.Tasks {
		named[u.Task] = true
	}
	return j.allTasks(func(t *task) bool { return t.worker != w.id || named[t.id] })
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
