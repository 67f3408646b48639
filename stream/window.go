package stream

import (
	"reflect"
	"time"

	"github.com/weft-stream/weft/internal/codec"
	"github.com/weft-stream/weft/internal/plan"
)

// Assigner says which windows a record belongs to.
type Assigner struct {
	kind   string
	size   time.Duration
	slide  time.Duration
	offset time.Duration
	clock  clock
}

type clock int

const (
	anyClock clock = iota // event time if the stream has it
	eventClock
	processingClock
)

// Tumbling makes windows of a fixed size that follow each other. They are
// aligned to the epoch.
func Tumbling(size time.Duration) Assigner {
	return Assigner{kind: "tumbling", size: size, slide: size}
}

// Sliding makes windows of a fixed size, a new one each slide: a record belongs
// to size/slide of them.
func Sliding(size, slide time.Duration) Assigner {
	return Assigner{kind: "sliding", size: size, slide: slide}
}

// Session makes a window for each burst of a key's records: it ends when no
// record has come for the gap.
func Session(gap time.Duration) Assigner {
	return Assigner{kind: "session", size: gap, slide: gap}
}

// Offset shifts windows against the epoch: Tumbling(24*time.Hour).Offset(-8*time.Hour)
// makes days that begin at midnight of UTC+8.
func (a Assigner) Offset(offset time.Duration) Assigner {
	a.offset = offset
	return a
}

// EventTime has windows close by the watermark. It is the default where the
// stream has timestamps.
func (a Assigner) EventTime() Assigner {
	a.clock = eventClock
	return a
}

// ProcessingTime has windows close by the machine's clock, and at the end of all
// input. It is the default where the stream has no timestamps.
func (a Assigner) ProcessingTime() Assigner {
	a.clock = processingClock
	return a
}

// Window is a span of time: Start is in it, End is not.
type Window struct {
	Start, End time.Time
}

// WindowedStream is a keyed stream cut into windows, before they are evaluated.
type WindowedStream[K comparable, T any] struct {
	keyed    *KeyedStream[K, T]
	assigner Assigner
	lateness time.Duration
	late     *Tag[T]
}

// Window cuts the stream into windows, for each key by itself.
func (k *KeyedStream[K, T]) Window(a Assigner) *WindowedStream[K, T] {
	return &WindowedStream[K, T]{keyed: k, assigner: a}
}

// AllowedLateness keeps a window for so long after the watermark has passed its
// end: a late record then gives the window's result once more, corrected.
func (w *WindowedStream[K, T]) AllowedLateness(d time.Duration) *WindowedStream[K, T] {
	c := *w
	c.lateness = d
	return &c
}

// LateTo sends records that come too late for all of their windows to a side
// output of the window operator, instead of dropping and counting them.
func (w *WindowedStream[K, T]) LateTo(tag *Tag[T]) *WindowedStream[K, T] {
	c := *w
	c.late = tag
	return &c
}

// Aggregator computes a result of type R from records of type T with an
// accumulator of type A, which is what is kept as state.
type Aggregator[T, A, R any] struct {
	Add    func(acc A, v T) A // the zero A is the empty accumulator
	Merge  func(a, b A) A     // of two accumulators, which it may change; needed for sliding and session windows, see [Aggregate]
	Result func(acc A) R
	// Subtract, if it is there, takes a merged accumulator out again:
	// Subtract(Merge(a, b), b) is a. Sliding windows are cheaper with it.
	Subtract func(acc, part A) A
}

// Reduce combines the records of each window into one, which is emitted when
// the window closes. f must be associative: see [Aggregate].
func (w *WindowedStream[K, T]) Reduce(uid string, f func(a, b T) T) *Stream[T] {
	return ReduceWindow(w, uid, f, func(_ K, _ Window, v T) T { return v })
}

// ReduceWindow is Reduce with a function that sees the key and the window of
// the result.
func ReduceWindow[K comparable, T, R any](w *WindowedStream[K, T], uid string, f func(a, b T) T, result func(key K, in Window, v T) R) *Stream[R] {
	return evaluate(w, uid, folding[K, T, T, R]{
		first: func(v T) T { return v }, add: f, merge: f, result: result,
	})
}

// Aggregate computes one result for each key and window.
//
// Where accumulators can be merged and are small (at most 64 bytes, without
// pointers), windows in event time have their records combined by the sender
// before they travel to their key's subtask, as long as that makes them notably
// fewer. So a frequent key costs its subtask little; in which groups records
// come together is not fixed.
func Aggregate[K comparable, T, A, R any](w *WindowedStream[K, T], uid string, a Aggregator[T, A, R]) *Stream[R] {
	return AggregateWindow(w, uid, a, func(_ K, _ Window, r R) R { return r })
}

// AggregateWindow is Aggregate with a function that sees the key and the window
// of the result.
func AggregateWindow[K comparable, T, A, R, O any](w *WindowedStream[K, T], uid string, a Aggregator[T, A, R], result func(key K, in Window, r R) O) *Stream[O] {
	if a.Merge == nil && w.assigner.kind != "tumbling" {
		w.keyed.source.node.env.fail(callerLocation(), "a %s window needs the aggregator's Merge", w.assigner.kind)
	}
	return evaluate(w, uid, folding[K, T, A, O]{
		first: func(v T) A { var empty A; return a.Add(empty, v) },
		add:   a.Add,
		merge: a.Merge, subtract: a.Subtract,
		result: func(key K, in Window, acc A) O { return result(key, in, a.Result(acc)) },
	})
}

// folding is what a window does with its records.
type folding[K comparable, T, A, R any] struct {
	first  func(v T) A
	add    func(acc A, v T) A
	merge  func(a, b A) A
	result func(key K, in Window, acc A) R

	subtract func(acc, part A) A // nil if there is none
}

// evaluate adds the window operator to the description.
func evaluate[K comparable, T, A, R any](w *WindowedStream[K, T], uid string, f folding[K, T, A, R]) *Stream[R] {
	k := w.keyed
	// A window in processing time gives its results no timestamps, also where its records have them.
	n := &node{kind: "window", name: "Window", uid: uid, stateful: true, timed: k.source.node.timed && w.assigner.clock != processingClock}
	result := newStream[R](k.source.node.env, n)
	w.assigner.check(n, w.lateness, w.late != nil)
	accs := valueCodec[A](n, "a window's accumulator")
	if k.codec == nil || accs == nil || len(n.env.errs) > 0 {
		return result
	}
	kind := "window"
	if w.assigner.kind == "session" {
		kind = "session-window"
	}
	n.states = []plan.State{{Name: "clock", Kind: "clock", Schema: "time"}, {Name: "windows", Kind: kind, Schema: accs.Schema()}}
	late := -1
	if w.late != nil {
		late = w.late.port(n)
	}
	if w.combines(n, f.merge != nil, accs.PointerFree(), reflect.TypeFor[A]().Size()) {
		parts := combine(w, n, f)
		n.build = func(b *builder) ([]any, operator) {
			return buildWindow(b, w.assigner, windowOn(b, partial[K, A].key, k.codec, accs, parts))
		}
		return result
	}
	k.input(n)
	n.build = func(b *builder) ([]any, operator) {
		common := windowOn(b, k.key, k.codec, accs, f)
		common.keep = w.lateness.Milliseconds()
		if late >= 0 {
			common.late = out[T](b, late)
		}
		return buildWindow(b, w.assigner, common)
	}
	return result
}

// windowOn returns what all window operators have.
func windowOn[K comparable, T, A, R any](b *builder, key func(T) K, keys *codec.Codec[K], accs *codec.Codec[A], f folding[K, T, A, R]) windowBase[K, T, A, R] {
	return windowBase[K, T, A, R]{
		base: b.base(), ctx: b.ctx, next: out[R](b, 0), key: key, keys: keys, accs: accs, fold: f,
		shares: shares(reflect.TypeFor[A]()), event: b.node.timed, clock: newWindowClock(b.ctx),
	}
}

func buildWindow[K comparable, T, A, R any](b *builder, a Assigner, common windowBase[K, T, A, R]) ([]any, operator) {
	if a.kind == "session" {
		op := newSessionWindow(common, a.size.Milliseconds())
		return []any{emit[T](op.record)}, op
	}
	op := newPaneWindow(common, a)
	return []any{emit[T](op.record)}, op
}

// check notes what cannot be in a window's settings.
func (a Assigner) check(n *node, lateness time.Duration, sideOutput bool) {
	switch {
	case a.size < time.Millisecond || a.slide < time.Millisecond:
		n.env.fail(n.location, "a %s window of %s: it must be at least 1 ms", a.kind, min(a.size, a.slide))
	case a.size%time.Millisecond != 0 || a.slide%time.Millisecond != 0 || a.offset%time.Millisecond != 0:
		n.env.fail(n.location, "a %s window of %s, slide %s, offset %s: whole milliseconds are needed", a.kind, a.size, a.slide, a.offset)
	case a.kind == "session" && a.offset != 0:
		n.env.fail(n.location, "a session begins with its first record: it has no offset")
	case a.slide > a.size:
		n.env.fail(n.location, "a sliding window of %s with a slide of %s would leave records out: the slide can be at most the size", a.size, a.slide)
	case a.clock == eventClock && !n.timed:
		n.env.fail(n.location, "the window is in event time, but the stream has no timestamps: use WithWatermarks before KeyBy")
	case lateness < 0 || lateness%time.Millisecond != 0:
		n.env.fail(n.location, "an allowed lateness of %s: whole milliseconds are needed, not below 0", lateness)
	case !n.timed && (sideOutput || lateness > 0):
		n.env.fail(n.location, "no record is late in processing time: AllowedLateness and LateTo need a stream with timestamps (WithWatermarks)")
	}
}
