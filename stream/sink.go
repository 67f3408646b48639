package stream

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"

	"github.com/weft-stream/weft/internal/plan"
	"github.com/weft-stream/weft/internal/storage"
	"github.com/weft-stream/weft/internal/task"
)

// Sink writes records to the outside. Each subtask has a Sink of its own; all
// calls come from the subtask's goroutine.
//
// A sink that writes each record exactly once does it in two steps: Prepare, at
// a checkpoint's barrier, puts what was written since the last one somewhere
// safe but not yet visible; Commit, when the checkpoint is durable, makes it
// visible. After a restore Open gets what had been prepared for that checkpoint
// or an earlier one: it may have been committed or not, so committing must be
// harmless the second time. Subtasks may restart one by one, so a sink must not
// touch what others have prepared.
type Sink[T any] interface {
	// Open starts writing. prepared is what Prepare returned for the checkpoint that is restored, and must be committed: a
	// subtask gets back its own, and after a change of parallelism, its share of everybody's. Each entry goes to one subtask.
	Open(ctx *SinkContext, restored bool, prepared [][]byte) error
	// Write takes a record.
	Write(v T) error
	// Prepare returns what Commit needs to know for the checkpoint, also after a restart.
	Prepare(checkpoint int64) ([][]byte, error)
	// Commit makes everything visible that was prepared for this checkpoint or an earlier one.
	Commit(checkpoint int64) error
	// Close ends writing; what was not prepared is thrown away. It is called also when Open failed.
	Close() error
}

// SinkContext tells a sink where it runs.
type SinkContext struct {
	JobID       string // 32 hex digits; another one after each `weft run`
	Subtask     int    // from 0
	Parallelism int
	Context     context.Context // ends when the task does
	Log         *slog.Logger
	files       *storage.Resolver
}

// Into writes a stream to a sink of one's own; open makes the Sink of each subtask.
func Into[T any](s *Stream[T], uid, name string, open func() Sink[T]) *Stream[None] {
	return into(s, uid, name, plan.List, open)
}

// into gives the sink's subtasks what was prepared as a list or as a union says.
func into[T any](s *Stream[T], uid, name, prepared string, open func() Sink[T]) *Stream[None] {
	n := &node{
		kind: "sink", name: "Sink: " + name, uid: uid, stateful: true,
		states: []plan.State{{Name: "prepared", Kind: prepared, Schema: "bytes"}},
	}
	end := newStream[None](s.node.env, n)
	s.input(n)
	n.build = func(b *builder) ([]any, operator) {
		ctx, cancel := context.WithCancel(b.ctx.Context)
		op := &sinkOp[T]{sink: open(), name: n.name, cancel: cancel, ctx: &SinkContext{
			JobID: b.ctx.JobID, Subtask: b.ctx.Subtask, Parallelism: b.ctx.Vertex.Parallelism, Context: ctx, Log: b.ctx.Log, files: b.ctx.Storage,
		}}
		op.prepared = listState{
			label: "prepared",
			take:  func(checkpoint int64) ([][]byte, error) { return op.sink.Prepare(checkpoint) },
			give:  func(entries [][]byte) error { op.restored = true; op.entries = entries; return nil },
		}
		return []any{emit[T](op.record)}, op
	}
	return end
}

// sinkOp is the operator of a sink.
type sinkOp[T any] struct {
	base
	sink     Sink[T]
	name     string
	ctx      *SinkContext
	cancel   context.CancelFunc
	prepared listState
	restored bool
	entries  [][]byte
}

func (op *sinkOp[T]) record(_ uint64, v T, _ int64) {
	if err := op.sink.Write(v); err != nil {
		task.Fail(fmt.Errorf("%s: %w", op.name, err), "")
	}
}

func (op *sinkOp[T]) open(bool) error {
	err := op.sink.Open(op.ctx, op.restored, op.entries)
	op.entries = nil
	if err != nil {
		return fmt.Errorf("%s: %w", op.name, err)
	}
	return nil
}

func (op *sinkOp[T]) states() []stateHolder { return []stateHolder{&op.prepared} }

func (op *sinkOp[T]) complete(checkpoint int64) error {
	if err := op.sink.Commit(checkpoint); err != nil {
		return fmt.Errorf("%s: %w", op.name, err)
	}
	return nil
}

func (op *sinkOp[T]) close() {
	op.cancel()
	if err := op.sink.Close(); err != nil {
		op.ctx.Log.Warn("sink did not close", "sink", op.name, "error", err)
	}
}

// ForEach calls f for each record. After a restart records since the last
// checkpoint come again: f must not mind.
func ForEach[T any](s *Stream[T], name string, f func(T)) *Stream[None] {
	return end(s, "Sink: "+name, func(*task.Context) (emit[T], func()) {
		return func(_ uint64, v T, _ int64) { f(v) }, nil
	})
}

// Discard takes the records of a stream and does nothing with them.
func Discard[T any](s *Stream[T]) *Stream[None] {
	return end(s, "Sink: Discard", func(*task.Context) (emit[T], func()) {
		return func(uint64, T, int64) {}, nil
	})
}

// Print writes each record as a line (as fmt.Sprint does) to the standard output
// of the container that its subtask runs in; on the local target that is shown
// on the terminal. With several subtasks, the number of the subtask comes first.
func Print[T any](s *Stream[T]) *Stream[None] {
	return end(s, "Sink: Print", func(ctx *task.Context) (emit[T], func()) {
		prefix := ""
		if ctx.Vertex.Parallelism > 1 {
			prefix = fmt.Sprintf("%d> ", ctx.Subtask+1)
		}
		w := bufio.NewWriterSize(ctx.Stdout, 32<<10)
		print := func(_ uint64, v T, _ int64) { fmt.Fprintf(w, "%s%v\n", prefix, v) }
		return print, func() { w.Flush() }
	})
}

// end adds a sink without state: open gives the subtask's function, and one that
// pushes out what it has buffered.
func end[T any](s *Stream[T], name string, open func(*task.Context) (emit[T], func())) *Stream[None] {
	n := &node{kind: "sink", name: name}
	result := newStream[None](s.node.env, n)
	s.input(n)
	n.build = func(b *builder) ([]any, operator) {
		write, flush := open(b.ctx)
		return []any{write}, &endOp{push: flush}
	}
	return result
}

type endOp struct {
	base
	push func() // nil if nothing is buffered
}

func (op *endOp) flush() {
	if op.push != nil {
		op.push()
	}
}

func (op *endOp) close() { op.flush() }
