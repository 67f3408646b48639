package container

import (
	"time"

	"github.com/weft-stream/weft/internal/task"
)

// longCall is how long a call of a chain may take. What a slot is told (by the
// master, by a barrier that may not wait) waits for the call's end.
const longCall = 20 * time.Millisecond

// pace has calls of slow chains handle fewer records at once.
type pace struct {
	stride int // records: see task.Context
	epoch  time.Time
	mark   time.Duration // since epoch: when the call began
}

func newPace() pace { return pace{stride: task.MaxStride, epoch: time.Now()} }

// start begins to measure.
func (p *pace) start(now time.Time) { p.mark = now.Sub(p.epoch) }

// lap notes that a call ended that has handled so many records. The next begins.
func (p *pace) lap(records int) {
	now := time.Since(p.epoch)
	took := now - p.mark
	p.mark = now
	switch {
	case took > longCall:
		p.stride = max(1, min(p.stride, int(time.Duration(records)*longCall/took)))
	case p.stride < task.MaxStride && records >= p.stride && took < longCall/2:
		p.stride = min(2*p.stride, task.MaxStride)
	}
}

// slow tells whether records take so long that each call ends a turn.
func (p *pace) slow() bool { return p.stride < task.MaxStride }
