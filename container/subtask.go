package container

import (
	"github.com/weft-stream/weft/internal/control"
	"github.com/weft-stream/weft/internal/plan"
	"github.com/weft-stream/weft/internal/state"
	"github.com/weft-stream/weft/internal/task"
)

// subtask is one subtask in its slot: a chain, the channels into it and out of
// it, and where it stands with watermarks and barriers.
type subtask struct {
	slot    *slot
	id      control.TaskID
	vertex  *plan.Vertex
	chain   task.Chain
	store   *state.Store // nil if its state is in memory
	inputs  []*inbound
	outputs []*outbound
	gates   []*outbound // outputs whose credit is needed before it may run: its own and those of receivers in its slot
	turn    int         // input to look at first

	rank      int // of the inputs that are handled now
	recovered int // ranks of inputs that bring what was in flight: 0, but for a while after a restore

	source  bool
	polling task.Next
	pollAt  int64     // when to poll a waiting source, 0 for never
	awake   bool      // it asked to be polled before that
	paused  bool      // a source that stopped at a barrier
	left    task.Left // work that the chain has put off
	behind  bool      // watermarks have come meanwhile
	urgency int       // slices of that work in a step, above 1 if watermarks come faster than it is done

	watermark int64 // handed to the chain
	allIdle   bool
	timerAt   int64

	aligning *alignment
	snapshot *contribution    // being written
	pending  *checkpointOrder // of a source: to be started when no work is put off
	draining *checkpointOrder // of a source: the last watermark has gone ahead
	last     int64            // highest checkpoint that it took part in
	ended    bool             // all inputs ended
	finished bool
	lineage  lineage
}

// alignment is a checkpoint whose barriers are coming in.
type alignment struct {
	checkpoint int64
	mark       mark
	since      int64 // ms
}

// ready tells whether the subtask may run: every channel that it might send on has credit.
func (t *subtask) ready() bool {
	for _, o := range t.gates {
		if o.credits.Load() <= 0 {
			return false
		}
	}
	return true
}

// step does a bounded piece of what there is to do and tells whether it did any.
func (t *subtask) step(now int64) bool {
	if t.finished {
		return false
	}
	t.slot.current = t
	busy := t.stepSnapshot()
	if !t.ready() {
		t.slot.held = true
		return busy
	}
	switch {
	case t.left != task.Nothing:
		t.hurry()
		if t.left == task.Loose {
			t.receive()
		}
		return true
	case t.pending != nil:
		t.startCheckpoint()
		return true
	}
	if now >= t.timerAt && !t.paused {
		t.timerAt = task.EndOfTime
		t.timerAt = min(t.timerAt, t.chain.Timer(now))
		t.slot.pace.lap(t.slot.pace.stride)
		t.work()
	}
	switch {
	case t.ended:
		t.finish()
		return true
	case t.source:
		return t.poll(now) || busy
	}
	return t.receive() || busy
}

// work lets the chain do a slice of what it put off. After the last one time moves
// on, if it could not before.
func (t *subtask) work() {
	t.left = t.chain.Work()
	t.slot.pace.lap(t.slot.pace.stride)
	if t.left == task.Nothing && t.behind {
		t.catchUp()
	}
	t.markClear()
}

// mostUrgent bounds the slices of a step: some thousand keys.
const mostUrgent = 16

// hurry does as many slices as it takes to be done before the next watermark.
func (t *subtask) hurry() {
	for n := max(1, t.urgency); n > 0 && t.left != task.Nothing && t.ready(); n-- {
		t.work()
	}
	if t.left == task.Nothing {
		t.urgency /= 2
	}
}

// fallBehind notes that a watermark has come before work that was put off is done.
// Records that follow are handled, but for one watermark of each input only: who
// makes more of them than the work bears has to wait.
func (t *subtask) fallBehind(in *inbound) {
	in.ahead, t.behind = true, true
	t.urgency = min(max(2, 2*t.urgency), mostUrgent)
}

func (t *subtask) catchUp() {
	t.behind = false
	for _, in := range t.inputs {
		in.ahead = false
	}
	t.advance()
}

// markClear tells senders of this slot which ways are open.
func (t *subtask) markClear() {
	for _, in := range t.inputs {
		in.clear = t.left != task.Strict && !in.blocked && !in.ended && in.rank == t.rank && in.empty()
	}
}

func (t *subtask) poll(now int64) bool {
	if t.paused || t.polling == task.Wait && !t.awake && (t.pollAt == 0 || now < t.pollAt) {
		return false
	}
	t.awake = false
	t.polling, t.pollAt = t.chain.Poll()
	t.slot.pace.lap(t.slot.pace.stride)
	switch t.polling {
	case task.End:
		t.endInput()
		return true
	case task.Wait:
		return false
	}
	return true
}

// batchesPerStep bounds what a subtask handles before others have their turn.
const batchesPerStep = 4

// receive handles what came in, one input after the other.
func (t *subtask) receive() bool {
	busy := false
	for i := range t.inputs {
		in := t.inputs[(t.turn+i)%len(t.inputs)]
		for n := 0; n < batchesPerStep && t.takes(in); n++ {
			busy = true
			if !t.handle(in) || t.left == task.Strict || t.ended || !t.ready() {
				t.turn = (t.turn + i) % len(t.inputs)
				return true
			}
			if t.slot.pace.slow() {
				t.turn = (t.turn + i + 1) % len(t.inputs)
				return true
			}
		}
	}
	if len(t.inputs) > 0 {
		t.turn = (t.turn + 1) % len(t.inputs)
	}
	return busy
}

// takes tells whether there is something that may be handled now: while work is
// put off, nothing but records and one watermark, if the chain takes them.
func (t *subtask) takes(in *inbound) bool {
	switch {
	case in.blocked || in.empty() || in.rank != t.rank:
		return false
	case t.left != task.Loose:
		return t.left == task.Nothing
	}
	next := in.queue[in.at].kind
	return next == data || next == watermark && !in.ahead && t.slot.overtaking == 0
}

// handle deals with the first of an input's queue. It returns false if a batch
// was only begun.
func (t *subtask) handle(in *inbound) bool {
	e := &in.queue[in.at]
	switch e.kind {
	case data:
		from := in.from
		in.from = t.chain.Process(in.input, e.batch, from)
		t.slot.pace.lap(in.from - from)
		if in.from < e.batch.Len() {
			return t.ready()
		}
		e.batch.Release()
		in.pop()
		in.credit()
	case watermark:
		in.watermark = e.value
		in.pop()
		if t.left != task.Nothing {
			t.fallBehind(in)
		} else {
			t.advance()
		}
	case idle:
		in.idle = e.value == 1
		in.pop()
		t.advance()
	case barrier:
		m := markOf(e.value)
		in.pop()
		t.barrier(in, m)
	case end:
		in.pop()
		in.ended = true
		if in.rank < t.recovered {
			t.recoveredEnd()
			break
		}
		t.advance()
		t.inputEnded()
	}
	if in.empty() {
		t.markClear()
	}
	return true
}

// advance combines the inputs' watermarks and tells the chain of a new one: the
// least of those that count. When none counts any more, time has come as far as
// the furthest of them.
func (t *subtask) advance() {
	least, furthest, idle := int64(task.EndOfTime), int64(task.NoTime), true
	for _, in := range t.inputs {
		if in.rank != t.rank || in.ended && t.rank == t.recovered {
			continue
		}
		furthest = max(furthest, in.watermark)
		if !in.idle {
			idle = false
			least = min(least, in.watermark)
		}
	}
	if t.allEnded() {
		return
	}
	if t.allIdle && !idle {
		t.allIdle = false
		t.chain.Idle(false)
	}
	if idle {
		least = furthest
	}
	if least > t.watermark {
		t.watermark = least
		t.chain.Watermark(least)
		t.work()
	}
	if idle && !t.allIdle {
		t.allIdle = true
		t.chain.Idle(true)
	}
}

func (t *subtask) allEnded() bool {
	for _, in := range t.inputs {
		if !in.ended {
			return false
		}
	}
	return true
}

func (t *subtask) inputEnded() {
	if t.allEnded() {
		t.endInput()
		return
	}
	t.checkAligned()
}

// endInput passes the last watermark on; the rest follows when the chain has
// done what that makes due.
func (t *subtask) endInput() {
	t.ended = true
	if t.watermark < task.EndOfTime {
		t.watermark = task.EndOfTime
		t.chain.Watermark(task.EndOfTime)
	}
	t.work()
}

// finish ends the subtask after all its input. Its chain stays open until the
// job ends: sinks have yet to commit.
func (t *subtask) finish() {
	t.chain.Finish()
	for _, o := range t.outputs {
		o.carry.control(end, 0)
	}
	t.finished = true
	t.pending, t.aligning = nil, nil
	for t.snapshot != nil { // begun before the end: it holds the state of its barrier
		t.stepSnapshot()
	}
	t.slot.report(t, control.Finished, nil)
	if order := t.slot.order; order != nil && order.id > t.last {
		t.contributeLast(order)
	}
}
