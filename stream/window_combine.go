package stream

import (
	"github.com/weft-stream/weft/internal/codec"
	"github.com/weft-stream/weft/internal/plan"
	"github.com/weft-stream/weft/internal/task"
)

// partial is what a sender has combined of one key's records of one pane. It
// travels with the time of the pane's start.
type partial[K comparable, A any] struct {
	Key K
	Acc A
}

func (p partial[K, A]) key() K { return p.Key }

// largestPartial is up to how many bytes of accumulator a sender combines
// records. A large one that stands for few records would cost more than they do.
const largestPartial = 64

// combines tells whether the senders of a window's records combine them. Records
// that are to be known one by one if they are late are not combined, nor are
// those of which each corrects a result; and in processing time it is the
// receiver's clock that says in which window a record is.
func (w *WindowedStream[K, T]) combines(n *node, merges, pointerFree bool, size uintptr) bool {
	return w.assigner.kind != "session" && n.timed && w.lateness == 0 && w.late == nil && len(n.env.errs) == 0 &&
		merges && pointerFree && size <= largestPartial
}

// combine connects a window to an input whose records are combined, and returns
// what the window does with what comes over that edge.
func combine[K comparable, T, A, R any](w *WindowedStream[K, T], n *node, f folding[K, T, A, R]) folding[K, partial[K, A], A, R] {
	k := w.keyed
	from := k.source.node
	if records, partials := recordCodec[T](n, from), recordCodec[partial[K, A]](n, from); records != nil && partials != nil {
		n.key = k.codec.Schema()
		n.join(from, k.source.port, plan.Hash, partials.Schema(), &combining[K, T, A]{
			exchange: exchange[partial[K, A]]{records: partials, hasher: keyHasher(partial[K, A].key), timed: true},
			key:      k.key, first: f.first, add: f.add, spans: spansOf(w.assigner),
			clears: !records.PointerFree() || !k.codec.PointerFree(),
		})
	}
	return folding[K, partial[K, A], A, R]{
		first: func(p partial[K, A]) A { return p.Acc },
		add:   func(acc A, p partial[K, A]) A { return f.merge(acc, p.Acc) },
		merge: f.merge, subtract: f.subtract, result: f.result,
	}
}

// combining is an edge into windows whose sending end combines records.
type combining[K comparable, T, A any] struct {
	exchange[partial[K, A]]
	key    func(T) K
	first  func(v T) A
	add    func(acc A, v T) A
	spans  spans
	clears bool // records or keys hold pointers
}

func (x *combining[K, T, A]) router(ctx *task.Context, outlet *task.Outlet, receiver *plan.Vertex, _ plan.Ship) (router, any) {
	to := x.newRouter(ctx, outlet)
	to.groups = channels(outlet, receiver)
	hash, err := codec.BatchHasher[K]()
	if err != nil {
		panic(err) // KeyBy has asked before
	}
	c := &combiner[K, T, A]{combining: x, to: to, hash: hash, mark: noTime, trial: firstTrial, rest: firstRest}
	return c, c.byKey()
}
