package coordinator

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/weft-stream/weft/internal/control"
	"github.com/weft-stream/weft/internal/snapshot"
)

// simWorker is one container and its process.
type simWorker struct {
	s         *sim
	id        string
	alive     bool
	preempted bool
	conn      *conn
	lostAt    time.Time // when it lost its last connection

	incidents int       // that may have cost it its tasks
	orphan    bool      // its container is taken for lost, but its process lives
	cutOff    time.Time // until then it reaches nobody

	tasks []simTask // of all regions that it has slots of
	last  int64     // highest checkpoint that it was asked for

	confirmed map[control.TaskID][]snapshot.Handle // of the latest complete checkpoint, as far as it knows
	written   map[control.TaskID][]snapshot.Handle // of the latest that it wrote
	writtenID int64
	begun     int64
	parts     map[int64]*part
	over      map[int64]bool // checkpoints that were aborted
}

// part is a worker's share of a checkpoint.
type part struct {
	trigger *control.TriggerCheckpoint
	have    map[control.TaskID]*content
	sent    bool
	base    map[control.TaskID][]snapshot.Handle // what its shared files go on from
}

// simTask is one subtask at its worker: a source or a sum.
type simTask interface {
	base() *taskBase
	id() control.TaskID
	state() control.TaskState
	set(control.TaskState)
	snapshot(checkpoint int64) *content
}

func (w *simWorker) die(why string) {
	if !w.alive {
		return
	}
	s := w.s
	s.logf("%s dies: %s", w.id, why)
	w.alive = false
	flows := w.flows()
	w.incidents++
	w.drop()
	w.lose(w.conn)
	s.containerEnded(w, w.preempted)
	for _, f := range flows {
		for _, peer := range s.workers {
			if peer.alive && slices.Contains(peer.flows(), f) && s.chance(0.4) {
				s.soon(func() { peer.failTask(f) })
			}
		}
	}
}

// flows are those that the worker has tasks in.
func (w *simWorker) flows() []*flow {
	var flows []*flow
	for _, t := range w.tasks {
		if f := t.base().flow; !slices.Contains(flows, f) {
			flows = append(flows, f)
		}
	}
	return flows
}

// newest returns the newest epoch that the worker runs, 0 if none.
func (w *simWorker) newest() (epoch int64) {
	for _, f := range w.flows() {
		epoch = max(epoch, f.epoch)
	}
	return epoch
}

// drop ends all tasks without a trace.
func (w *simWorker) drop() {
	for _, f := range w.flows() {
		w.leave(f)
	}
}

// leave ends the tasks of a flow without a trace.
func (w *simWorker) leave(f *flow) {
	f.remove(w)
	w.tasks = slices.DeleteFunc(w.tasks, func(t simTask) bool {
		if t.base().flow != f {
			return false
		}
		for _, p := range w.parts {
			delete(p.have, t.id())
		}
		delete(w.confirmed, t.id())
		delete(w.written, t.id())
		return true
	})
	for _, id := range slices.Sorted(maps.Keys(w.parts)) {
		w.contributed(w.parts[id])
	}
}

// lose breaks a connection; both ends notice in their own time.
func (w *simWorker) lose(c *conn) {
	if c == nil || c.broken {
		return
	}
	c.broken = true
	w.conn = nil
	w.incidents++
	s := w.s
	w.lostAt = s.now
	s.soon(func() { s.step(WorkerDisconnected{Conn: c.id}) })
	if w.alive {
		s.soon(w.connect)
	}
}

// connect says hello to the master, or ends after the lease.
func (w *simWorker) connect() {
	s := w.s
	if !w.alive || w.conn != nil || s.ended != "" {
		return
	}
	if s.now.Sub(w.lostAt) > s.cfg.Times.Lease {
		w.die("its lease is over")
		return
	}
	if s.now.Before(w.cutOff) {
		s.after(w.cutOff.Sub(s.now), w.connect)
		return
	}
	if s.master == nil {
		s.after(s.between(50*time.Millisecond, 300*time.Millisecond), w.connect)
		return
	}
	s.lastConn++
	c := &conn{id: s.lastConn, w: w}
	w.conn = c
	h := &control.Hello{Worker: w.id, Host: "h", DataAddr: w.id, Slots: s.cfg.Slots, PlanHash: s.plan.Hash(), LastCheckpoint: w.last}
	h.Epoch = w.newest()
	for _, t := range w.tasks {
		b := t.base()
		h.Parallelism = b.flow.parallelism
		h.Tasks = append(h.Tasks, control.TaskUpdate{Epoch: b.flow.epoch, Task: t.id(), State: t.state(), Checkpoint: b.latest, Asked: b.asked})
	}
	c.say(control.FromWorker{Hello: h})
	w.reportOn(c)
}

func (w *simWorker) reportOn(c *conn) {
	w.s.after(w.s.cfg.Times.Report, func() {
		if w.alive && w.conn == c {
			c.say(control.FromWorker{Report: &control.Report{}})
			w.reportOn(c)
		}
	})
}

func (w *simWorker) tell(m control.FromWorker) {
	if w.conn != nil {
		w.conn.say(m)
	}
}

func (w *simWorker) enter(t simTask, state control.TaskState) {
	t.set(state)
	w.tell(control.FromWorker{Task: &control.TaskUpdate{Epoch: t.base().flow.epoch, Task: t.id(), State: state}})
}

// failTask fails a task, of one flow if it is not nil.
func (w *simWorker) failTask(of *flow) {
	var some []simTask
	for _, t := range w.tasks {
		if of == nil || t.base().flow == of {
			some = append(some, t)
		}
	}
	if !w.alive || len(some) == 0 || w.s.calm {
		return
	}
	t := some[w.s.rng.IntN(len(some))]
	w.s.check.failed(t.base().index)
	w.s.logf("%v fails on %s", t.id(), w.id)
	w.enter(t, control.Failed)
}

func (w *simWorker) receive(c *conn, m control.FromMaster) {
	if !w.alive || w.conn != c {
		return
	}
	switch {
	case m.Welcome != nil:
		for _, f := range w.flows() {
			if !slices.Contains(m.Welcome.Epochs, f.epoch) {
				w.leave(f)
			}
		}
	case m.Refuse != nil:
		w.die("refused: " + m.Refuse.Reason)
	case m.Shutdown != nil:
		w.die("shut down")
	case m.Deploy != nil:
		w.deploy(m.Deploy)
	case m.Cancel != nil:
		for _, f := range w.flows() {
			if f.epoch == m.Cancel.Epoch {
				w.cancel(f)
			}
		}
	case m.Trigger != nil:
		if m.Trigger.Epoch >= w.newest() && m.Trigger.Checkpoint > w.last {
			w.trigger(m.Trigger)
		}
	case m.Complete != nil:
		if m.Complete.Epoch >= w.newest() {
			w.complete(m.Complete.Checkpoint)
		}
	case m.Abort != nil:
		if m.Abort.Epoch >= w.newest() {
			w.abort(m.Abort.Checkpoint)
		}
	}
}

func (w *simWorker) deploy(d *control.Deploy) {
	s := w.s
	for _, f := range w.flows() {
		if f.epoch == d.Epoch {
			return
		}
	}
	for _, t := range slices.Clone(w.tasks) {
		b := t.base()
		if d.First <= b.index && b.index < d.First+len(d.Slots) || b.flow.parallelism != d.Parallelism {
			w.leave(b.flow)
		}
	}
	if w.parts == nil {
		w.parts, w.over, w.confirmed, w.written = map[int64]*part{}, map[int64]bool{}, map[control.TaskID][]snapshot.Handle{}, map[control.TaskID][]snapshot.Handle{}
	}
	for id := range w.parts { // what was in progress is not any more
		delete(w.parts, id)
		w.over[id] = true
	}
	f := s.flowOf(d)
	before := len(w.tasks)
	for slot, p := range d.Places {
		if p.Worker != w.id {
			continue
		}
		if slot < len(f.sources) {
			w.tasks = append(w.tasks, f.addSource(slot, w))
		}
		if slot < len(f.sums) {
			w.tasks = append(w.tasks, f.addSum(slot, w))
		}
		if slot < len(f.extras) {
			w.tasks = append(w.tasks, f.addExtra(slot, w))
		}
	}
	for _, t := range w.tasks[before:] {
		t.base().latest, t.base().asked = d.RestoreCheckpoint, d.Epoch
	}
	s.soon(func() { w.open(f, d.Restore) })
}

// open restores and starts all tasks. Restoring commits what the snapshot says
// was waiting for it.
func (w *simWorker) open(f *flow, restore string) {
	if g := w.s.store[restore]; w.orphan && restore != "" && (g == nil || g.meta == nil) {
		return // the job has gone on without it, and deleted that
	}
	for _, t := range w.tasksOf(f) {
		if t.state() == control.Failed {
			continue
		}
		w.enter(t, control.Initializing)
		if restore == "" {
			continue
		}
		switch t := t.(type) {
		case *sourceTask:
			w.s.restoreSource(t, restore)
		case *sumTask:
			w.s.restoreSum(t, restore)
		}
	}
	w.s.soon(func() {
		for _, t := range w.tasksOf(f) {
			if t.state() == control.Initializing {
				w.enter(t, control.Running)
			}
		}
	})
}

// tasksOf are the worker's tasks in a flow, none if it has left it.
func (w *simWorker) tasksOf(f *flow) []simTask {
	var tasks []simTask
	for _, t := range w.tasks {
		if t.base().flow == f {
			tasks = append(tasks, t)
		}
	}
	return tasks
}

func (w *simWorker) cancel(f *flow) {
	tasks := w.tasksOf(f)
	w.leave(f)
	for _, t := range tasks {
		w.tell(control.FromWorker{Task: &control.TaskUpdate{Epoch: f.epoch, Task: t.id(), State: control.Canceled}})
	}
}

// ended gives the last state of a task to the checkpoints that are in progress.
func (w *simWorker) ended(t simTask) {
	for _, id := range slices.Sorted(maps.Keys(w.parts)) {
		if w.parts[id].trigger != nil {
			w.contribute(t, id)
		}
	}
}

// part returns the worker's share of a checkpoint, nil if it is over.
func (w *simWorker) part(checkpoint int64) *part {
	if w.over[checkpoint] {
		return nil
	}
	p := w.parts[checkpoint]
	if p == nil {
		p = &part{have: map[control.TaskID]*content{}, base: w.build(checkpoint)}
		w.parts[checkpoint] = p
	}
	return p
}

func (w *simWorker) trigger(t *control.TriggerCheckpoint) {
	w.last = t.Checkpoint
	for _, task := range w.tasks {
		task.base().latest, task.base().asked = t.Checkpoint, t.Epoch
	}
	p := w.part(t.Checkpoint)
	if p == nil || len(w.tasks) == 0 {
		return
	}
	if w.s.ioFails() {
		w.decline(t, "no space")
		return
	}
	p.trigger = t
	for _, task := range w.tasks {
		switch task := task.(type) {
		case *sourceTask:
			if task.now == control.Running {
				task.flow.barrier(task, t)
			}
			if task.now == control.Running || task.now == control.Finished {
				p.have[task.id()] = task.snapshot(t.Checkpoint)
			}
		case *extraTask:
			if task.now == control.Running || task.now == control.Finished {
				p.have[task.id()] = task.snapshot(t.Checkpoint)
			}
		case *sumTask:
			// One that has finished since its barriers came has given its part.
			if task.now == control.Finished && p.have[task.id()] == nil {
				p.have[task.id()] = task.snapshot(t.Checkpoint)
			}
		}
	}
	w.contributed(p)
}

// contribute adds one task's part of a checkpoint.
func (w *simWorker) contribute(t simTask, checkpoint int64) {
	if p := w.part(checkpoint); p != nil && p.have[t.id()] == nil {
		p.have[t.id()] = t.snapshot(checkpoint)
		w.contributed(p)
	}
}

// contributed uploads and acknowledges when all parts are there.
func (w *simWorker) contributed(p *part) {
	if p.trigger == nil || len(w.tasks) == 0 || len(p.have) != len(w.tasks) || p.sent {
		return
	}
	p.sent = true
	tasks, t := slices.Clone(w.tasks), p.trigger
	w.s.after(w.s.ioTime(), func() {
		gone := func(task simTask) bool { return !slices.Contains(w.tasks, task) }
		if !w.alive || slices.ContainsFunc(tasks, gone) || w.parts[t.Checkpoint] != p {
			return
		}
		folder := w.s.store[t.Dir]
		if w.s.outage || folder == nil {
			w.decline(t, "the folder is gone")
			return
		}
		ack := &control.CheckpointAck{Epoch: t.Epoch, Checkpoint: t.Checkpoint, Worker: w.id}
		for _, task := range tasks {
			id := task.id()
			file := fmt.Sprintf("%s-%d-%s", id.Vertex, id.Subtask, w.id)
			uid := id.Vertex
			if uid == "source" {
				uid = "in"
			}
			states := []snapshot.Handle{{State: "s", File: file, Length: 10}}
			folder.files[file] = p.have[id]
			if t.Shared != "" {
				states = append(states, w.shared(p.base[id])...)
			}
			ack.Subtasks = append(ack.Subtasks, control.SubtaskAck{
				Task: id, Finished: p.have[id].finished, Operators: []control.OperatorAck{{UID: uid, States: states}},
			})
		}
		if t.Shared != "" {
			w.written, w.writtenID = map[control.TaskID][]snapshot.Handle{}, t.Checkpoint
			for i := range ack.Subtasks {
				w.written[ack.Subtasks[i].Task] = ack.Subtasks[i].Operators[0].States[1:]
			}
		}
		w.tell(control.FromWorker{Ack: ack})
	})
}

// build decides what each task's shared file of a checkpoint goes on from: the
// files of the latest checkpoint that is known to be complete, or none, now and
// then and whenever the one before that began anew is not known to be complete.
func (w *simWorker) build(checkpoint int64) map[control.TaskID][]snapshot.Handle {
	if !w.s.cfg.Checkpoints.Incremental || w.s.savepoints[checkpoint] {
		return nil
	}
	w.begun = checkpoint
	base := map[control.TaskID][]snapshot.Handle{}
	for _, t := range w.tasks {
		if chain, known := w.confirmed[t.id()]; known && !w.s.chance(0.3) {
			base[t.id()] = chain
		} else {
			delete(w.confirmed, t.id())
		}
	}
	return base
}

// shared writes a shared file, which goes on from others.
func (w *simWorker) shared(base []snapshot.Handle) []snapshot.Handle {
	w.s.lastFile++
	name := fmt.Sprintf("%s-%016x", w.id, w.s.lastFile)
	w.s.shared[name] = true
	return append(slices.Clone(base), snapshot.Handle{State: "s", File: name, Shared: true, Length: 10})
}

func (w *simWorker) decline(t *control.TriggerCheckpoint, reason string) {
	w.tell(control.FromWorker{Decline: &control.CheckpointDecline{Epoch: w.tasks[0].base().flow.epoch, Checkpoint: t.Checkpoint, Task: w.tasks[0].id(), Reason: reason}})
}

func (w *simWorker) complete(checkpoint int64) {
	for _, t := range w.tasks {
		if sum, ok := t.(*sumTask); ok {
			sum.txns = w.s.commitAll(sum.txns, checkpoint)
		}
	}
	delete(w.parts, checkpoint)
	if checkpoint == w.writtenID && checkpoint == w.begun {
		w.confirmed = maps.Clone(w.written)
	}
}

func (w *simWorker) abort(checkpoint int64) {
	w.over[checkpoint] = true
	delete(w.parts, checkpoint)
	for _, t := range w.tasks {
		switch t := t.(type) {
		case *sourceTask:
			if t.stopped == checkpoint {
				t.stopped, t.idle = 0, 0
			}
		case *sumTask:
			if t.align == checkpoint {
				t.unblock()
			}
		}
	}
}
