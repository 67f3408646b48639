package container

import (
	"context"
	"errors"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/weft-stream/weft/internal/control"
	"github.com/weft-stream/weft/internal/task"
)

// slot runs subtask i of every vertex, in turns, on one goroutine. Receivers
// come before senders in a turn, so that what is on its way moves out first.
type slot struct {
	index    int
	deployed *deployment
	box      *mailbox
	spare    []envelope
	tasks    []*subtask // in topological order
	current  *subtask   // whose code runs
	clock    int64      // ms, as of the turn's start
	wakeups  atomic.Bool
	held     bool             // a subtask lacked credit in this turn
	more     bool             // a subtask has sent something to another of this slot in this turn
	order    *checkpointOrder // the latest, until it ends
	flushed  int64
	pace     pace

	overtaking int64 // checkpoint whose barriers overtake records, 0 for none
	rushing    bool  // what is sent is queued, also where it could be handled at once
	metrics    slotMetrics
	done       chan struct{}
}

// slotMetrics are read by the reporter while the slot runs.
type slotMetrics struct {
	busy, held, idle atomic.Int64 // ns
	tasks            []taskMetrics
}

type taskMetrics struct {
	in, out, watermark, late atomic.Int64
	dropped                  int64 // late records; the slot's own
}

func (s *slot) now() int64 { return time.Now().UnixMilli() }

// wake has sources polled; any goroutine may call it.
func (s *slot) wake() {
	s.wakeups.Store(true)
	s.box.wake()
}

// run restores, opens and runs the slot's subtasks until they are stopped or
// one of them fails.
func (s *slot) run(ctx context.Context) {
	defer close(s.done)
	defer s.closeAll()
	defer s.recover(ctx)
	for i := len(s.tasks) - 1; i >= 0; i-- {
		s.current = s.tasks[i]
		if err := s.deployed.open(ctx, s.current); err != nil {
			s.failed(ctx, err, nil)
			return
		}
	}
	for _, t := range s.tasks {
		s.report(t, control.Running, nil)
	}
	s.loop(ctx)
}

func (s *slot) loop(ctx context.Context) {
	idle := time.NewTimer(time.Hour)
	defer idle.Stop()
	mark := time.Now()
	for ctx.Err() == nil {
		s.clock = mark.UnixMilli()
		s.held, s.more = false, false
		s.pace.start(mark)
		s.rouse()
		s.drain()
		busy := s.overtaking > 0 && s.overtake()
		for i := len(s.tasks) - 1; i >= 0; i-- {
			if s.tasks[i].step(s.clock) {
				busy = true
			}
		}
		s.publish()
		if busy {
			s.flushLate()
			mark = spent(&s.metrics.busy, mark)
			continue
		}
		s.flush()
		mark = spent(&s.metrics.busy, mark)
		if s.more { // flushing has sent it
			continue
		}
		s.park(ctx, idle)
		if s.held {
			mark = spent(&s.metrics.held, mark)
		} else {
			mark = spent(&s.metrics.idle, mark)
		}
	}
}

// rouse marks sources that asked to be polled. The mark stays until a source is:
// this turn it may have no credit, or a checkpoint to take part in.
func (s *slot) rouse() {
	if !s.wakeups.Swap(false) {
		return
	}
	for _, t := range s.tasks {
		t.awake = t.source
	}
}

// spent adds the time since mark to a counter and returns the new mark.
func spent(counter *atomic.Int64, mark time.Time) time.Time {
	now := time.Now()
	counter.Add(int64(now.Sub(mark)))
	return now
}

// park waits for something to do, or for the next deadline.
func (s *slot) park(ctx context.Context, idle *time.Timer) {
	wait := time.Hour
	for _, t := range s.tasks {
		if t.finished {
			continue
		}
		at := t.timerAt
		if t.source && t.polling == task.Wait && t.pollAt > 0 && !t.paused {
			at = min(at, t.pollAt)
		}
		if at != task.EndOfTime {
			wait = min(wait, time.Until(time.UnixMilli(at)))
		}
	}
	if wait <= 0 && !s.held {
		return
	}
	idle.Reset(max(wait, time.Millisecond))
	select {
	case <-s.box.signal:
	case <-idle.C:
	case <-ctx.Done():
	}
}

func (s *slot) flush() {
	s.flushed = s.clock
	for _, t := range s.tasks {
		if !t.finished && t.left != task.Strict {
			s.current = t
			t.chain.Flush()
		}
	}
}

// flushLate sends partly filled batches of a busy slot after the buffer timeout.
func (s *slot) flushLate() {
	if s.clock-s.flushed >= s.deployed.settings.bufferTimeout {
		s.flush()
	}
}

// drain takes what other goroutines put into the mailbox.
func (s *slot) drain() {
	items := s.box.take(s.spare)
	for i := range items {
		e := &items[i]
		if e.to != nil {
			e.to.push(*e)
			continue
		}
		s.obey(e)
	}
	clear(items)
	s.spare = items
}

// obey does what the master wants of the slot as a whole.
func (s *slot) obey(e *envelope) {
	switch e.kind {
	case trigger:
		s.order = e.order
		for _, t := range s.tasks {
			s.current = t
			switch {
			case t.finished && t.last < e.order.id:
				t.contributeLast(e.order)
			case t.source && !t.finished:
				t.pending = e.order
			}
		}
	case echo:
		close(e.done)
	case overtake:
		if s.order != nil && s.order.id == e.value {
			s.overtaking = e.value
		}
	case abort:
		s.order, s.overtaking = nil, 0
		for _, t := range s.tasks {
			s.current = t
			t.forget(e.value)
		}
	case complete:
		if s.order != nil && s.order.id <= e.value {
			s.order, s.overtaking = nil, 0
		}
		for _, t := range s.tasks {
			s.current = t
			t.lineage.complete(e.value)
			if err := t.chain.Complete(e.value); err != nil {
				task.Fail(err, "")
			}
		}
	}
}

// awaitEmpty waits until the slot has obeyed all that it was told, or has ended.
// It returns false when the context ends first.
func (s *slot) awaitEmpty(ctx context.Context) bool {
	obeyed := make(chan struct{})
	s.box.put(envelope{kind: echo, done: obeyed})
	select {
	case <-obeyed:
	case <-s.done:
	case <-ctx.Done():
		return false
	}
	return true
}

// fail reports all of the slot's subtasks as failed, from outside.
func (s *slot) fail(err error) {
	for _, t := range s.tasks {
		s.report(t, control.Failed, &control.TaskError{Message: err.Error()})
	}
}

// publish makes the figures of this turn readable for the reporter.
func (s *slot) publish() {
	for i, t := range s.tasks {
		in, out := t.chain.Counters()
		m := &s.metrics.tasks[i]
		m.in.Store(in)
		m.out.Store(out)
		m.watermark.Store(t.watermark)
		m.late.Store(m.dropped)
	}
}

func (s *slot) report(t *subtask, state control.TaskState, cause *control.TaskError) {
	s.deployed.update(t.id, state, cause)
}

func (s *slot) contribute(c *contribution) { s.deployed.contribute(c) }

func (s *slot) decline(t *subtask, checkpoint int64, err error) {
	s.deployed.decline(t.id, checkpoint, err)
}

// recover turns a panic of a chain into the failure of the subtask that ran.
func (s *slot) recover(ctx context.Context) {
	what := recover()
	if what == nil {
		return
	}
	if failure, ok := what.(task.Failure); ok {
		cause := &control.TaskError{Location: failure.Location, Fatal: failure.Fatal}
		s.failed(ctx, failure.Err, cause)
		return
	}
	stack := debug.Stack()
	s.failed(ctx, panicError(what), &control.TaskError{Location: PanicLocation(stack), Stack: string(stack)})
}

func (s *slot) failed(ctx context.Context, err error, cause *control.TaskError) {
	if ctx.Err() != nil { // it was told to stop: what breaks then is no failure
		return
	}
	if cause == nil {
		cause = &control.TaskError{}
	}
	var fatal fatalError
	if errors.As(err, &fatal) {
		cause.Fatal = true
	}
	cause.Message = err.Error()
	s.report(s.current, control.Failed, cause)
}

func (s *slot) closeAll() {
	for i := len(s.tasks) - 1; i >= 0; i-- {
		closeQuietly(s.tasks[i])
	}
}

// closeQuietly closes a chain; a panic in it can tell nobody anything any more.
func closeQuietly(t *subtask) {
	defer func() { _ = recover() }()
	t.chain.Close()
}
