package container

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/weft-stream/weft/conf"
	"github.com/weft-stream/weft/internal/control"
	"github.com/weft-stream/weft/internal/inflight"
	"github.com/weft-stream/weft/internal/jobspec"
	"github.com/weft-stream/weft/internal/keygroup"
	"github.com/weft-stream/weft/internal/plan"
	"github.com/weft-stream/weft/internal/snapshot"
	"github.com/weft-stream/weft/internal/storage"
	"github.com/weft-stream/weft/internal/task"
)

// fleet is a few workers in this process, connected by real sockets, and what a
// master would do with them. It checkpoints a job and starts it anew.
type fleet struct {
	t        testing.TB
	dir      string
	files    *storage.Resolver
	program  task.Program
	workers  []*Worker
	epoch    int64
	inFlight int64                     // bytes, in all checkpoints
	acked    func(*control.SubtaskAck) // is shown each acknowledgement, if set
	messages chan *control.FromWorker

	incremental bool // checkpoints are, and only the last one is kept
}

func newFleet(t testing.TB, dir string, workers int, program task.Program) *fleet {
	f := &fleet{t: t, dir: dir, files: storage.NewResolver(storage.Config{}), program: program, messages: make(chan *control.FromWorker, 10_000)}
	for i := range workers {
		data, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		w := &Worker{
			id: fmt.Sprint("worker-", i), spec: &jobspec.Spec{JobID: "job"}, plan: program.Plan(), program: program,
			settings: newSettings(conf.New()), secret: []byte("secret"), storage: f.files, stdout: os.Stderr,
			log: slog.New(slog.DiscardHandler), signal: make(chan struct{}, 1), tell: func(m *control.FromWorker) { f.messages <- m },
		}
		w.settings.batchRecords = 64 // many batches on their way when a barrier comes
		w.changed = sync.NewCond(&w.mu)
		w.listener = &listener{worker: w, net: data}
		go w.listener.run()
		f.workers = append(f.workers, w)
	}
	t.Cleanup(f.stop)
	return f
}

func (f *fleet) stop() {
	for _, w := range f.workers {
		w.undeploy(every)
		w.listener.net.Close()
	}
}

// slots are those of all regions.
func (w *Worker) slots() []*slot {
	var slots []*slot
	for _, d := range w.all() {
		slots = append(slots, d.slots...)
	}
	return slots
}

// deploy starts all regions.
func (f *fleet) deploy(restore string) {
	first := 0
	for _, slots := range f.program.Plan().Regions() {
		f.deployRegion(first, slots, restore)
		first += slots
	}
}

// deployRegion starts one region.
func (f *fleet) deployRegion(first, count int, restore string) {
	f.epoch++
	p := f.program.Plan()
	order := &control.Deploy{Epoch: f.epoch, First: first, Restore: restore, Parallelism: p.Parallelism, PlanHash: p.Hash()}
	for slot := first; slot < first+count; slot++ {
		w := f.workers[slot%len(f.workers)]
		order.Assign(control.Placement{Worker: w.id, DataAddr: w.listener.net.Addr().String()})
	}
	for _, w := range f.workers {
		if !slices.Contains(order.Workers, control.Placement{Worker: w.id, DataAddr: w.listener.net.Addr().String()}) {
			w.undeploy(func(d *deployment) bool { return d.runsIn(order) || d.plan.Parallelism != order.Parallelism })
			continue
		}
		if err := w.redeploy(order); err != nil {
			f.t.Fatal(err)
		}
	}
}

// next returns the next message of a worker that is not about a state passed through.
func (f *fleet) next() *control.FromWorker {
	select {
	case m := <-f.messages:
		return m
	case <-time.After(time.Minute):
		f.t.Fatalf("the workers say nothing:\n%s", f.describe())
		return nil
	}
}

// describe says where every subtask stands, for a test that is stuck.
func (f *fleet) describe() string {
	var b strings.Builder
	for _, w := range f.workers {
		for _, s := range w.slots() {
			for _, t := range s.tasks {
				fmt.Fprintf(&b, "%s slot %d %s: last %d, pending %v, aligning %v, snapshot %v, finished %v, ready %v\n",
					w.id, s.index, t.vertex.Name, t.last, t.pending, t.aligning, t.snapshot != nil, t.finished, t.ready())
				for i, in := range t.inputs {
					fmt.Fprintf(&b, "\tinput %d: %d waiting, blocked %v, ended %v\n", i, len(in.queue)-in.at, in.blocked, in.ended)
				}
			}
		}
	}
	return b.String()
}

// await reads messages until all subtasks are in a state.
func (f *fleet) await(state control.TaskState) { f.awaitSome(state, f.program.Plan().Subtasks()) }

// awaitSome reads messages until so many subtasks have come to a state.
func (f *fleet) awaitSome(state control.TaskState, left int) {
	for left > 0 {
		m := f.next()
		if m.Task == nil {
			continue
		}
		if m.Task.State == control.Failed {
			f.t.Fatalf("task failed: %s", m.Task.Error.Message)
		}
		if m.Task.State == state {
			left--
		}
	}
}

// awaitFailure reads messages until a subtask has failed, and says why.
func (f *fleet) awaitFailure() string {
	for {
		if m := f.next(); m.Task != nil && m.Task.State == control.Failed {
			return m.Task.Error.Message
		}
	}
}

// checkpoint takes one, makes it durable, and returns its folder.
func (f *fleet) checkpoint(id int64) string { return f.take(id, control.TriggerCheckpoint{}) }

// take is checkpoint for a kind of one's own.
func (f *fleet) take(id int64, kind control.TriggerCheckpoint) string {
	dir := filepath.Join(f.dir, fmt.Sprint("chk-", id))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		f.t.Fatal(err)
	}
	if f.incremental && !kind.Savepoint {
		kind.Shared = "file://" + f.shared()
	}
	for _, w := range f.workers {
		order := kind
		order.Epoch, order.Checkpoint, order.Dir = f.epoch, id, "file://"+dir
		w.trigger(&order)
	}
	acks := map[control.TaskID]control.SubtaskAck{}
	for len(acks) < f.program.Plan().Subtasks() {
		m := f.next()
		switch {
		case m.Decline != nil:
			f.t.Fatalf("checkpoint %d declined: %s", id, m.Decline.Reason)
		case m.Task != nil && m.Task.State == control.Failed:
			f.t.Fatalf("task failed: %s", m.Task.Error.Message)
		case m.Ack != nil && m.Ack.Checkpoint == id:
			for _, s := range m.Ack.Subtasks {
				acks[s.Task] = s
				f.inFlight += s.InFlight
				if f.acked != nil {
					f.acked(&s)
				}
			}
		}
	}
	fsys, path, err := f.files.Resolve("file://" + dir)
	if err != nil {
		f.t.Fatal(err)
	}
	if _, err := snapshot.WriteMetadata(context.Background(), fsys, path, metadata(f.program.Plan(), id, acks)); err != nil {
		f.t.Fatal(err)
	}
	if f.incremental {
		f.discardOthers(id)
	}
	return "file://" + dir
}

func (f *fleet) shared() string {
	dir := filepath.Join(f.dir, snapshot.SharedName)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		f.t.Fatal(err)
	}
	return dir
}

// discardOthers deletes all checkpoints but one, and the shared files that it does not need.
func (f *fleet) discardOthers(id int64) {
	dirs, _ := filepath.Glob(filepath.Join(f.dir, "chk-*"))
	for _, dir := range dirs {
		if filepath.Base(dir) != fmt.Sprint("chk-", id) {
			os.RemoveAll(dir)
		}
	}
	fsys, checkpoints, err := f.files.Resolve("file://" + filepath.Dir(f.dir))
	if err != nil {
		f.t.Fatal(err)
	}
	need, err := snapshot.Needed(f.t.Context(), fsys, checkpoints, filepath.Base(f.dir))
	if err != nil {
		f.t.Fatal(err)
	}
	left, err := snapshot.Unneeded(f.t.Context(), fsys, checkpoints, filepath.Base(f.dir), need)
	if err == nil {
		err = snapshot.RemoveShared(f.t.Context(), fsys, checkpoints, filepath.Base(f.dir), left)
	}
	if err != nil {
		f.t.Fatal(err)
	}
}

func (f *fleet) complete(id int64) {
	for _, w := range f.workers {
		if err := w.obey(&control.FromMaster{Complete: &control.CheckpointEnd{Epoch: f.epoch, Checkpoint: id}}); err != nil {
			f.t.Fatal(err)
		}
	}
}

// obeyed waits until the slots have done what they were told.
func (f *fleet) obeyed() {
	for _, w := range f.workers {
		for _, s := range w.slots() {
			if !s.awaitEmpty(f.t.Context()) {
				f.t.Fatal("a slot does not obey")
			}
		}
	}
}

func metadata(p *plan.Plan, id int64, acks map[control.TaskID]control.SubtaskAck) *snapshot.Metadata {
	m := &snapshot.Metadata{
		JobID: strings.Repeat("a", 32), JobName: "job", Class: "job", CheckpointID: id, Kind: snapshot.Checkpoint, Triggered: 1, Completed: 2,
		MaxParallelism: p.MaxParallelism, KeyHash: keygroup.HashName,
	}
	for v := range p.Vertices {
		for i, op := range p.Vertices[v].Operators {
			o := snapshot.Operator{UID: op.UID, Name: op.Name, Kind: op.Kind, Parallelism: p.Vertices[v].Parallelism, MaxParallelism: p.Vertices[v].MaxParallelism, KeySchema: op.Key}
			for _, s := range op.States {
				o.States = append(o.States, snapshot.StateInfo(s))
			}
			for _, s := range inflight.States(p, v) {
				if i == 0 && holds(acks, op.UID, s.Name) {
					o.States = append(o.States, snapshot.StateInfo(s))
				}
			}
			for i := range p.Vertices[v].Parallelism {
				ack := acks[control.TaskID{Vertex: p.Vertices[v].ID, Subtask: i}]
				sub := snapshot.Subtask{Index: i, Finished: ack.Finished}
				for _, a := range ack.Operators {
					if a.UID == op.UID {
						sub.States = a.States
					}
				}
				o.Subtasks = append(o.Subtasks, sub)
			}
			m.Operators = append(m.Operators, o)
		}
	}
	return m
}

// holds tells whether a state of an operator is in any subtask's part.
func holds(acks map[control.TaskID]control.SubtaskAck, uid, state string) bool {
	for _, ack := range acks {
		for _, o := range ack.Operators {
			if o.UID == uid && slices.ContainsFunc(o.States, func(h snapshot.Handle) bool { return h.State == state }) {
				return true
			}
		}
	}
	return false
}

// runOverRestores stops a job at random moments, starts it from its last durable
// checkpoint with other numbers of subtasks and workers, lets it come to its end,
// and returns the lines of its output files.
// prepare may change each worker before it gets anything to do.
func runOverRestores(t *testing.T, rounds int, apart time.Duration, job func(t *testing.T, parallelism int, out string) task.Program, prepare ...func(round int, w *Worker)) []string {
	t.Helper()
	return overRestores(t, rounds, apart, false, job, prepare...)
}

// overRestores is runOverRestores with checkpoints that may be incremental.
func overRestores(t *testing.T, rounds int, apart time.Duration, incremental bool, job func(t *testing.T, parallelism int, out string) task.Program, prepare ...func(round int, w *Worker)) []string {
	t.Helper()
	return runFleets(t, rounds, apart, job, func(f *fleet) {
		if f.epoch == lastEpoch {
			return
		}
		f.incremental = incremental
		for _, w := range f.workers {
			for _, change := range prepare {
				change(int(f.epoch/10), w)
			}
		}
	})
}

// runFleets is runOverRestores for workers that are set up in one's own way. The
// last of them is told apart by its epoch, lastEpoch.
func runFleets(t *testing.T, rounds int, apart time.Duration, job func(t *testing.T, parallelism int, out string) task.Program, setup func(*fleet)) []string {
	t.Helper()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	dir, out := t.TempDir(), t.TempDir()
	restore, id := "", int64(0)
	for round := range rounds {
		f := newFleet(t, dir, 1+random.IntN(3), job(t, 1+random.IntN(5), out))
		f.epoch = int64(round) * 10
		setup(f)
		f.deploy(restore)
		f.await(control.Running)
		for range 1 + random.IntN(4) {
			time.Sleep(time.Duration(random.Int64N(int64(apart))))
			id++
			restore = f.checkpoint(id)
			if random.IntN(3) > 0 { // else the master dies before it can say so
				f.complete(id)
			}
		}
		time.Sleep(time.Duration(random.IntN(20)) * time.Millisecond)
		f.stop()
	}
	f := newFleet(t, dir, 2, job(t, 3, out))
	f.epoch = lastEpoch
	setup(f)
	f.deploy(restore)
	f.await(control.Finished)
	id++
	f.checkpoint(id)
	f.complete(id)
	f.obeyed()
	return outputLines(t, out)
}

const lastEpoch = 1000

// outputLines reads what a job has written; nothing may be left that was not published.
func outputLines(t *testing.T, out string) []string {
	t.Helper()
	if hidden, _ := filepath.Glob(filepath.Join(out, ".*")); len(hidden) > 0 {
		t.Errorf("hidden files are left: %v", hidden)
	}
	files, err := filepath.Glob(filepath.Join(out, "part-*"))
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")...)
	}
	return lines
}
