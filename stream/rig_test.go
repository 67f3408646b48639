package stream

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"testing"

	"github.com/weft-stream/weft/internal/keygroup"
	"github.com/weft-stream/weft/internal/plan"
	"github.com/weft-stream/weft/internal/storage"
	"github.com/weft-stream/weft/internal/task"
)

// rig runs a job's real chains one call at a time, by a clock that the test
// moves. What depends on the moment (late records, timers, snapshots in the
// middle of things) can so be asked for exactly.
type rig struct {
	t      testing.TB
	p      task.Program
	now    int64 // processing time, ms
	stride int
	late   int64
	tasks  [][]*rigTask // by vertex and subtask
	// sliced has work that was put off go on by one slice after each batch, where
	// records are taken in between. It is done when a watermark or barrier comes.
	sliced bool
}

type rigTask struct {
	rig       *rig
	left      task.Left
	between   int // batches handled while work was put off
	chain     task.Chain
	vertex    *plan.Vertex
	ctx       *task.Context
	source    bool
	inputs    []*rigChannel
	watermark int64
	timerAt   int64
}

// rigChannel hands everything to the receiver at once.
type rigChannel struct {
	to        *rigTask
	input     int
	watermark int64
	isIdle    bool
}

func (c *rigChannel) Send(b task.Batch) {
	for from := 0; from < b.Len(); {
		from = c.to.chain.Process(c.input, b, from)
	}
	b.Release()
	if c.to.left != task.Nothing {
		c.to.between++
		c.to.left = c.to.chain.Work()
	}
}

func (c *rigChannel) Watermark(w int64) { c.watermark = w; c.to.advance() }
func (c *rigChannel) Idle(idle bool)    { c.isIdle = idle; c.to.advance() }

func (t *rigTask) advance() {
	least, idle := int64(task.EndOfTime), true
	for _, in := range t.inputs {
		if !in.isIdle {
			least, idle = min(least, in.watermark), false
		}
	}
	if !idle && least > t.watermark {
		t.finishWork()
		t.watermark = least
		t.chain.Watermark(least)
		t.work()
	}
}

// work does what was put off.
func (t *rigTask) work() {
	t.left = t.chain.Work()
	if !t.rig.sliced || t.left == task.Strict {
		t.finishWork()
	}
}

func (t *rigTask) finishWork() {
	for t.left != task.Nothing {
		t.left = t.chain.Work()
	}
}

// newRig builds the chains of a job and opens them with what a snapshot holds, if it is not nil.
func newRig(t testing.TB, parallelism int, restored *rigSnapshot, job func(*Env)) *rig {
	t.Helper()
	env := NewEnv(Settings{Job: "rig", Parallelism: parallelism, MaxParallelism: 32})
	job(env)
	p, err := env.Compile("rig")
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, p: p, now: 1_000_000, stride: task.MaxStride}
	vertices := p.Plan().Vertices
	r.tasks = make([][]*rigTask, len(vertices))
	for v := len(vertices) - 1; v >= 0; v-- {
		for i := range vertices[v].Parallelism {
			r.tasks[v] = append(r.tasks[v], r.task(v, i))
		}
	}
	for v := len(vertices) - 1; v >= 0; v-- {
		for _, task := range r.tasks[v] {
			restored.into(t, task)
			if err := task.chain.Open(restored != nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	return r
}

func (r *rig) task(v, subtask int) *rigTask {
	vertex := &r.p.Plan().Vertices[v]
	k := &rigTask{rig: r, vertex: vertex, watermark: task.NoTime, timerAt: task.EndOfTime, source: vertex.Operators[0].Source != nil}
	k.ctx = &task.Context{
		Context: context.Background(), Vertex: vertex, JobID: "rig", Subtask: subtask, BatchRecords: 64,
		Now: func() int64 { return r.now }, Wake: func() {}, Storage: storage.NewResolver(storage.Config{}),
		Stdout: &bytes.Buffer{}, Log: slog.New(slog.DiscardHandler), WatermarkEvery: 1, Late: &r.late, TimerAt: &k.timerAt, Stride: &r.stride,
	}
	k.ctx.FirstKeyGroup, k.ctx.LastKeyGroup = keygroup.Range(subtask, vertex.Parallelism, vertex.MaxParallelism)
	for e, edge := range r.p.Plan().Edges {
		if edge.From == v {
			k.ctx.Outlets = append(k.ctx.Outlets, r.outlet(e, edge, subtask))
		}
	}
	chain, err := r.p.Build(k.ctx)
	if err != nil {
		r.t.Fatal(err)
	}
	k.chain = chain
	return k
}

func (r *rig) outlet(e int, edge plan.Edge, subtask int) task.Outlet {
	o := task.Outlet{Edge: e}
	for i, to := range r.tasks[edge.To] {
		if edge.Ship == plan.Forward && i != subtask {
			continue
		}
		if len(o.Channels) == 0 {
			o.First = i
		}
		c := &rigChannel{to: to, input: edge.Input, watermark: task.NoTime}
		to.inputs = append(to.inputs, c)
		o.Channels = append(o.Channels, c)
	}
	return o
}

// each calls f for all tasks, senders first.
func (r *rig) each(f func(*rigTask)) {
	for _, tasks := range r.tasks {
		for _, t := range tasks {
			f(t)
		}
	}
}

// run polls the sources until they wait or end, and brings every record to where it goes.
func (r *rig) run() {
	r.each(func(t *rigTask) {
		for t.source {
			if next, _ := t.chain.Poll(); next != task.More {
				break
			}
		}
		t.chain.Flush()
	})
}

// tick moves the clock, fires what that makes due and sends watermarks.
func (r *rig) tick(ms int64) {
	r.now += ms
	r.each(func(t *rigTask) {
		for t.chain.Timer(r.now) <= r.now {
		}
		t.work()
		t.chain.Flush()
	})
}

// end ends all input.
func (r *rig) end() {
	r.each(func(t *rigTask) {
		t.finishWork()
		if t.source {
			t.chain.Watermark(task.EndOfTime)
			t.work()
		}
		t.finishWork()
		t.chain.Finish()
	})
}

func (r *rig) close() { r.each(func(t *rigTask) { t.chain.Close() }) }

// rigSnapshot is all state of a job at one moment.
type rigSnapshot struct {
	frames []rigFrame
	lists  map[string][][]byte // by uid/state
}

type rigFrame struct {
	uid, state  string
	first, last int
	entries     int64
	frame       []byte
}

func (s *rigSnapshot) Extent(string, string, bool) task.Extent { return task.Whole }

func (s *rigSnapshot) Keyed(uid, state string, _ task.Part, first, last int, entries int64, frame []byte) {
	s.frames = append(s.frames, rigFrame{uid, state, first, last, entries, frame})
}

func (s *rigSnapshot) List(uid, state string, entries [][]byte) {
	s.lists[uid+"/"+state] = append(s.lists[uid+"/"+state], entries...)
}

// begin freezes the state of all tasks. No record is on its way: run has flushed.
func (r *rig) begin() *rigSnapshot {
	s := &rigSnapshot{lists: map[string][][]byte{}}
	r.each((*rigTask).finishWork) // before any barrier
	r.each(func(t *rigTask) {
		if err := t.chain.BeginSnapshot(1, s); err != nil {
			r.t.Fatal(err)
		}
	})
	return s
}

// step writes a slice of each task's frozen state and tells whether all is written.
func (r *rig) step() bool {
	done := true
	r.each(func(t *rigTask) { done = t.chain.StepSnapshot() && done })
	return done
}

// into restores a task's share.
func (s *rigSnapshot) into(t testing.TB, k *rigTask) {
	if s == nil {
		return
	}
	for _, op := range k.vertex.Operators {
		for _, f := range s.frames {
			if f.uid == op.UID && f.first <= k.ctx.LastKeyGroup && k.ctx.FirstKeyGroup <= f.last {
				if err := k.chain.Restore(f.uid, f.state, task.Base, f.frame); err != nil {
					t.Fatal(err)
				}
			}
		}
		for _, state := range op.States {
			if state.Kind != plan.List && state.Kind != plan.Union {
				continue
			}
			var share [][]byte
			for i, e := range s.lists[op.UID+"/"+state.Name] {
				if state.Kind == plan.Union || i%k.vertex.Parallelism == k.ctx.Subtask {
					share = append(share, e)
				}
			}
			if err := k.chain.RestoreList(op.UID, state.Name, share); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// feed is a source that emits what the test puts into it.
type feed[T any] struct{ waiting []T }

func (f *feed[T]) put(values ...T) { f.waiting = append(f.waiting, values...) }

func (f *feed[T]) Open(*SourceContext, bool, [][]byte) error { return nil }
func (f *feed[T]) Snapshot() ([][]byte, error)               { return nil, nil }
func (f *feed[T]) Close() error                              { return nil }

func (f *feed[T]) Poll(out *Emitter[T]) (Next, error) {
	for _, v := range f.waiting {
		out.Emit(v)
	}
	f.waiting = nil
	return Wait(0), nil
}

// from is the stream of a feed, in one subtask.
func from[T any](env *Env, f *feed[T]) *Stream[T] {
	return From(env, "", SourceOptions{Parallelism: 1}, func() Source[T] { return f })
}

// results gathers what a stream emits.
type results struct{ all []string }

func gather[T any](r *results, s *Stream[T]) {
	ForEach(s, "gather", func(v T) { r.all = append(r.all, fmt.Sprint(v)) })
}

// take returns what came since the last call, sorted.
func (r *results) take() []string {
	all := r.all
	r.all = nil
	slices.Sort(all)
	return all
}
