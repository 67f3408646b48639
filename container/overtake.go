package container

import (
	"time"

	"github.com/weft-stream/weft/internal/control"
	"github.com/weft-stream/weft/internal/inflight"
	"github.com/weft-stream/weft/internal/task"
)

// An unaligned checkpoint: barriers overtake the records before them. A subtask
// freezes its state when it learns of the first barrier, wherever in a queue that
// stands, and sends barriers on at once. What is queued on an input before its
// barrier, or still comes before it, is in flight: it becomes part of the snapshot
// and is handled as always.
//
// That overtaking at the receiver is enough follows from the way records travel:
// credit keeps a sender from making more, but what it has sent, barriers too, is
// never held up on its way into the receiver's queue.
//
// The barriers themselves are those of an aligned checkpoint. Each worker knows
// from its own clock, by the settings, when those of a checkpoint that has begun
// aligned may wait no longer. So one part of a job may have been aligned when the
// other is overtaken: a subtask's snapshot and what is in flight into it belong
// together, whichever way they came about.

// hasten lets the barriers of a checkpoint overtake records when they have waited
// as long as the settings say. Savepoints, and what the job shall stand still after,
// are always aligned: nothing is in flight that a changed plan could have no way for.
func (d *deployment) hasten(order *control.TriggerCheckpoint) {
	if !d.settings.unaligned || order.Savepoint || order.Stop {
		return
	}
	e := envelope{kind: overtake, value: order.Checkpoint}
	if d.settings.alignedTimeout == 0 {
		d.tell(e)
		return
	}
	time.AfterFunc(d.settings.alignedTimeout, func() { d.tell(e) })
}

// overtake has all subtasks that know of the checkpoint and have not taken part in
// it do so now, senders first: a barrier goes through the slot in one turn, unless
// a chain has put work off. That is done first, a slice in each turn: the state is
// then that of a moment between two records, and what is sent is in flight to its
// receivers. It returns whether there is more of such work.
func (s *slot) overtake() (busy bool) {
	missing := false
	s.rushing = true
	for _, t := range s.tasks {
		switch {
		case t.finished || t.last >= s.overtaking:
		case !t.hears(s.overtaking):
			missing = true
		default:
			s.current = t
			if t.left != task.Nothing {
				t.work() // credit or not: a barrier does not wait for it
			}
			if t.left != task.Nothing {
				missing, busy = true, true
			} else {
				t.overtake(s.overtaking)
			}
		}
	}
	s.rushing = false
	if !missing {
		s.overtaking = 0
	}
	return busy
}

// hears tells whether a checkpoint has reached the subtask: a source that was told
// to start it, a barrier anywhere in an input, or the end of all inputs, where none
// will come.
func (t *subtask) hears(checkpoint int64) bool {
	if t.source {
		return t.pending != nil && t.pending.id == checkpoint
	}
	if t.aligning != nil && t.aligning.checkpoint == checkpoint {
		return true
	}
	over := true
	for _, in := range t.inputs {
		ended := in.ended
		for i := in.at; i < len(in.queue); i++ {
			e := &in.queue[i]
			if e.kind == barrier && markOf(e.value).id == checkpoint {
				return true
			}
			ended = ended || e.kind == end
		}
		over = over && ended
	}
	return over
}

// overtake freezes the state now.
func (t *subtask) overtake(checkpoint int64) {
	since := t.slot.now()
	crossed := make([]bool, len(t.inputs))
	if a := t.aligning; a != nil && a.checkpoint == checkpoint {
		since = a.since
		for i, in := range t.inputs {
			crossed[i] = in.blocked
		}
	}
	t.pending = nil
	t.release()
	t.freeze(t.slot.order.mark(), since)
	if t.snapshot != nil {
		t.record(crossed)
		t.stepSnapshot()
	}
}

// record writes down what is in flight into the subtask: what is queued, and what
// will come until the barrier does. Nothing is on an input that the barrier has
// crossed already.
func (t *subtask) record(crossed []bool) {
	c := t.snapshot
	c.ack.Unaligned = true
	for i, in := range t.inputs {
		if in.ended && (in.rank < t.rank || t.rank == t.recovered) {
			continue
		}
		c.heads = append(c.heads, channelHead{in: in, channel: i, watermark: in.watermark, idle: in.idle})
		if !crossed[i] && !in.ended {
			in.recording = i + 1
			c.open++
		}
	}
	for _, in := range t.inputs {
		from := in.from
		for i := in.at; i < len(in.queue) && in.recording > 0; i++ {
			t.note(in, &in.queue[i], from)
			from = 0
		}
	}
}

// note adds to the snapshot what has come on an input that is recorded.
func (t *subtask) note(in *inbound, e *envelope, from int) {
	c, channel := t.snapshot, in.recording-1
	switch e.kind {
	case data:
		head := inflight.AppendHead(nil, inflight.Records, channel, in.rank)
		c.inFlight(in, int64(e.batch.Len()-from), e.batch.AppendRows(head, from))
	case watermark:
		c.inFlight(in, 0, inflight.AppendValue(nil, inflight.Watermark, channel, in.rank, e.value))
	case idle:
		c.inFlight(in, 0, inflight.AppendValue(nil, inflight.Idle, channel, in.rank, e.value))
	case barrier, end:
		if e.kind == barrier && markOf(e.value).id < c.checkpoint {
			return // left over from a checkpoint that was given up
		}
		in.recording = 0
		c.open--
		t.deliver()
	}
}

// channelHead is where an input stood when the state was frozen.
type channelHead struct {
	in        *inbound
	channel   int
	watermark int64
	idle      bool
}

// inFlight takes one element of an input, after the heads of all inputs.
func (c *contribution) inFlight(in *inbound, records int64, frame []byte) {
	heads := c.heads
	c.heads = nil
	for _, h := range heads {
		c.element(h.in, 0, inflight.AppendValue(nil, inflight.Watermark, h.channel, h.in.rank, h.watermark))
		if h.idle {
			c.element(h.in, 0, inflight.AppendValue(nil, inflight.Idle, h.channel, h.in.rank, 1))
		}
	}
	c.element(in, records, frame)
}

func (c *contribution) element(in *inbound, records int64, frame []byte) {
	c.ack.InFlight += int64(len(frame))
	s := c.of(c.task.vertex.Operators[0].UID).own.State(in.state.Name)
	if in.state.Kind != inflight.Keyed {
		s.AppendPlain(records, frame)
		return
	}
	first, last := keygroupRange(c.task)
	s.Append(first, last, records, frame)
}
