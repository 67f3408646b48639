package coordinator

import (
	"fmt"
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

	flow  *flow // nil: no tasks
	tasks []simTask
	last  int64 // highest checkpoint that it was asked for

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
	f := w.flow
	w.drop()
	w.lose(w.conn)
	s.containerEnded(w, w.preempted)
	for _, peer := range s.workers {
		if f != nil && peer.flow == f && peer.alive && s.chance(0.4) {
			s.soon(peer.failTask)
		}
	}
}

// drop ends all tasks without a trace.
func (w *simWorker) drop() {
	if w.flow != nil {
		w.flow.remove(w)
	}
	w.flow, w.tasks = nil, nil
	w.parts, w.over = nil, nil
	w.confirmed, w.written, w.writtenID = nil, nil, 0
}

// lose breaks a connection; both ends notice in their own time.
func (w *simWorker) lose(c *conn) {
	if c == nil || c.broken {
		return
	}
	c.broken = true
	w.conn = nil
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
	if s.master == nil {
		s.after(s.between(50*time.Millisecond, 300*time.Millisecond), w.connect)
		return
	}
	s.lastConn++
	c := &conn{id: s.lastConn, w: w}
	w.conn = c
	h := &control.Hello{Worker: w.id, Host: "h", DataAddr: w.id, Slots: s.cfg.Slots, PlanHash: s.plan.Hash(), LastCheckpoint: w.last}
	if w.flow != nil {
		h.Epoch = w.flow.epoch
		h.Parallelism = w.flow.parallelism
		for _, t := range w.tasks {
			h.Tasks = append(h.Tasks, control.TaskUpdate{Epoch: h.Epoch, Task: t.id(), State: t.state()})
		}
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
	w.tell(control.FromWorker{Task: &control.TaskUpdate{Epoch: w.flow.epoch, Task: t.id(), State: state}})
}

func (w *simWorker) failTask() {
	if !w.alive || w.flow == nil || len(w.tasks) == 0 || w.s.calm {
		return
	}
	t := w.tasks[w.s.rng.IntN(len(w.tasks))]
	w.s.logf("%v fails on %s", t.id(), w.id)
	w.enter(t, control.Failed)
}

func (w *simWorker) receive(c *conn, m control.FromMaster) {
	if !w.alive || w.conn != c {
		return
	}
	epoch := int64(0)
	if w.flow != nil {
		epoch = w.flow.epoch
	}
	switch {
	case m.Welcome != nil:
		if m.Welcome.Epoch != epoch {
			w.drop()
		}
	case m.Refuse != nil:
		w.die("refused: " + m.Refuse.Reason)
	case m.Shutdown != nil:
		w.die("shut down")
	case m.Deploy != nil:
		if m.Deploy.Epoch > epoch {
			w.drop()
			w.deploy(m.Deploy)
		}
	case m.Cancel != nil:
		if m.Cancel.Epoch == epoch {
			w.cancel()
		}
	case m.Trigger != nil:
		if m.Trigger.Epoch == epoch && m.Trigger.Checkpoint > w.last {
			w.trigger(m.Trigger)
		}
	case m.Complete != nil:
		if m.Complete.Epoch == epoch {
			w.complete(m.Complete.Checkpoint)
		}
	case m.Abort != nil:
		if m.Abort.Epoch == epoch {
			w.abort(m.Abort.Checkpoint)
		}
	}
}

func (w *simWorker) deploy(d *control.Deploy) {
	s := w.s
	f := s.flowOf(d)
	w.flow = f
	w.parts, w.over = map[int64]*part{}, map[int64]bool{}
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
	}
	s.soon(func() { w.open(f, d.Restore) })
}

// open restores and starts all tasks. Restoring commits what the snapshot says
// was waiting for it.
func (w *simWorker) open(f *flow, restore string) {
	if w.flow != f || !w.alive {
		return
	}
	for _, t := range w.tasks {
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
		if w.flow != f || !w.alive {
			return
		}
		for _, t := range w.tasks {
			if t.state() == control.Initializing {
				w.enter(t, control.Running)
			}
		}
	})
}

func (w *simWorker) cancel() {
	tasks, epoch := w.tasks, w.flow.epoch
	w.drop()
	for _, t := range tasks {
		w.tell(control.FromWorker{Task: &control.TaskUpdate{Epoch: epoch, Task: t.id(), State: control.Canceled}})
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
	p := w.part(t.Checkpoint)
	if p == nil {
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
				w.flow.barrier(task, t)
			}
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
	if p.trigger == nil || len(p.have) != len(w.tasks) || p.sent {
		return
	}
	p.sent = true
	f, t := w.flow, p.trigger
	w.s.after(w.s.ioTime(), func() {
		if !w.alive || w.flow != f || w.parts[t.Checkpoint] != p {
			return
		}
		folder := w.s.store[t.Dir]
		if w.s.outage || folder == nil {
			w.decline(t, "the folder is gone")
			return
		}
		ack := &control.CheckpointAck{Epoch: t.Epoch, Checkpoint: t.Checkpoint, Worker: w.id}
		for _, task := range w.tasks {
			id := task.id()
			file := fmt.Sprintf("%s-%d-%s", id.Vertex, id.Subtask, w.id)
			uid := "sum"
			if id.Vertex == "source" {
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
	w.tell(control.FromWorker{Decline: &control.CheckpointDecline{Epoch: t.Epoch, Checkpoint: t.Checkpoint, Task: w.tasks[0].id(), Reason: reason}})
}

func (w *simWorker) complete(checkpoint int64) {
	for _, t := range w.tasks {
		if sum, ok := t.(*sumTask); ok {
			sum.txns = w.s.commitAll(sum.txns, checkpoint)
		}
	}
	delete(w.parts, checkpoint)
	if checkpoint == w.writtenID && checkpoint == w.begun {
		w.confirmed = w.written
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
