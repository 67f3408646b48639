package stream

import (
	"time"

	"github.com/weft-stream/weft/internal/task"
)

// Watermarks says how records get their timestamps and how far behind the
// latest of them the watermark stays.
type Watermarks[T any] struct {
	millis   func(T) int64 // since 1970
	delay    time.Duration
	idleness time.Duration
}

// Instant is how a record may tell its time: as a time, or as milliseconds since
// 1970 UTC, which cost less.
type Instant interface{ time.Time | int64 }

// Ascending is for records whose time never goes back within a subtask.
func Ascending[T any, M Instant](eventTime func(T) M) Watermarks[T] {
	return Watermarks[T]{millis: millisOf(eventTime)}
}

// millisOf returns nil for nil.
func millisOf[T any, M Instant](eventTime func(T) M) func(T) int64 {
	if eventTime == nil {
		return nil
	}
	if f, ok := any(eventTime).(func(T) time.Time); ok {
		return func(v T) int64 { return f(v).UnixMilli() }
	}
	return any(eventTime).(func(T) int64)
}

// BoundedOutOfOrderness is for records that come at most the delay later than
// records of a later time. Records later than that are late.
func BoundedOutOfOrderness[T any, M Instant](delay time.Duration, eventTime func(T) M) Watermarks[T] {
	return Watermarks[T]{millis: millisOf(eventTime), delay: delay}
}

// Idleness has a subtask that gets no records for so long left out of the
// watermark, so that it does not hold the others back.
func (w Watermarks[T]) Idleness(after time.Duration) Watermarks[T] {
	w.idleness = after
	return w
}

// WithWatermarks gives each record its timestamp and makes watermarks of them, in
// each subtask of those that it gets. So a source that has several splits in a
// subtask, as after a restore at a lower parallelism, should read on with those
// that are behind in time, as Generate and Sequence do.
func WithWatermarks[T any](s *Stream[T], w Watermarks[T]) *Stream[T] {
	n := &node{kind: "watermarks", name: "Watermarks", timed: true}
	n.build = func(b *builder) ([]any, operator) {
		op := &watermarkOp[T]{
			base: b.base(), next: out[T](b, 0), millis: w.millis, now: b.ctx.Now, every: b.ctx.WatermarkEvery,
			delay: w.delay.Milliseconds(), idleness: w.idleness.Milliseconds(), highest: noTime, sent: noTime,
		}
		op.active = b.ctx.Now()
		return []any{op.record()}, op
	}
	result := newStream[T](s.node.env, n)
	switch {
	case w.millis == nil:
		n.env.fail(n.location, "watermarks need a function that gives a record's time")
	case w.delay < 0:
		n.env.fail(n.location, "watermarks with a delay of %s: it cannot be below 0", w.delay)
	case w.idleness < 0 || w.idleness > 0 && w.idleness < time.Millisecond:
		n.env.fail(n.location, "watermarks with an idleness of %s: it must be at least 1 ms", w.idleness)
	}
	s.input(n)
	return result
}

// watermarkOp makes watermarks. Those from before it mean nothing after it, but
// for the last one, which tells that all input has ended.
type watermarkOp[T any] struct {
	base
	next            emit[T]
	millis          func(T) int64
	now             func() int64
	every           int64
	delay, idleness int64 // ms
	highest         int64 // timestamp seen
	sent            int64 // watermark
	due             int64 // processing time of the next watermark
	active          int64 // processing time of the last records
	count, seen     int64 // records, now and at the last timer
	resting         bool
}

func (op *watermarkOp[T]) record() emit[T] {
	millis, next := op.millis, op.next
	return func(_ uint64, v T, _ int64) {
		ts := millis(v)
		if ts > op.highest {
			op.highest = ts
		}
		op.count++
		next(0, v, ts)
	}
}

func (op *watermarkOp[T]) timer(now int64) int64 {
	if now < op.due {
		return op.due
	}
	op.due = now + op.every
	if op.count != op.seen {
		op.seen, op.active = op.count, now
		if op.resting {
			op.resting = false
			op.base.idle(false)
		}
	} else if op.idleness > 0 && !op.resting && now-op.active >= op.idleness {
		op.resting = true
		op.base.idle(true)
	}
	op.send()
	return op.due
}

func (op *watermarkOp[T]) send() {
	if op.highest == noTime {
		return
	}
	// A record of the highest time may still come: the watermark stays 1 ms before it.
	if w := op.highest - op.delay - 1; w > op.sent {
		op.sent = w
		op.base.watermark(w)
	}
}

func (op *watermarkOp[T]) watermark(w int64) {
	if w != task.EndOfTime {
		return
	}
	if op.resting { // the last watermark of an idle way would not count
		op.resting = false
		op.base.idle(false)
	}
	op.base.watermark(w)
}

func (op *watermarkOp[T]) idle(bool) {}
