package container

import (
	"time"

	"github.com/weft-stream/weft/internal/control"
	"github.com/weft-stream/weft/internal/snapshot"
	"github.com/weft-stream/weft/internal/state"
	"github.com/weft-stream/weft/internal/task"
)

// A checkpoint in a slot: the order comes from the master. Sources put a barrier
// into their outputs; a subtask that has a barrier from every input freezes its
// state, sends barriers on, and writes the state out in slices between batches.
// An input whose barrier has come waits for the others: that is what makes the
// state one of exactly the records before the barrier.

// checkpointOrder is a checkpoint that the master wants.
type checkpointOrder struct {
	id        int64
	stop      bool // sources send nothing after the barrier
	drain     bool // and the last watermark before it
	chained   bool // see mark
	full      bool
	triggered int64 // ms, this machine's clock
}

func (o *checkpointOrder) mark() mark { return mark{o.id, o.chained, o.full} }

// contribution is one subtask's part of a checkpoint while it is written.
type contribution struct {
	task       *subtask
	checkpoint int64
	mark       mark
	parts      []*operatorPart
	chains     map[stateName][]snapshot.Handle // of the states that are chained: what was before
	spool      *snapshot.Spool                 // nil: what is written stays in memory until it is uploaded
	ack        control.SubtaskAck
	aligned    int64         // ms, when the state was frozen
	heads      []channelHead // of all inputs, while nothing is known to be in flight
	open       int           // inputs on which more may be in flight
	written    bool          // the state is
}

// startCheckpoint starts a checkpoint at a source.
func (t *subtask) startCheckpoint() {
	order := t.pending
	if order.drain && t.draining == nil {
		t.draining = order
		t.chain.Watermark(task.EndOfTime)
		t.work()
		return
	}
	t.pending, t.draining = nil, nil
	if order.drain {
		t.chain.Finish()
	}
	t.paused = order.stop
	t.freeze(order.mark(), t.slot.now())
	t.stepSnapshot()
}

// barrier notes that an input's barrier has come.
func (t *subtask) barrier(in *inbound, m mark) {
	checkpoint := m.id
	if t.aligning != nil && t.aligning.checkpoint != checkpoint {
		if checkpoint < t.aligning.checkpoint {
			return // left over from a checkpoint that was given up
		}
		t.release()
	}
	if checkpoint <= t.last {
		return
	}
	if t.aligning == nil {
		t.aligning = &alignment{checkpoint: checkpoint, mark: m, since: t.slot.now()}
	}
	in.blocked = true
	t.markClear()
	t.checkAligned()
}

// checkAligned freezes the state if no barrier is missing.
func (t *subtask) checkAligned() {
	if t.aligning == nil {
		return
	}
	for _, in := range t.inputs {
		if !in.blocked && !in.ended {
			return
		}
	}
	a := t.aligning
	t.release()
	t.freeze(a.mark, a.since)
	t.stepSnapshot()
}

// release opens the inputs that waited.
func (t *subtask) release() {
	t.aligning = nil
	for _, in := range t.inputs {
		in.blocked = false
	}
	t.markClear()
}

// freeze fixes the state as it is, and sends barriers on. What the barrier cuts
// off travels without credit: a barrier never waits.
func (t *subtask) freeze(m mark, since int64) {
	start := t.slot.now()
	t.chain.Flush()
	for _, o := range t.outputs {
		o.carry.control(barrier, m.value())
	}
	t.begin(m, since)
	if t.snapshot != nil {
		t.snapshot.ack.SyncMS = t.slot.now() - start
	}
}

// begin freezes the chain's state. Its frames come with stepSnapshot.
func (t *subtask) begin(m mark, since int64) {
	checkpoint := m.id
	t.dropSnapshot()
	t.last = checkpoint
	now := t.slot.now()
	c := &contribution{task: t, checkpoint: checkpoint, mark: m, chains: map[stateName][]snapshot.Handle{}, aligned: now}
	c.spool = t.slot.deployed.worker.spools.of(t)
	c.ack = control.SubtaskAck{Task: t.id, Finished: t.finished, AlignmentMS: now - since}
	if order := t.slot.order; order != nil && order.id == checkpoint {
		c.ack.StartDelayMS = max(since-order.triggered, 0)
	}
	t.snapshot = c
	if err := t.chain.BeginSnapshot(checkpoint, c); err != nil {
		t.dropSnapshot()
		t.slot.decline(t, checkpoint, err)
	}
}

// stepSnapshot writes a slice of the frozen state; where records are slow, as many
// as take no longer than they do, for turns are few there.
func (t *subtask) stepSnapshot() bool {
	c := t.snapshot
	if c == nil || c.written {
		return false
	}
	start := time.Now()
	for !t.chain.StepSnapshot() {
		if !t.slot.pace.slow() || time.Since(start) > longCall {
			return true
		}
	}
	c.written = true
	c.ack.AsyncMS = t.slot.now() - c.aligned
	t.deliver()
	return true
}

// deliver hands the snapshot over when nothing of it is missing.
func (t *subtask) deliver() {
	c := t.snapshot
	if c.written && c.open == 0 {
		t.snapshot = nil
		t.slot.contribute(c)
	}
}

// dropSnapshot gives up the snapshot that is being written, if there is one.
func (t *subtask) dropSnapshot() {
	if t.snapshot == nil {
		return
	}
	t.chain.AbortSnapshot()
	t.snapshot = nil
	for _, in := range t.inputs {
		in.recording = 0
	}
}

// contributeLast gives the state of a subtask whose input has ended.
func (t *subtask) contributeLast(order *checkpointOrder) {
	t.begin(order.mark(), t.slot.now())
	for t.snapshot != nil {
		t.stepSnapshot()
	}
}

// forget gives up a checkpoint.
func (t *subtask) forget(checkpoint int64) {
	if t.pending != nil && t.pending.id <= checkpoint {
		t.pending, t.draining = nil, nil
	}
	if t.aligning != nil && t.aligning.checkpoint <= checkpoint {
		t.release()
	}
	if t.snapshot != nil && t.snapshot.checkpoint <= checkpoint {
		t.dropSnapshot()
	}
	if checkpoint >= t.last { // else it is old news, and a later stop may stand
		t.last, t.paused = checkpoint, false
	}
}

// operatorPart is what one operator of a subtask gives.
type operatorPart struct {
	uid    string
	own    *snapshot.Builder // what only this checkpoint needs
	shared *snapshot.Builder // what later ones may build upon
}

func (c *contribution) of(uid string) *operatorPart {
	for _, p := range c.parts {
		if p.uid == uid {
			return p
		}
	}
	p := &operatorPart{uid, snapshot.NewBuilder(), snapshot.NewBuilder()}
	for _, b := range []*snapshot.Builder{p.own, p.shared} {
		b.SpoolTo(c.spool)
		b.RecycleTo(state.Recycle)
	}
	c.parts = append(c.parts, p)
	return p
}

// Extent decides how much of a keyed state is written.
func (c *contribution) Extent(uid, state string, able bool) task.Extent {
	name := stateName{uid, state}
	extent, chain := c.task.lineage.extent(c.mark, c.task.id.Subtask, name, able)
	if extent != task.Whole {
		c.of(uid)
		c.chains[name] = chain
	}
	return extent
}

// Keyed takes a frame of keyed state.
func (c *contribution) Keyed(uid, state string, part task.Part, firstKG, lastKG int, entries int64, frame []byte) {
	b := c.of(uid).own
	if _, chained := c.chains[stateName{uid, state}]; chained {
		b = c.of(uid).shared
	}
	b.Part(state, snapshot.Part(part)).Append(firstKG, lastKG, entries, frame)
}

// List takes the entries of a list state, a frame each.
func (c *contribution) List(uid, state string, entries [][]byte) {
	s := c.of(uid).own.State(state)
	for _, e := range entries {
		s.AppendPlain(1, e)
	}
}
