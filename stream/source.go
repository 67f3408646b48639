package stream

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/weft-stream/weft/internal/codec"
	"github.com/weft-stream/weft/internal/plan"
	"github.com/weft-stream/weft/internal/storage"
	"github.com/weft-stream/weft/internal/task"
)

// Source reads records from outside. Each subtask has a Source of its own; all
// calls come from the subtask's goroutine, and none may wait for long.
type Source[T any] interface {
	// Open starts reading. places is what earlier Snapshots of this operator's
	// subtasks returned, this subtask's share of it; when restored is false the
	// job starts anew and there is none. Then what a subtask reads must follow from
	// its number and the parallelism alone: it may be started once more while the
	// others go on.
	Open(ctx *SourceContext, restored bool, places [][]byte) error
	// Poll emits some records, SourceContext.PollSize at most, and says how to go on.
	Poll(out *Emitter[T]) (Next, error)
	// Snapshot returns the places to go on from, as any number of pieces: after
	// a restore each subtask has its own again or, at another parallelism, the
	// pieces of all are dealt out over the subtasks that there are then.
	Snapshot() ([][]byte, error)
	// Close ends reading. It is called also when Open failed.
	Close() error
}

// Next says how a source goes on after a Poll.
type Next struct {
	kind  task.Next
	after time.Duration
}

// Again has Poll called again as soon as other work allows.
func Again() Next { return Next{kind: task.More} }

// Wait has Poll called again after SourceContext.Wake, and no later than after
// the given time if that is not zero.
func Wait(after time.Duration) Next { return Next{kind: task.Wait, after: after} }

// End says that the source has no more records, ever.
func End() Next { return Next{kind: task.End} }

// SourceContext tells a source where it runs.
type SourceContext struct {
	Subtask     int // from 0
	Parallelism int
	Splits      int             // number of pieces to cut the input into: fixed over the life of the state
	Wake        func()          // has Poll called soon; may be called by any goroutine
	Context     context.Context // ends when the task does
	Log         *slog.Logger
	files       *storage.Resolver
	stride      *int
}

// pollsPerStride: what one Poll makes is so many times the records of a stride.
const pollsPerStride = 4

// PollSize returns how many records one Poll should emit at most: about 1,000,
// and fewer while those that handle them are slow, for a checkpoint has to wait
// until Poll returns. It is called by the source's goroutine.
func (c *SourceContext) PollSize() int { return pollsPerStride * *c.stride }

// Emitter is where a source puts its records.
type Emitter[T any] struct {
	next  emit[T]
	count int64
}

// Emit puts a record out. It gets its timestamp by WithWatermarks.
func (e *Emitter[T]) Emit(v T) {
	e.count++
	e.next(0, v, task.NoTime)
}

// SourceOptions describe a source of one's own.
type SourceOptions struct {
	Name        string // for people; "" is "Source"
	Parallelism int    // the only parallelism it can have; 0 for any
	Replayable  bool   // it goes back to the places of a snapshot
	Bounded     bool   // it ends by itself
}

// From reads from a source of one's own; open makes the Source of each subtask.
// A source that cannot replay needs no UID: it has no state, and its Snapshot is
// not called.
func From[T any](env *Env, uid string, options SourceOptions, open func() Source[T]) *Stream[T] {
	if options.Name == "" {
		options.Name = "Source"
	}
	n := &node{
		kind: "source", name: "Source: " + options.Name, uid: uid, stateful: options.Replayable, fixed: options.Parallelism,
		source: &plan.Source{Replayable: options.Replayable, Bounded: options.Bounded},
	}
	if options.Replayable {
		n.states = []plan.State{{Name: "places", Kind: plan.List, Schema: "bytes"}}
	}
	s := newStream[T](env, n)
	if _, err := codec.Of[T](); err != nil {
		env.fail(n.location, "records of type %s cannot be sent between tasks: %v", typeName[T](), err)
	}
	n.build = func(b *builder) ([]any, operator) {
		ctx, cancel := context.WithCancel(b.ctx.Context)
		op := &sourceOp[T]{base: b.base(), source: open(), emitter: Emitter[T]{next: out[T](b, 0)}, node: n, now: b.ctx.Now, cancel: cancel}
		op.ctx = &SourceContext{
			Subtask: b.ctx.Subtask, Parallelism: b.ctx.Vertex.Parallelism, Splits: b.ctx.Vertex.MaxParallelism,
			Wake: b.ctx.Wake, Context: ctx, Log: b.ctx.Log, files: b.ctx.Storage, stride: b.ctx.Stride,
		}
		op.places = listState{
			label: "places",
			take:  func(int64) ([][]byte, error) { return op.source.Snapshot() },
			give:  func(entries [][]byte) error { op.restored = true; op.entries = entries; return nil },
		}
		return nil, op
	}
	return s
}

// sourceOp is the operator of a source.
type sourceOp[T any] struct {
	base
	node     *node
	source   Source[T]
	emitter  Emitter[T]
	ctx      *SourceContext
	cancel   context.CancelFunc
	now      func() int64
	places   listState
	restored bool
	entries  [][]byte
}

func (op *sourceOp[T]) open(bool) error {
	err := op.source.Open(op.ctx, op.restored, op.entries)
	op.entries = nil
	if err != nil {
		return fmt.Errorf("%s: %w", op.node.name, err)
	}
	return nil
}

func (op *sourceOp[T]) poll() (task.Next, int64) {
	next, err := op.source.Poll(&op.emitter)
	if err != nil {
		task.Fail(fmt.Errorf("%s: %w", op.node.name, err), "")
	}
	if next.kind == task.Wait && next.after > 0 {
		return next.kind, op.now() + max(next.after.Milliseconds(), 1)
	}
	return next.kind, 0
}

func (op *sourceOp[T]) made() int64 { return op.emitter.count }

func (op *sourceOp[T]) states() []stateHolder {
	if !op.node.source.Replayable {
		return nil
	}
	return []stateHolder{&op.places}
}

func (op *sourceOp[T]) close() {
	op.cancel()
	if err := op.source.Close(); err != nil && err != io.EOF {
		op.ctx.Log.Warn("source did not close", "source", op.node.name, "error", err)
	}
}
