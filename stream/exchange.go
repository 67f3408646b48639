package stream

import (
	"sync"

	"github.com/weft-stream/weft/internal/codec"
	"github.com/weft-stream/weft/internal/task"
)

// exchange is the typed part of an edge that crosses subtasks.
type exchange[T any] struct {
	records *codec.Codec[T]
	hasher  func() func([]T, []uint64) // makes a hash of records' keys; nil if the edge has no key
	timed   bool
	pool    sync.Pool
}

// batch holds records in columns: values, and where the edge has them, key
// hashes and timestamps. The columns are as long as the batch has room; that of
// an edge without keys or times is empty.
type batch[T any] struct {
	n      int // records
	values []T
	hashes []uint64
	times  []int64
	edge   *exchange[T]
}

// take returns an empty batch with room for so many records.
func (x *exchange[T]) take(records int) *batch[T] {
	if b, ok := x.pool.Get().(*batch[T]); ok && len(b.values) >= records {
		return b
	}
	b := &batch[T]{edge: x, values: make([]T, records)}
	if x.hasher != nil {
		b.hashes = make([]uint64, records)
	}
	if x.timed {
		b.times = make([]int64, records)
	}
	return b
}

func (b *batch[T]) Len() int { return b.n }

// Release empties the batch for its next use. Values with pointers are cleared,
// so that a waiting batch keeps nothing alive.
func (b *batch[T]) Release() {
	if !b.edge.records.PointerFree() {
		clear(b.values[:b.n])
	}
	b.n = 0
	b.edge.pool.Put(b)
}

// append puts a record into a batch that has room.
func (b *batch[T]) append(hash uint64, v T, ts int64) {
	n := b.n
	b.values[n] = v
	if n < len(b.hashes) {
		b.hashes[n] = hash
	}
	if n < len(b.times) {
		b.times[n] = ts
	}
	b.n = n + 1
}

// typedHead is the receiving end: it unpacks batches into the chain.
type typedHead[T any] struct {
	in    emit[T]
	many  recorder[T] // the operator, nil if it takes one record at a time
	ahead prefetcher  // the operator, nil if it has no use for hashes ahead of their records
	count int64
	most  *int // records that are handled before the slot looks at the credit, and at the clock, again
}

func (x *exchange[T]) head(ctx *task.Context, in any, op operator) head {
	h := &typedHead[T]{in: in.(emit[T]), most: ctx.Stride}
	h.ahead, _ = op.(prefetcher)
	h.many, _ = op.(recorder[T])
	return h
}

func (h *typedHead[T]) received() int64 { return h.count }

func (h *typedHead[T]) process(any task.Batch, from int) int {
	b := any.(*batch[T])
	to := min(from+*h.most, b.n)
	in, values := h.in, b.values[from:to]
	h.count += int64(len(values))
	if h.ahead != nil && len(b.hashes) > 0 {
		h.ahead.prefetch(b.hashes[from:to])
	}
	switch {
	case h.many != nil && len(b.hashes) > 0 && len(b.times) > 0:
		h.many.records(b.hashes[from:to], values, b.times[from:to])
	case h.many != nil && len(b.hashes) > 0:
		h.many.records(b.hashes[from:to], values, nil)
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
