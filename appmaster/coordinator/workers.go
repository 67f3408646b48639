package coordinator

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/weft-stream/weft/internal/control"
)

// worker is one container, from its allocation to its loss.
type worker struct {
	id           string
	host         string
	logURL       string
	allocated    time.Time
	greeted      time.Time     // its first hello; zero: none yet
	hello        control.Hello // its last
	conn         int64         // 0: not connected
	lastSeen     time.Time
	disconnected time.Time // when its connection broke, while conn is 0
	report       control.Report
}

func (w *worker) slots(standard int) int {
	if w.hello.Slots > 0 {
		return w.hello.Slots
	}
	return standard
}

// ready tells whether tasks can be sent to the worker.
func (w *worker) ready() bool { return w.conn != 0 }

// heard corrects what the worker's hello said of a task.
func (w *worker) heard(u control.TaskUpdate) {
	for i := range w.hello.Tasks {
		if said := &w.hello.Tasks[i]; said.Task == u.Task && said.Epoch == u.Epoch {
			said.State, said.Error = u.State, u.Error
		}
	}
}

func (j *Job) send(w *worker, m control.FromMaster) {
	if w.conn != 0 {
		j.emit(Send{Conn: w.conn, Worker: w.id, Message: m})
	}
}

// holds tells whether the worker has slots of the current or last deployment.
func (j *Job) holds(w *worker) bool { return slices.Contains(j.slots, w.id) }

// sendHolders sends a message to every worker that has tasks.
func (j *Job) sendHolders(m control.FromMaster) {
	for _, w := range j.order {
		if j.holds(w) {
			j.send(w, m)
		}
	}
}

func (j *Job) addWorker(id string) *worker {
	w := &worker{id: id, allocated: j.now}
	j.workers[id] = w
	j.order = append(j.order, w)
	return w
}

func (j *Job) containerAllocated(e ContainerAllocated) {
	if _, lost := j.gone[e.Worker]; lost || j.phase == ended {
		return
	}
	w := j.workers[e.Worker]
	if w == nil {
		w = j.addWorker(e.Worker)
	}
	w.logURL = e.LogURL
	if w.host == "" {
		w.host = e.Host
	}
}

func (j *Job) containerLost(e ContainerLost) {
	w := j.workers[e.Worker]
	if w == nil {
		if e.Preempted {
			j.forgive(e.Worker)
		}
		j.gone[e.Worker] = "its container has ended"
		return
	}
	message := fmt.Sprintf("container %s on %s was lost: exit code %d", e.Worker, w.host, e.Exit)
	if e.Preempted {
		message = fmt.Sprintf("container %s on %s was preempted", e.Worker, w.host)
	}
	if line := oneLine(e.Diagnostics); line != "" {
		message += ": " + line
	}
	j.lose(w, message, e.Preempted)
}

// remove takes a worker out for good: it would be refused.
func (j *Job) remove(w *worker, reason string) {
	delete(j.workers, w.id)
	delete(j.conns, w.conn)
	j.order = slices.DeleteFunc(j.order, func(other *worker) bool { return other == w })
	j.gone[w.id] = reason
}

// lose takes a worker out that has ended or has to be taken for dead. Its
// process may live all the same, and even talk to the master: a NodeManager
// that died leaves its processes behind. It is told to end.
func (j *Job) lose(w *worker, message string, preempted bool) {
	j.send(w, control.FromMaster{Refuse: &control.Refuse{Reason: "this worker was given up: " + message}})
	j.remove(w, message)
	if w.greeted.IsZero() && !preempted {
		j.startFailed(w, message)
	}
	if !j.holds(w) {
		return
	}
	x := Exception{Time: j.now, Message: message, Worker: w.id, Host: w.host, Epoch: j.lossOf(w)}
	unconfirmed := false
	j.eachTask(func(t *task) {
		if t.worker == w.id {
			unconfirmed = unconfirmed || !t.confirmed
			t.confirmed = true
		}
	})
	hit := j.upOn(w)
	switch {
	case len(hit) > 0 && (j.phase == deploying || j.phase == running):
		j.fail(failure{Exception: x, regions: hit, free: preempted, stopLost: true})
	case j.phase == committing:
		if unconfirmed {
			j.fail(failure{Exception: x, free: preempted})
		}
	case j.phase == waiting || j.phase == deploying:
		j.record(x)
		if preempted {
			j.forgive(w.id)
		}
	}
}

// lossOf returns the epoch under which the loss of a worker is recorded.
func (j *Job) lossOf(w *worker) int64 {
	if on := j.upOn(w); len(on) > 0 {
		return on[0].epoch
	}
	for _, r := range j.regions {
		if j.heldBy(r, w.id) {
			return r.cause
		}
	}
	return 0
}

// startFailed counts containers that end before they say hello: a program that
// cannot start would otherwise be started for ever.
func (j *Job) startFailed(w *worker, message string) {
	j.startFailures++
	limit := max(10, 3*j.cfg.Workers)
	if j.startFailures < limit || j.phase >= ending {
		return
	}
	x := Exception{Time: j.now, Worker: w.id, Host: w.host, Message: fmt.Sprintf(
		"%d containers in a row ended before they reported to the master; the last: %s", j.startFailures, message)}
	j.record(x)
	j.end(Failed, x.Message)
}

func (j *Job) disconnected(conn int64) {
	w := j.conns[conn]
	delete(j.conns, conn)
	if w != nil && w.conn == conn {
		w.conn = 0
		w.disconnected = j.now
	}
}

// expireWorkers gives up the workers that have been away, silent or unborn for
// too long.
func (j *Job) expireWorkers() {
	if j.phase == ended {
		return
	}
	expired := func(w *worker) bool { return !j.now.Before(j.expiry(w)) }
	if !slices.ContainsFunc(j.order, expired) { // most often
		return
	}
	for _, w := range slices.Clone(j.order) {
		if expired(w) {
			j.emit(ReleaseContainer{Worker: w.id})
			j.lose(w, j.silence(w), false)
		}
	}
}

// expiry tells when a worker will be given up if nothing is heard.
func (j *Job) expiry(w *worker) time.Time {
	t := &j.cfg.Times
	switch {
	case w.greeted.IsZero():
		return w.allocated.Add(t.Hello)
	case w.conn == 0:
		return w.disconnected.Add(t.Grace)
	default:
		return w.lastSeen.Add(t.Lease)
	}
}

// silence tells why a worker is given up then.
func (j *Job) silence(w *worker) string {
	t := &j.cfg.Times
	switch {
	case w.greeted.IsZero():
		return fmt.Sprintf("container %s on %s did not report to the master within %v", w.id, w.host, t.Hello)
	case w.conn == 0:
		return fmt.Sprintf("worker %s on %s lost its connection and did not come back within %v", w.id, w.host, t.Grace)
	default:
		return fmt.Sprintf("worker %s on %s was silent for %v", w.id, w.host, t.Lease)
	}
}

// excuse gives all workers some time to be heard of.
func (j *Job) excuse(now time.Time) {
	t := &j.cfg.Times
	for _, w := range j.order {
		w.lastSeen = later(w.lastSeen, now.Add(2*t.Report-t.Lease))
		w.disconnected = later(w.disconnected, now.Add(-t.Grace/2))
	}
}

// releaseSurplus ends idle containers beyond those to hold: a new master may
// have asked for some before it heard of the old ones.
func (j *Job) releaseSurplus() {
	for _, w := range slices.Backward(slices.Clone(j.order)) {
		if len(j.order) <= j.fleet() {
			return
		}
		if !j.holds(w) {
			j.send(w, control.FromMaster{Shutdown: &control.Shutdown{}})
			j.emit(ReleaseContainer{Worker: w.id})
			j.remove(w, "it is not needed")
		}
	}
}

func (j *Job) workerDeadlines(at func(time.Time)) {
	for _, w := range j.order {
		at(j.expiry(w))
	}
}

func (j *Job) workerMessage(e WorkerMessage) {
	if e.Message.Hello != nil {
		j.hello(e.Conn, e.Message.Hello)
		return
	}
	w := j.conns[e.Conn]
	if w == nil || j.phase == ended {
		return
	}
	w.lastSeen = j.now
	switch m := e.Message; {
	case m.Task != nil:
		j.taskUpdate(w, *m.Task)
	case m.Ack != nil:
		j.ack(w, m.Ack)
	case m.Decline != nil:
		j.decline(w, m.Decline)
	case m.Report != nil:
		j.report(w, m.Report)
	}
}

// oneLine returns the first line that says something.
func oneLine(text string) string {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			return line
		}
	}
	return ""
}
