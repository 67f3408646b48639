package stream

import (
	"time"

	"github.com/weft-stream/weft/internal/codec"
	"github.com/weft-stream/weft/internal/plan"
	"github.com/weft-stream/weft/internal/state"
	"github.com/weft-stream/weft/internal/task"
)

// Op is what the functions of a process operator work with: the current key and
// time, state, timers, outputs. There is one for each subtask, used by that
// subtask's goroutine only.
type Op[K comparable, R any] struct {
	base
	ctx        *task.Context // nil while the job is described
	node       *node
	keys       *codec.Codec[K]
	next       emit[R]
	key        K
	hash       uint64
	ts         int64
	current    int64 // watermark
	holders    []stateHolder
	eventTimes *state.Timers[K]
	procTimes  *state.Timers[K]
	onTimer    func(t time.Time)
	onOpen     func()
	onFinish   func()
	sides      []any
	sweepers   []func(now int64) (next int64)
	firing     bool // timers up to current, before it is passed on
	running    bool // records are handled: what setup declares is fixed
}

// Process derives a stream with a function that keeps state by key and sets
// timers. setup is called once for each subtask (and once while the job is
// described): it declares states and timers, and returns the function that is
// called for each record.
//
//	stream.Process(visits, "first-visit", func(op *stream.Op[string, Visit]) func(Visit) {
//		seen := stream.NewValue[bool](op, "seen")
//		return func(v Visit) {
//			if !seen.Get() {
//				seen.Set(true)
//				op.Emit(v)
//			}
//		}
//	})
func Process[K comparable, T, R any](k *KeyedStream[K, T], uid string, setup func(*Op[K, R]) func(T)) *Stream[R] {
	n := &node{kind: "process", name: "Process", uid: uid, stateful: true, timed: k.source.node.timed}
	result := newStream[R](k.source.node.env, n)
	if k.codec == nil {
		return result
	}
	k.input(n)
	describe(n, k.codec, func(op *Op[K, R]) { setup(op) })
	n.build = func(b *builder) ([]any, operator) {
		op := newOp[K, R](b, k.codec)
		f := setup(op)
		return []any{emit[T](func(hash uint64, v T, ts int64) {
			op.at(hash, k.key(v), ts)
			f(v)
		})}, op
	}
	return result
}

// Connect derives a stream from two streams with the same type of key: setup
// returns a function for the records of each, which share states and timers.
func Connect[K comparable, A, B, R any](a *KeyedStream[K, A], b *KeyedStream[K, B], uid string, setup func(*Op[K, R]) (func(A), func(B))) *Stream[R] {
	n := &node{kind: "connect", name: "Connect", uid: uid, stateful: true, timed: a.source.node.timed && b.source.node.timed}
	result := newStream[R](a.source.node.env, n)
	if a.codec == nil || b.codec == nil {
		return result
	}
	a.input(n)
	b.input(n)
	describe(n, a.codec, func(op *Op[K, R]) { setup(op) })
	n.build = func(bld *builder) ([]any, operator) {
		op := newOp[K, R](bld, a.codec)
		left, right := setup(op)
		return []any{
			emit[A](func(hash uint64, v A, ts int64) { op.at(hash, a.key(v), ts); left(v) }),
			emit[B](func(hash uint64, v B, ts int64) { op.at(hash, b.key(v), ts); right(v) }),
		}, op
	}
	return result
}

// None is the key of operators that have no key.
type None struct{}

// ProcessEach derives a stream with a function that may emit any number of
// records, also to side outputs, but keeps no state.
func ProcessEach[T, R any](s *Stream[T], setup func(*Op[None, R]) func(T)) *Stream[R] {
	n := &node{kind: "process", name: "Process", timed: s.node.timed}
	result := newStream[R](s.node.env, n)
	s.input(n)
	describe(n, nil, func(op *Op[None, R]) { setup(op) })
	n.build = func(b *builder) ([]any, operator) {
		op := newOp[None, R](b, nil)
		f := setup(op)
		return []any{emit[T](func(_ uint64, v T, ts int64) { op.ts = ts; f(v) })}, op
	}
	return result
}

// Names of the states that an operator with timers has besides its own.
const (
	eventTimers      = "event-timers"
	processingTimers = "processing-timers"
)

// describe runs setup without a subtask, to learn the operator's states.
func describe[K comparable, R any](n *node, keys *codec.Codec[K], setup func(*Op[K, R])) {
	op := &Op[K, R]{node: n, keys: keys}
	setup(op)
	if op.onTimer != nil {
		if keys == nil {
			n.env.fail(n.location, "timers need a keyed stream: use KeyBy and Process")
			return
		}
		n.states = append(n.states,
			plan.State{Name: eventTimers, Kind: "timers", Schema: "time"},
			plan.State{Name: processingTimers, Kind: "timers", Schema: "time"})
	}
}

func newOp[K comparable, R any](b *builder, keys *codec.Codec[K]) *Op[K, R] {
	op := &Op[K, R]{
		base: b.base(), ctx: b.ctx, node: b.node, keys: keys, next: out[R](b, 0),
		current: task.NoTime, ts: task.NoTime, sides: b.outs,
	}
	return op
}

func (op *Op[K, R]) at(hash uint64, key K, ts int64) {
	op.hash, op.key, op.ts = hash, key, ts
}

// OnTimer sets the function that is called when a timer is due, with the key
// current that the timer was set for. It is called at most once in a setup.
func (op *Op[K, R]) OnTimer(f func(t time.Time)) {
	if op.running {
		op.Fail("OnTimer is called while records are handled: call it in the operator's setup")
	}
	op.onTimer = f
	if op.ctx == nil {
		return
	}
	op.eventTimes = state.NewTimers(op.keys, hasher[K](), op.ctx.Vertex.MaxParallelism)
	op.procTimes = state.NewTimers(op.keys, hasher[K](), op.ctx.Vertex.MaxParallelism)
	op.hold(&timerState[K]{label: eventTimers, timers: op.eventTimes, first: op.ctx.FirstKeyGroup, last: op.ctx.LastKeyGroup})
	op.hold(&timerState[K]{label: processingTimers, timers: op.procTimes, first: op.ctx.FirstKeyGroup, last: op.ctx.LastKeyGroup})
}

// OnOpen sets a function that is called when the subtask starts, with its state
// restored. No key is current then: it has no use for keyed state.
func (op *Op[K, R]) OnOpen(f func()) { op.onOpen = f }

// OnFinish sets a function that is called when all input has ended. It may emit;
// the key is that of whatever came last.
func (op *Op[K, R]) OnFinish(f func()) { op.onFinish = f }

func (op *Op[K, R]) hold(s stateHolder) { op.holders = append(op.holders, s) }

// Key returns the key of the current record or timer.
func (op *Op[K, R]) Key() K { return op.key }

// Emit sends a record on, with the timestamp of the current record or timer.
func (op *Op[K, R]) Emit(r R) { op.next(0, r, op.ts) }

// EmitAt sends a record on with a timestamp of its own.
func (op *Op[K, R]) EmitAt(r R, t time.Time) { op.next(0, r, t.UnixMilli()) }

// Timestamp returns the current record's or timer's time; the zero Time if the stream has no timestamps.
func (op *Op[K, R]) Timestamp() time.Time { return toTime(op.ts) }

// Watermark returns the time before which no more records are expected; the
// zero Time before the first watermark.
func (op *Op[K, R]) Watermark() time.Time { return toTime(op.current) }

// ProcessingTime returns the machine's time, to the millisecond.
func (op *Op[K, R]) ProcessingTime() time.Time { return time.UnixMilli(op.ctx.Now()) }

// EventTimer has OnTimer called for the current key when the watermark reaches t.
// Setting the same timer twice has no effect.
func (op *Op[K, R]) EventTimer(t time.Time) {
	op.needsTimers()
	op.eventTimes.Add(t.UnixMilli(), op.hash, op.key)
}

// ProcessingTimer has OnTimer called for the current key at the machine's time t.
func (op *Op[K, R]) ProcessingTimer(t time.Time) {
	op.needsTimers()
	op.procTimes.Add(t.UnixMilli(), op.hash, op.key)
	op.ctx.SetTimer(t.UnixMilli())
}

// DeleteEventTimer takes a timer of the current key back.
func (op *Op[K, R]) DeleteEventTimer(t time.Time) {
	op.needsTimers()
	op.eventTimes.Delete(t.UnixMilli(), op.hash, op.key)
}

// DeleteProcessingTimer takes a timer of the current key back.
func (op *Op[K, R]) DeleteProcessingTimer(t time.Time) {
	op.needsTimers()
	op.procTimes.Delete(t.UnixMilli(), op.hash, op.key)
}

func (op *Op[K, R]) needsTimers() {
	if op.onTimer == nil {
		op.Fail("a timer is set, but the operator has no OnTimer function: call op.OnTimer in its setup")
	}
}

// Fail fails the task with a message: it is restarted from the last checkpoint.
func (op *Op[K, R]) Fail(message string) { fail(message, op.node.location) }

func toTime(ms int64) time.Time {
	if ms == task.NoTime {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}

func (op *Op[K, R]) open(bool) error {
	op.running = true
	if op.onOpen != nil {
		op.onOpen()
	}
	return nil
}

func (op *Op[K, R]) finish() {
	if op.onFinish != nil {
		op.onFinish()
	}
}

func (op *Op[K, R]) prefetch(hashes []uint64) {
	for _, s := range op.holders {
		if s, ok := s.(prefetcher); ok {
			s.prefetch(hashes)
		}
	}
}

func (op *Op[K, R]) states() []stateHolder { return op.holders }

// timersPerStride: the timers that fire before other work has its turn are so
// many times the records of a stride.
const timersPerStride = 4

// watermark fires the timers that are due, a slice at a time, and is passed on
// after the last of them.
func (op *Op[K, R]) watermark(w int64) {
	op.current = w
	op.firing = true
	op.work()
}

func (op *Op[K, R]) work() task.Left {
	if !op.firing {
		return task.Nothing
	}
	if op.eventTimes != nil && op.eventTimes.PopUntil(op.current, timersPerStride**op.ctx.Stride, op.fire) {
		return task.Strict
	}
	op.firing = false
	op.base.watermark(op.current)
	return task.Nothing
}

func (op *Op[K, R]) timer(now int64) int64 {
	next := int64(task.EndOfTime)
	for _, sweep := range op.sweepers {
		next = min(next, sweep(now))
	}
	if op.procTimes == nil {
		return next
	}
	if op.procTimes.PopUntil(now, timersPerStride**op.ctx.Stride, op.fire) {
		return now
	}
	if t, ok := op.procTimes.Next(); ok {
		return min(next, t)
	}
	return next
}

func (op *Op[K, R]) fire(t int64, hash uint64, key K) {
	op.at(hash, key, t)
	op.onTimer(time.UnixMilli(t))
}
