package stream

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync"

	"github.com/weft-stream/weft/internal/codec"
	"github.com/weft-stream/weft/internal/keygroup"
	"github.com/weft-stream/weft/internal/plan"
	"github.com/weft-stream/weft/internal/task"
)

// exchange is the typed part of an edge that crosses subtasks.
type exchange[T any] struct {
	records *codec.Codec[T]
	hasher  func() func(T) uint64 // makes a hash of the record's key; nil if the edge has no key
	timed   bool
	pool    sync.Pool
}

// batch holds records in columns: values, and where the edge has them, key
// hashes and timestamps.
type batch[T any] struct {
	values []T
	hashes []uint64
	times  []int64
	edge   *exchange[T]
}

func (x *exchange[T]) take(records int) *batch[T] {
	if b, ok := x.pool.Get().(*batch[T]); ok {
		return b
	}
	b := &batch[T]{edge: x, values: make([]T, 0, records)}
	if x.hasher != nil {
		b.hashes = make([]uint64, 0, records)
	}
	if x.timed {
		b.times = make([]int64, 0, records)
	}
	return b
}

func (b *batch[T]) Len() int { return len(b.values) }

// Release empties the batch for its next use. Values with pointers are cleared,
// so that a waiting batch keeps nothing alive.
func (b *batch[T]) Release() {
	if !b.edge.records.PointerFree() {
		clear(b.values)
	}
	b.values, b.hashes, b.times = b.values[:0], b.hashes[:0], b.times[:0]
	b.edge.pool.Put(b)
}

func (b *batch[T]) append(hash uint64, v T, ts int64) {
	b.values = append(b.values, v)
	if b.edge.hasher != nil {
		b.hashes = append(b.hashes, hash)
	}
	if b.edge.timed {
		b.times = append(b.times, ts)
	}
}

// AppendTo writes the number of records, then column after column.
func (b *batch[T]) AppendTo(dst []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(b.values)))
	for _, h := range b.hashes {
		dst = binary.LittleEndian.AppendUint64(dst, h)
	}
	for _, t := range b.times {
		dst = binary.LittleEndian.AppendUint64(dst, uint64(t))
	}
	for i := range b.values {
		dst = b.edge.records.Append(dst, &b.values[i])
	}
	return dst
}

var errTorn = errors.New("a batch of records ends too early")

// decoder reads what AppendTo wrote. Strings are copied out of the payload, each
// by itself: one that a job keeps would otherwise keep the whole payload.
func (x *exchange[T]) decoder() task.Decoder {
	return func(payload []byte) (task.Batch, error) {
		count, n := binary.Uvarint(payload)
		rest := payload[max(n, 0):]
		if n <= 0 || count > uint64(len(payload))+1<<16 {
			return nil, errTorn
		}
		columns := 0
		if x.hasher != nil {
			columns++
		}
		if x.timed {
			columns++
		}
		if uint64(len(rest)) < count*uint64(8*columns) {
			return nil, errTorn
		}
		b := x.take(int(count))
		if x.hasher != nil {
			for range count {
				b.hashes = append(b.hashes, binary.LittleEndian.Uint64(rest))
				rest = rest[8:]
			}
		}
		if x.timed {
			for range count {
				b.times = append(b.times, int64(binary.LittleEndian.Uint64(rest)))
				rest = rest[8:]
			}
		}
		for range count {
			var zero T
			b.values = append(b.values, zero)
			n, err := x.records.DecodeCopy(rest, &b.values[len(b.values)-1])
			if err != nil {
				b.Release()
				return nil, fmt.Errorf("record from another task: %w", err)
			}
			rest = rest[n:]
		}
		return b, nil
	}
}

// typedHead is the receiving end: it unpacks batches into the chain.
type typedHead[T any] struct {
	in    emit[T]
	ahead prefetcher // the operator, nil if it has no use for hashes ahead of their records
	count int64
}

func (x *exchange[T]) head(in any, op operator) head {
	h := &typedHead[T]{in: in.(emit[T])}
	h.ahead, _ = op.(prefetcher)
	return h
}

func (h *typedHead[T]) direct() any { return h.in }

func (h *typedHead[T]) received() int64 { return h.count }

// stride is how many records are handled before the slot looks at the credit again.
const stride = 256

func (h *typedHead[T]) process(any task.Batch, from int) int {
	b := any.(*batch[T])
	to := min(from+stride, len(b.values))
	in, values := h.in, b.values[from:to]
	h.count += int64(len(values))
	if h.ahead != nil && len(b.hashes) > 0 {
		h.ahead.prefetch(b.hashes[from:to])
	}
	switch {
	case len(b.hashes) > 0 && len(b.times) > 0:
		hashes, times := b.hashes[from:to], b.times[from:to]
		for i := range values {
			in(hashes[i], values[i], times[i])
		}
	case len(b.hashes) > 0:
		hashes := b.hashes[from:to]
		for i := range values {
			in(hashes[i], values[i], task.NoTime)
		}
	case len(b.times) > 0:
		times := b.times[from:to]
		for i := range values {
			in(0, values[i], times[i])
		}
	default:
		for i := range values {
			in(0, values[i], task.NoTime)
		}
	}
	return to
}

// typedRouter is the sending end: it deals records to batches, one for each
// receiving subtask, and calls the receiver of its own slot directly.
type typedRouter[T any] struct {
	edge    *exchange[T]
	outlet  *task.Outlet
	full    int
	open    []*batch[T] // by channel, nil if empty
	local   int         // channel of the receiver in the same slot, -1 if none
	clear   *bool
	direct  emit[T]
	passed  *int64 // counts what goes by direct
	sent    int64
	hash    func(T) uint64
	groups  []int32 // channel of each key group
	highest int     // number of key groups
	next    int     // of round robin
}

func (x *exchange[T]) router(ctx *task.Context, outlet *task.Outlet, receiver *plan.Vertex, ship plan.Ship) (router, any) {
	r := &typedRouter[T]{edge: x, outlet: outlet, full: ctx.BatchRecords, open: make([]*batch[T], len(outlet.Channels)), local: -1}
	if l := outlet.Local; l != nil {
		r.local, r.clear, r.direct, r.passed = l.Channel, l.Clear, l.Input.(emit[T]), l.Count
	}
	switch ship {
	case plan.Hash:
		r.hash = x.hasher()
		r.highest = receiver.MaxParallelism
		r.groups = make([]int32, r.highest)
		for g := range r.groups {
			r.groups[g] = int32(keygroup.Subtask(g, receiver.Parallelism, r.highest) - outlet.First)
		}
		return r, emit[T](r.byKey)
	case plan.Broadcast:
		return r, emit[T](r.toAll)
	case plan.Rebalance:
		r.next = ctx.Subtask % len(outlet.Channels)
		return r, emit[T](r.roundRobin)
	default:
		return r, emit[T](r.forward)
	}
}

func (r *typedRouter[T]) byKey(_ uint64, v T, ts int64) {
	hash := r.hash(v)
	r.to(int(r.groups[keygroup.Of(hash, r.highest)]), hash, v, ts)
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
	if b := r.open[c]; b != nil && len(b.values) >= r.full-1 {
		r.next = (c + 1) % len(r.open)
	}
	r.append(c, 0, v, ts)
}

func (r *typedRouter[T]) to(channel int, hash uint64, v T, ts int64) {
	if channel == r.local && *r.clear && r.open[channel] == nil {
		*r.passed++
		r.sent++
		r.direct(hash, v, ts)
		return
	}
	r.append(channel, hash, v, ts)
}

func (r *typedRouter[T]) append(channel int, hash uint64, v T, ts int64) {
	b := r.open[channel]
	if b == nil {
		b = r.edge.take(r.full)
		r.open[channel] = b
	}
	b.append(hash, v, ts)
	r.sent++
	if len(b.values) >= r.full {
		r.open[channel] = nil
		r.outlet.Channels[channel].Send(b)
	}
}

func (r *typedRouter[T]) count() int64 { return r.sent }

// flush sends what is there, and lets round robin go on with the next receiver.
func (r *typedRouter[T]) flush() {
	for c, b := range r.open {
		if b != nil {
			r.open[c] = nil
			r.outlet.Channels[c].Send(b)
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
