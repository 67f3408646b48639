package stream

import (
	"github.com/weft-stream/weft/internal/keygroup"
	"github.com/weft-stream/weft/internal/plan"
	"github.com/weft-stream/weft/internal/task"
)

// typedRouter is the sending end: it deals records to batches, one for each
// receiving subtask. That the receiver in its own slot gets its share in batches
// too, and not record by record, has a reason: which way the next record goes
// cannot be predicted, and a processor that guesses wrong throws away the work
// that it had begun; a store into one of several batches needs no guess.
type typedRouter[T any] struct {
	edge   *exchange[T]
	outlet *task.Outlet
	full   int
	open   []*batch[T] // by channel, nil if empty
	sent   int64       // in batches that have gone
	hash   func([]T, []uint64)
	groups []int32 // channel of each key group
	next   int     // of round robin
	staged *staged[T]
}

// staged are records whose key is still to be hashed. A key that is not in the
// processor's caches, a word in a large text say, is waited for; many at once
// are waited for once.
type staged[T any] struct {
	n      int
	values [stagedRecords]T
	times  [stagedRecords]int64
	hashes [stagedRecords]uint64
}

const stagedRecords = 64

func (x *exchange[T]) router(ctx *task.Context, outlet *task.Outlet, receiver *plan.Vertex, ship plan.Ship) (router, any) {
	r := x.newRouter(ctx, outlet)
	switch ship {
	case plan.Hash:
		r.hash, r.staged = x.hasher(), &staged[T]{}
		r.groups = channels(outlet, receiver)
		return r, r.byKey()
	case plan.Broadcast:
		return r, emit[T](r.toAll)
	case plan.Rebalance:
		r.next = ctx.Subtask % len(outlet.Channels)
		return r, emit[T](r.roundRobin)
	default:
		return r, emit[T](r.forward)
	}
}

func (x *exchange[T]) newRouter(ctx *task.Context, outlet *task.Outlet) *typedRouter[T] {
	return &typedRouter[T]{edge: x, outlet: outlet, full: ctx.BatchRecords, open: make([]*batch[T], len(outlet.Channels))}
}

// channels returns the channel of each key group.
func channels(outlet *task.Outlet, receiver *plan.Vertex) []int32 {
	groups := make([]int32, receiver.MaxParallelism)
	for g := range groups {
		groups[g] = int32(keygroup.Subtask(g, receiver.Parallelism, receiver.MaxParallelism) - outlet.First)
	}
	return groups
}

// byKey is a function of its own, not a method's value, which would be a call
// more for each record.
func (r *typedRouter[T]) byKey() emit[T] {
	s := r.staged
	return func(_ uint64, v T, ts int64) {
		s.values[s.n], s.times[s.n] = v, ts
		if s.n++; s.n == stagedRecords {
			r.deal()
		}
	}
}

// deal puts the staged records into the batches of their keys' subtasks.
func (r *typedRouter[T]) deal() {
	s := r.staged
	values, hashes, groups := s.values[:s.n], s.hashes[:s.n], r.groups
	s.n = 0
	r.hash(values, hashes)
	for i, h := range hashes {
		c := groups[keygroup.Of(h, len(groups))]
		b := r.open[c]
		if b == nil {
			b = r.start(int(c))
		}
		b.append(h, values[i], s.times[i])
		if b.n >= r.full {
			r.send(int(c), b)
		}
	}
	if !r.edge.records.PointerFree() {
		clear(values)
	}
}

func (r *typedRouter[T]) forward(_ uint64, v T, ts int64) { r.to(0, 0, v, ts) }

func (r *typedRouter[T]) toAll(_ uint64, v T, ts int64) {
	for c := range r.open {
		r.to(c, 0, v, ts)
	}
}

// roundRobin moves on after a full batch: dealing record by record would only
// spread the same records over more open batches.
func (r *typedRouter[T]) roundRobin(_ uint64, v T, ts int64) {
	c := r.next
	if b := r.open[c]; b != nil && b.n >= r.full-1 {
		r.next = (c + 1) % len(r.open)
	}
	r.to(c, 0, v, ts)
}

func (r *typedRouter[T]) to(channel int, hash uint64, v T, ts int64) {
	b := r.open[channel]
	if b == nil {
		b = r.start(channel)
	}
	b.append(hash, v, ts)
	if b.n >= r.full {
		r.send(channel, b)
	}
}

// start opens a batch for a channel.
func (r *typedRouter[T]) start(channel int) *batch[T] {
	b := r.edge.take(r.full)
	r.open[channel] = b
	return b
}

func (r *typedRouter[T]) send(channel int, b *batch[T]) {
	r.open[channel] = nil
	r.sent += int64(b.n)
	r.outlet.Channels[channel].Send(b)
}

func (r *typedRouter[T]) count() int64 { return r.sent }

// flush sends what is there, and lets round robin go on with the next receiver.
func (r *typedRouter[T]) flush() {
	if r.staged != nil && r.staged.n > 0 {
		r.deal()
	}
	for c, b := range r.open {
		if b != nil {
			r.send(c, b)
			r.next = (c + 1) % len(r.open)
		}
	}
}

func (r *typedRouter[T]) watermark(w int64) {
	r.flush()
	for _, c := range r.outlet.Channels {
		c.Watermark(w)
	}
}

func (r *typedRouter[T]) idle(idle bool) {
	r.flush()
	for _, c := range r.outlet.Channels {
		c.Idle(idle)
	}
}
