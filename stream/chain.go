package stream

import (
	"fmt"

	"github.com/weft-stream/weft/internal/state"
	"github.com/weft-stream/weft/internal/task"
)

// chain implements task.Chain: one subtask's operators.
type chain struct {
	ops     []operator // inputs before their consumers
	names   []string   // their UIDs
	root    operator
	source  poller // the root, if it is a source
	heads   []head // by input
	routers []router
	uids    map[string]operator
	frozen  []stateHolder // of the snapshot being written, those with frames left
	store   *state.Store  // of its tables, nil if they are in memory; it is trimmed whenever no pointer into them is held
}

// poller is the operator of a source.
type poller interface {
	poll() (task.Next, int64)
	made() int64 // records
}

func (c *chain) Written(uid, state, key, values string) error {
	s, err := c.state(uid, state)
	if err != nil || s == nil {
		return err
	}
	if err := s.written(key, values); err != nil {
		return fmt.Errorf("state %q of %q: %w", state, uid, err)
	}
	return nil
}

func (c *chain) Restore(uid, state string, part task.Part, frame []byte) error {
	s, err := c.state(uid, state)
	if err != nil || s == nil {
		return err
	}
	if part == task.Base {
		err = s.restore(frame)
	} else {
		err = errWrongKind
		if t, ok := s.(tracker); ok {
			err = t.change(part, frame)
		}
	}
	if err != nil {
		return fmt.Errorf("state %q of %q: %w", state, uid, err)
	}
	c.store.Trim()
	return nil
}

func (c *chain) RestoreList(uid, state string, entries [][]byte) error {
	s, err := c.state(uid, state)
	if err != nil || s == nil {
		return err
	}
	if err := s.restoreList(entries); err != nil {
		return fmt.Errorf("state %q of %q: %w", state, uid, err)
	}
	return nil
}

// state finds a state by name; a state that the program no longer has is let go.
func (c *chain) state(uid, name string) (stateHolder, error) {
	op := c.uids[uid]
	if op == nil {
		return nil, fmt.Errorf("the task has no operator %q", uid)
	}
	for _, s := range op.states() {
		if s.name() == name {
			return s, nil
		}
	}
	return nil, nil
}

func (c *chain) Open(restored bool) error {
	for i := len(c.ops) - 1; i >= 0; i-- { // consumers first: an operator may emit when it opens
		if err := c.ops[i].open(restored); err != nil {
			return err
		}
	}
	return nil
}

func (c *chain) Process(input int, b task.Batch, from int) int {
	c.store.Trim()
	return c.heads[input].process(b, from)
}

func (c *chain) Poll() (task.Next, int64) { return c.source.poll() }

func (c *chain) Watermark(w int64) { c.root.watermark(w) }

func (c *chain) Idle(idle bool) { c.root.idle(idle) }

func (c *chain) Timer(now int64) int64 {
	c.store.Trim()
	next := int64(task.EndOfTime)
	for _, op := range c.ops {
		next = min(next, op.timer(now))
	}
	return next
}

func (c *chain) Work() task.Left {
	c.store.Trim()
	for _, op := range c.ops {
		if left := op.work(); left != task.Nothing {
			return left
		}
	}
	return task.Nothing
}

func (c *chain) Finish() {
	for _, op := range c.ops {
		op.finish()
	}
	c.Flush()
}

func (c *chain) Flush() {
	c.store.Trim()
	for _, op := range c.ops {
		op.flush()
	}
	for _, r := range c.routers {
		r.flush()
	}
}

func (c *chain) BeginSnapshot(checkpoint int64, sink task.Sink) error {
	c.AbortSnapshot()
	for i, op := range c.ops {
		for _, s := range op.states() {
			if err := s.begin(checkpoint, c.names[i], sink); err != nil {
				return fmt.Errorf("state %q of %q: %w", s.name(), c.names[i], err)
			}
			c.frozen = append(c.frozen, s)
		}
	}
	return nil
}

// StepSnapshot serialises some segments of one state: about 64 KiB.
func (c *chain) StepSnapshot() bool {
	c.store.Trim()
	for len(c.frozen) > 0 {
		last := len(c.frozen) - 1
		if !c.frozen[last].step() {
			return false
		}
		c.frozen = c.frozen[:last]
	}
	return true
}

func (c *chain) AbortSnapshot() {
	for _, s := range c.frozen {
		s.abort()
	}
	c.frozen = c.frozen[:0]
}

func (c *chain) Complete(checkpoint int64) error {
	for _, op := range c.ops {
		for _, s := range op.states() {
			if t, ok := s.(tracker); ok {
				t.confirm(checkpoint)
			}
		}
		if err := op.complete(checkpoint); err != nil {
			return err
		}
	}
	return nil
}

func (c *chain) Counters() (in, out int64) {
	for _, h := range c.heads {
		in += h.received()
	}
	if c.source != nil {
		in = c.source.made()
	}
	for _, r := range c.routers {
		out += r.count()
	}
	return in, out
}

func (c *chain) Close() {
	for _, op := range c.ops {
		op.close()
	}
}
