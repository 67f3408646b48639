package coordinator

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/weft-stream/weft/internal/control"
	"github.com/weft-stream/weft/internal/snapshot"
)

// startMaster starts an attempt with what storage holds.
func (s *sim) startMaster() {
	s.attempts++
	cfg := s.cfg
	cfg.FirstEpoch = int64(s.attempts) << 20
	if s.attempts > 1 {
		s.finishDeletions()
		if r := cfg.Restore; r != nil && s.store[r.Path] == nil {
			cfg.Restore = nil // deleted since: it was claimed
		}
		cfg.Recovered = &Recovered{Operations: slices.Clone(s.oplog)}
		for _, dir := range slices.Sorted(maps.Keys(s.store)) {
			f := s.store[dir]
			snap := Snapshot{ID: f.id, Dir: dir, Size: f.size, Pinned: f.pinned}
			switch {
			case f.foreign || f.savepoint:
			case f.meta != nil:
				snap.Completed, snap.Epoch = time.UnixMilli(f.meta.Completed), f.meta.Epoch
				snap.Shared = snapshot.SharedFiles(f.meta)
				cfg.Recovered.Completed = append(cfg.Recovered.Completed, snap)
			default:
				cfg.Recovered.Unfinished = append(cfg.Recovered.Unfinished, snap)
			}
		}
		slices.SortFunc(cfg.Recovered.Completed, func(a, b Snapshot) int { return int(a.ID - b.ID) })
		s.recoverWidth(&cfg)
	}
	s.master = &simMaster{job: New(cfg)}
	s.check.newMaster()
	s.logf("master %d starts", s.attempts)
	for _, w := range s.workers {
		if w.alive && !w.orphan && !s.chance(0.05) {
			s.step(ContainerAllocated{Worker: w.id, Host: "h"})
			if s.master == nil {
				return
			}
		}
	}
	s.step(Tick{})
	if s.master != nil {
		s.check.promised(s, s.master.job.View().Operations)
	}
}

// killMaster ends the attempt; what it had begun to write is there, or not.
func (s *sim) killMaster() {
	m := s.master
	if m == nil || s.calm || s.ended != "" {
		return
	}
	s.logf("master %d dies", s.attempts)
	s.master = nil
	s.pending = 0
	s.killEffect = 0
	for _, f := range m.inflight {
		if f != nil {
			f(true)
		}
	}
	s.writes = 0
	for _, w := range s.workers {
		w.lose(w.conn)
	}
	s.after(s.between(200*time.Millisecond, 4*time.Second), s.startMaster)
}

// step gives the master an event and does what it wants done, up to the effect
// at which it is to die.
func (s *sim) step(e Event) {
	m := s.master
	if m == nil || m.job.Settled() { // that one has stopped
		return
	}
	if s.verbose {
		if wm, ok := e.(WorkerMessage); !ok || wm.Message.Report == nil {
			s.logf("  event %s", showEvent(e))
		}
	}
	effects := m.job.Step(s.now, e)
	defer func() {
		if s.unheard && s.master == m {
			s.killMaster()
		}
		s.unheard = false
	}()
	for _, effect := range effects {
		if s.killEffect > 0 {
			if s.killEffect--; s.killEffect == 0 {
				s.killMaster()
			}
		}
		if s.master != m {
			return
		}
		if s.verbose {
			s.logf("    effect %s", (&scenario{regions: map[int]*control.Deploy{}}).show(effect))
		}
		s.check.effect(s, effect)
		s.do(m, effect)
	}
	if s.master != m {
		return
	}
	if s.chance(0.01) {
		s.check.view(s, m.job.View())
	}
	if at := m.job.NextDeadline(); !at.IsZero() && (m.tick.IsZero() || at.Before(m.tick) || !m.tick.After(s.now)) {
		if !at.After(s.now) {
			s.violatef("the deadline %v is not in the future (%s)", at, s.describe())
		}
		m.tick = at
		s.queue.add(at, func() {
			if s.master == m {
				s.step(Tick{})
			}
		})
	}
}

func showEvent(e Event) string {
	if wm, ok := e.(WorkerMessage); ok {
		switch m := wm.Message; {
		case m.Hello != nil:
			return fmt.Sprintf("hello of %s on %d: epochs %v, %d tasks, last %d", m.Hello.Worker, wm.Conn, m.Hello.Epochs(), len(m.Hello.Tasks), m.Hello.LastCheckpoint)
		case m.Task != nil:
			return fmt.Sprintf("task on %d: %v", wm.Conn, *m.Task)
		case m.Ack != nil:
			return fmt.Sprintf("ack of %s: %d", m.Ack.Worker, m.Ack.Checkpoint)
		}
	}
	return fmt.Sprintf("%T%+v", e, e)
}

// later does something for the master unless it dies before: then dying says
// what is left of it.
func (s *sim) later(m *simMaster, d time.Duration, do func(dies bool)) {
	i := len(m.inflight)
	m.inflight = append(m.inflight, do)
	s.after(d, func() {
		if s.master == m {
			m.inflight[i] = nil
			do(false)
		}
	})
}

var errStorage = errors.New("storage does not answer")

func (s *sim) do(m *simMaster, effect Effect) {
	switch e := effect.(type) {
	case Send:
		s.sendToWorker(e)
	case EnsureContainers:
		s.wanted = e.N
		s.provision()
	case ReleaseContainer:
		for _, w := range s.workers {
			if w.id == e.Worker && !w.orphan {
				w.die("released")
			}
		}
	case PrepareCheckpoint:
		s.prepare(m, e)
	case WriteMetadata:
		s.writeMetadata(m, e)
	case DeleteShared:
		s.removeShared(m, e)
	case DeleteSnapshot:
		if !e.Last || !s.unheard { // the last one waits for the cluster
			s.remove(m, e)
		}
	case PersistOperations:
		s.persist(m, e)
	case OperationChanged:
		s.check.operation(s, e.Operation)
	case RequestRefused:
		s.check.refused(e.ID)
	case Finish:
		if !s.calm && s.chance(0.2) {
			s.logf("the cluster is not told of the end")
			// What storage did not take down in time is told by a master that may die after
			// it, and then the next one knows nothing of it: a limit that wrapUp has.
			p := &m.job.persist
			if s.unheard = s.chance(0.5) && !p.dirty && p.writing == nil; !s.unheard {
				s.killMaster()
			}
			return
		}
		s.ended = e.State
		s.logf("the job is %s: %s", e.State, e.Diagnostics)
	}
}

// ioTime draws how long storage takes.
func (s *sim) ioTime() time.Duration {
	if s.chance(0.05) && !s.calm {
		return s.between(0, 5*time.Second)
	}
	return s.between(time.Millisecond, 60*time.Millisecond)
}

func (s *sim) ioFails() bool { return s.outage || !s.calm && s.chance(0.03) }

func (s *sim) persist(m *simMaster, e PersistOperations) {
	fails := s.ioFails()
	s.later(m, s.ioTime(), func(dies bool) {
		if !fails && (!dies || s.chance(0.5)) {
			s.oplog = e.Operations
		}
		if dies {
			return
		}
		answer := OperationsPersisted{Seq: e.Seq}
		if fails {
			answer.Err = errStorage
		}
		s.step(answer)
	})
}

// provision allocates containers up to the wanted number.
func (s *sim) provision() {
	m := s.master
	alive := s.pending
	for _, w := range s.workers {
		if w.alive && !w.orphan {
			alive++
		}
	}
	for ; alive < min(s.wanted, s.wide.room); alive++ {
		s.pending++
		s.after(s.between(300*time.Millisecond, 2500*time.Millisecond), func() {
			if s.master != m {
				return
			}
			s.pending--
			s.created++
			w := &simWorker{s: s, id: fmt.Sprintf("c%d", s.created), alive: true, lostAt: s.now}
			s.workers = append(s.workers, w)
			s.step(ContainerAllocated{Worker: w.id, Host: "h"})
			if !s.calm && s.chance(0.03) {
				s.soon(func() { w.die("ends at its start") })
				return
			}
			s.soon(w.connect)
		})
	}
}

// containerEnded has the provider tell, and replace, what ended.
func (s *sim) containerEnded(w *simWorker, preempted bool) {
	s.after(s.between(50*time.Millisecond, 2500*time.Millisecond), func() {
		s.step(ContainerLost{Worker: w.id, Exit: 137, Preempted: preempted})
	})
	if s.master != nil {
		s.provision()
	}
}

func (s *sim) faultMaster() { s.killMaster() }

// faultEffect has the master die in the middle of what it does next.
func (s *sim) faultEffect() { s.killEffect = 1 + s.rng.IntN(12) }

func (s *sim) faultStorage() {
	s.outage = true
	s.logf("storage fails")
	s.after(s.between(0, 6*time.Second), func() { s.outage = false })
}

func (s *sim) anyWorker() *simWorker {
	var alive []*simWorker
	for _, w := range s.workers {
		if w.alive {
			alive = append(alive, w)
		}
	}
	if len(alive) == 0 {
		return nil
	}
	return alive[s.rng.IntN(len(alive))]
}

func (s *sim) faultWorker() {
	if w := s.anyWorker(); w != nil {
		w.preempted = s.chance(0.2)
		w.die("killed")
	}
}

// faultOrphan takes a machine out of the cluster's sight, with its worker running on.
// What follows is the worst: when others have done its work for a while, they and the
// master die, and it comes back.
func (s *sim) faultOrphan() {
	w := s.anyWorker()
	if w == nil || s.calm {
		return
	}
	s.logf("%s is cut off", w.id)
	w.orphan = true
	w.cutOff = s.now.Add(s.between(time.Second, s.cfg.Times.Lease))
	w.lose(w.conn)
	s.containerEnded(w, false)
	s.after(w.cutOff.Sub(s.now)-s.between(0, time.Second), func() {
		s.faultMaster()
		if other := s.anyWorker(); other != nil && other != w && s.chance(0.7) && !s.calm {
			other.die("killed with the master")
		}
	})
}

func (s *sim) faultConnection() {
	if w := s.anyWorker(); w != nil && w.conn != nil {
		s.logf("the connection of %s breaks", w.id)
		w.lose(w.conn)
	}
}

// faultMute holds back all that a worker says.
func (s *sim) faultMute() {
	if w := s.anyWorker(); w != nil && w.conn != nil {
		s.logf("%s is not heard", w.id)
		w.incidents++
		w.conn.toMaster = s.now.Add(s.between(0, 10*time.Second))
	}
}

func (s *sim) faultTask() {
	if w := s.anyWorker(); w != nil && len(w.tasks) > 0 {
		w.failTask(nil)
	}
}

// sendToWorker carries a message, unless its connection breaks meanwhile.
func (s *sim) sendToWorker(e Send) {
	for _, w := range s.workers {
		if c := w.conn; c != nil && c.id == e.Conn {
			if c.w.id != e.Worker {
				s.violatef("a message for %s goes to %s", e.Worker, c.w.id)
			}
			message := e.Message
			c.carry(&c.toWorker, func() { w.receive(c, message) })
			if !s.calm && s.chance(0.01) && (message.Complete != nil || message.Abort != nil || message.Trigger != nil) {
				c.carry(&c.toWorker, func() { w.receive(c, message) })
			}
		}
	}
}

// conn is one connection: messages of a direction arrive in order or, when it
// breaks, not at all.
type conn struct {
	id                 int64
	w                  *simWorker
	broken             bool
	toMaster, toWorker time.Time // the last message arrives
}

func (c *conn) carry(last *time.Time, arrive func()) {
	s := c.w.s
	*last = later(*last, s.now.Add(s.between(time.Millisecond, 30*time.Millisecond)))
	s.queue.add(*last, func() {
		if !c.broken {
			arrive()
		}
	})
}

func (c *conn) say(m control.FromWorker) {
	deliver := func() { c.w.s.step(WorkerMessage{Conn: c.id, Message: m}) }
	c.carry(&c.toMaster, deliver)
	if s := c.w.s; !s.calm && s.chance(0.01) {
		c.carry(&c.toMaster, deliver)
	}
}
