package container

import (
	"sync/atomic"

	"github.com/weft-stream/weft/internal/plan"
	"github.com/weft-stream/weft/internal/task"
)

// creditsPerChannel is how many batches may be on their way over one channel:
// enough to keep both ends busy, few enough for a barrier not to wait long.
const creditsPerChannel = 6

// outbound is the sending end of a channel, whatever carries it.
type outbound struct {
	credits atomic.Int32
	owner   *mailbox // of the sending slot
	carry   carrier
	flow    flow // if the receiver is in another worker
}

// carrier takes what a channel sends to its receiver, in order, without waiting.
type carrier interface {
	data(task.Batch)
	control(k kind, value int64)
}

func newOutbound(owner *mailbox, carry carrier) *outbound {
	o := &outbound{owner: owner, carry: carry}
	o.credits.Store(creditsPerChannel)
	return o
}

// Send hands a batch over. The credit may become negative: see package task.
func (o *outbound) Send(b task.Batch) {
	o.credits.Add(-1)
	o.carry.data(b)
}

func (o *outbound) Watermark(w int64) { o.carry.control(watermark, w) }

func (o *outbound) Idle(on bool) {
	value := int64(0)
	if on {
		value = 1
	}
	o.carry.control(idle, value)
}

// giveBack returns credits, by any goroutine, and wakes a sender that had none.
func (o *outbound) giveBack(n int32) {
	if now := o.credits.Add(n); now > 0 && now-n <= 0 {
		o.owner.wake()
	}
}

// localCarrier leads to another slot of the same process.
type localCarrier struct {
	to   *inbound
	into *mailbox
}

func (c *localCarrier) data(b task.Batch) { c.into.put(envelope{to: c.to, kind: data, batch: b}) }

func (c *localCarrier) control(k kind, value int64) {
	c.into.put(envelope{to: c.to, kind: k, value: value})
}

// ownCarrier leads to another subtask of the same slot, which handles a batch at
// once if it can: its records are still in the processor's cache. It must not go
// through the mailbox: a batch that is handled at once would overtake what waits
// there, and then a barrier would not separate what it has to.
type ownCarrier struct {
	to *inbound
}

func (c *ownCarrier) data(b task.Batch) {
	in := c.to
	t := in.task
	s := t.slot
	if !in.clear || s.rushing || in.recording > 0 { // what is queued is written down
		c.push(envelope{to: in, kind: data, batch: b})
		return
	}
	sender := s.current
	s.current = t
	from := 0
	for from < b.Len() {
		to := t.chain.Process(in.input, b, from)
		s.pace.lap(to - from)
		if from = to; s.pace.slow() {
			break
		}
	}
	s.current = sender
	if from < b.Len() { // the rest would keep what is waiting for the slot's turn too long
		c.push(envelope{to: in, kind: data, batch: b})
		in.from = from
		return
	}
	b.Release()
	in.credit()
}

func (c *ownCarrier) control(k kind, value int64) {
	c.push(envelope{to: c.to, kind: k, value: value})
}

func (c *ownCarrier) push(e envelope) {
	c.to.push(e)
	c.to.task.slot.more = true
}

// inbound is the receiving end of a channel. Its slot owns it.
type inbound struct {
	task      *subtask
	input     int
	queue     []envelope // what waits to be handled, oldest first
	at        int        // first of the queue
	from      int        // records of the first batch that are handled
	clear     bool       // a batch from this slot need not wait: nothing waits before it, and no barrier holds it
	blocked   bool       // its barrier has come, others are awaited
	ended     bool
	idle      bool
	ahead     bool       // its watermark waits for work that was put off
	recording int        // what comes is in flight, in the snapshot as channel recording - 1; 0: it is not
	rank      int        // inputs of lower ranks go first: see recover.go
	state     plan.State // that a snapshot keeps what is in flight in
	watermark int64
	sender    *outbound                    // if it is in this process
	remote    atomic.Pointer[remoteCredit] // if it is not
}

// credit gives the credit for a batch back.
func (in *inbound) credit() {
	if in.sender != nil {
		in.sender.giveBack(1)
	} else if r := in.remote.Load(); r != nil {
		r.give()
	}
}

func (in *inbound) empty() bool { return in.at == len(in.queue) }

func (in *inbound) push(e envelope) {
	if in.at == len(in.queue) && in.at > 0 {
		in.queue, in.at = in.queue[:0], 0
	}
	in.queue = append(in.queue, e)
	in.clear = false
	if in.recording > 0 {
		in.task.note(in, &e, 0)
	}
}

func (in *inbound) pop() {
	in.queue[in.at] = envelope{}
	in.at++
	in.from = 0
}
