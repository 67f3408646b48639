package stream

import (
	"encoding/binary"

	"github.com/weft-stream/weft/internal/keygroup"
	"github.com/weft-stream/weft/internal/task"
)

// windowClock is the time up to which a window operator has closed windows. It
// is a state of the operator: without it a record that was too late before a
// restore would open its window again after it, and the window had two results.
//
// Subtasks stand at different times when windows are in processing time. So a
// restored clock knows the time of each key group: a window that was closed for
// some keys of the subtask and not for others is closed for the others only.
type windowClock struct {
	current     int64 // windows that end then or before are closed
	first, last int   // the subtask's key groups
	max         int   // key groups of the job
	restored    []int64
	highest     int64 // of restored
	ended       bool
	before      int64 // current, when the end of time came
}

// end notes that the end of time has come. Windows close by it, but snapshots
// keep the time before it: a job that was stopped with its windows ended, and is
// started again from there, gets more records, and they are not late.
func (c *windowClock) end() {
	if !c.ended {
		c.ended, c.before = true, c.current
	}
}

func newWindowClock(ctx *task.Context) windowClock {
	return windowClock{current: noTime, highest: noTime, first: ctx.FirstKeyGroup, last: ctx.LastKeyGroup, max: ctx.Vertex.MaxParallelism}
}

// wasClosed tells whether the window with this end was closed before the restore
// for the key with this hash.
func (c *windowClock) wasClosed(hash uint64, end int64) bool {
	return end <= c.highest && c.restored[keygroup.Of(hash, c.max)-c.first] >= end
}

// open sets the clock to the least of the restored times.
func (c *windowClock) open() {
	if c.restored == nil {
		return
	}
	c.current = c.restored[0]
	for _, t := range c.restored {
		c.current, c.highest = min(c.current, t), max(c.highest, t)
	}
}

const clockFrame = 24 // the time, the first and the last key group

func (c *windowClock) name() string { return "clock" }

func (c *windowClock) begin(_ int64, uid string, sink task.Sink) error {
	for kg := c.first; kg <= c.last; {
		t, end := c.of(kg), kg+1
		for end <= c.last && c.of(end) == t {
			end++
		}
		frame := make([]byte, 0, clockFrame)
		for _, v := range []int64{t, int64(kg), int64(end - 1)} {
			frame = binary.LittleEndian.AppendUint64(frame, uint64(v))
		}
		sink.Keyed(uid, c.name(), task.Base, kg, end-1, 1, frame)
		kg = end
	}
	return nil
}

// of returns the time of a key group, as snapshots keep it.
func (c *windowClock) of(kg int) int64 {
	current := c.current
	if c.ended {
		current = c.before
	}
	if current >= c.highest {
		return current
	}
	return max(current, c.restored[kg-c.first])
}

func (c *windowClock) restore(frame []byte) error {
	if len(frame) != clockFrame {
		return errShortFrame
	}
	t := int64(binary.LittleEndian.Uint64(frame))
	first, last := binary.LittleEndian.Uint64(frame[8:]), binary.LittleEndian.Uint64(frame[16:])
	if c.restored == nil {
		c.restored = make([]int64, c.last-c.first+1)
		for i := range c.restored {
			c.restored[i] = noTime
		}
	}
	for i := range c.restored {
		if kg := uint64(c.first + i); first <= kg && kg <= last {
			c.restored[i] = t
		}
	}
	return nil
}

func (c *windowClock) written(string, string) error { return nil }
func (c *windowClock) restoreList([][]byte) error   { return errWrongKind }
func (c *windowClock) step() bool                   { return true }
func (c *windowClock) abort()                       {}
