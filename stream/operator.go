package stream

import "github.com/weft-stream/weft/internal/task"

// emit takes one record: with its key's hash on the way into a keyed operator
// (0 elsewhere) and its timestamp in ms (task.NoTime if it has none). Chained
// operators call each other's emit directly; nothing is boxed on the way.
type emit[T any] func(hash uint64, v T, ts int64)

// fan merges the consumers of one port into one function.
func fan[T any](consumers []any) any {
	switch len(consumers) {
	case 0:
		return emit[T](func(uint64, T, int64) {})
	case 1:
		return consumers[0].(emit[T])
	}
	all := make([]emit[T], len(consumers))
	for i, c := range consumers {
		all[i] = c.(emit[T])
	}
	return emit[T](func(_ uint64, v T, ts int64) {
		for _, next := range all {
			next(0, v, ts)
		}
	})
}

// controls is what moves through a chain besides records.
type controls interface {
	watermark(w int64)
	idle(idle bool)
}

// operator is one step of a running chain. Embed base for what a step does not need.
type operator interface {
	controls
	// open starts the operator, after its state is restored.
	open(restored bool) error
	// timer does what processing time makes due and returns its next deadline.
	timer(now int64) int64
	// work goes on with what was put off and tells what is left.
	work() task.Left
	// finish is called at the end of all input.
	finish()
	// flush pushes out what is buffered, when the subtask has nothing to do.
	flush()
	// states returns the operator's states.
	states() []stateHolder
	// complete tells that a checkpoint is durable.
	complete(checkpoint int64) error
	close()
}

// prefetcher is an operator that wants to know the hashes of a batch before its
// records come, to have the memory of their state fetched meanwhile. The
// operator decides whether that pays.
type prefetcher interface {
	prefetch(hashes []uint64)
}

// recorder is a keyed operator with one input that takes records many at a time,
// which saves it a call for each; times is nil if they have none. What it does
// is the same as if each came by emit.
type recorder[T any] interface {
	records(hashes []uint64, values []T, times []int64)
}

// stamp is the timestamp of a recorder's record.
func stamp(times []int64, i int) int64 {
	if times == nil {
		return task.NoTime
	}
	return times[i]
}

// base is an operator that passes controls on and has nothing else to do.
type base struct {
	down []controls
}

func (b *base) watermark(w int64) {
	for _, next := range b.down {
		next.watermark(w)
	}
}

func (b *base) idle(idle bool) {
	for _, next := range b.down {
		next.idle(idle)
	}
}

func (b *base) open(bool) error       { return nil }
func (b *base) timer(int64) int64     { return task.EndOfTime }
func (b *base) work() task.Left       { return task.Nothing }
func (b *base) finish()               {}
func (b *base) flush()                {}
func (b *base) states() []stateHolder { return nil }
func (b *base) complete(int64) error  { return nil }
func (b *base) close()                {}

// builder is what a node's build function gets.
type builder struct {
	ctx  *task.Context
	node *node
	outs []any      // emit[T] of each port
	down []controls // of all ports
}

// out returns the typed output of a port.
func out[T any](b *builder, port int) emit[T] { return b.outs[port].(emit[T]) }

func (b *builder) base() base { return base{down: b.down} }
