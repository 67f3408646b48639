package master

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/weft-stream/weft/appmaster/coordinator"
	"github.com/weft-stream/weft/internal/control"
	"github.com/weft-stream/weft/internal/plan"
	"github.com/weft-stream/weft/internal/snapshot"
)

// fleet is a coordinator among simulated containers. What goes over a connection is encoded and decoded as it would be, and
// counted as the master's work; what a worker does itself is not.
type fleet struct {
	job     *coordinator.Job
	plan    *plan.Plan
	workers []worker
	byName  map[string]int
	now     time.Time
	epoch   int64
	waiting []coordinator.Event // answers of workers and storage, in order
	sent    int64               // bytes to workers
	handled time.Duration       // time that the master's work took
	ended   int                 // checkpoints that are complete
}

// worker is a simulated container.
type worker struct {
	name  string
	tasks []control.TaskID
}

const (
	vertices = 2
	slots    = 4 // of a worker
)

// newFleet is a job of two vertices with so many subtasks in all.
func newFleet(subtasks int) *fleet {
	parallelism := max(subtasks/vertices, 1)
	p := &plan.Plan{Version: plan.Version, Job: "simulated", Parallelism: parallelism, MaxParallelism: snapshot.MaxParallelism}
	for _, name := range []string{"source", "counts"} {
		p.Vertices = append(p.Vertices, plan.Vertex{
			ID: fmt.Sprintf("%032x", name[:4]), Name: name, Parallelism: parallelism, MaxParallelism: snapshot.MaxParallelism,
			Operators: []plan.Operator{{UID: name, Name: name, Kind: name, Key: "string", States: []plan.State{{Name: "value", Kind: "value", Schema: "int64"}}}},
		})
	}
	p.Edges = []plan.Edge{{From: 0, To: 1, Ship: plan.Hash, Schema: "string"}}
	f := &fleet{plan: p, byName: map[string]int{}, now: time.Unix(1_000_000, 0)}
	f.job = coordinator.New(coordinator.Config{
		JobID: "0123456789abcdef0123456789abcdef", JobName: "simulated", Plan: p,
		Workers: (parallelism + slots - 1) / slots, Slots: slots, FirstEpoch: 1,
		Checkpoints: coordinator.Checkpoints{Enabled: true, Interval: time.Second, Keep: snapshot.Retention{Newest: 1}},
	})
	for i := range (parallelism + slots - 1) / slots {
		name := fmt.Sprintf("container_1795378926036_0001_01_%06d", i+2)
		f.byName[name] = i
		f.workers = append(f.workers, worker{name: name})
	}
	return f
}

// start brings all containers up and all tasks to RUNNING.
func (f *fleet) start() error {
	f.step(coordinator.Tick{})
	for i, w := range f.workers {
		f.step(coordinator.ContainerAllocated{Worker: w.name, Host: fmt.Sprintf("host-%d.example.org", i)})
		f.tell(i, control.FromWorker{Hello: &control.Hello{
			Worker: w.name, Host: fmt.Sprintf("host-%d.example.org", i), DataAddr: fmt.Sprintf("10.0.%d.%d:40000", i/256, i%256),
			PID: 4711, Slots: slots, PlanHash: f.plan.Hash(),
		}})
	}
	f.settle()
	if f.epoch == 0 {
		return errors.New("the simulated job was not deployed")
	}
	return nil
}

// checkpoints takes so many.
func (f *fleet) checkpoints(n int) error {
	for want := f.ended + n; f.ended < want; {
		next := f.job.NextDeadline()
		if next.IsZero() {
			return errors.New("the simulated job waits for nothing")
		}
		f.now = next
		f.step(coordinator.Tick{})
		f.settle()
	}
	return nil
}

// report has each worker say once how far its tasks are.
func (f *fleet) report() {
	for i, w := range f.workers {
		r := &control.Report{Resident: 40 << 20, Heap: 20 << 20}
		for _, id := range w.tasks {
			r.Tasks = append(r.Tasks, control.TaskMetrics{Epoch: f.epoch, Task: id, RecordsIn: 1 << 30, RecordsOut: 1 << 30, BusyMS: 12345, Watermark: 1795378926036})
		}
		f.tell(i, control.FromWorker{Report: r})
	}
	f.settle()
}

// tell queues a worker's message.
func (f *fleet) tell(i int, m control.FromWorker) {
	f.waiting = append(f.waiting, coordinator.WorkerMessage{Conn: int64(i + 1), Message: m})
}

// settle steps what is queued, and what that leads to.
func (f *fleet) settle() {
	for len(f.waiting) > 0 {
		events := f.waiting
		f.waiting = nil
		for _, e := range events {
			if m, ok := e.(coordinator.WorkerMessage); ok {
				text, _ := json.Marshal(&m.Message)
				began := time.Now()
				received := control.FromWorker{}
				_ = json.Unmarshal(text, &received)
				f.handled += time.Since(began)
				e = coordinator.WorkerMessage{Conn: m.Conn, Message: received}
			}
			f.step(e)
		}
	}
}

// step is the master's work: the machine's step and the encoding of what it sends.
func (f *fleet) step(e coordinator.Event) {
	began := time.Now()
	effects := f.job.Step(f.now, e)
	for _, effect := range effects {
		switch effect := effect.(type) {
		case coordinator.Send:
			text, _ := json.Marshal(&effect.Message)
			f.sent += int64(len(text))
		case coordinator.WriteMetadata:
			_, _ = json.Marshal(effect.Metadata)
		}
	}
	f.handled += time.Since(began)
	for _, effect := range effects {
		f.answer(effect)
	}
}

// answer is what the world does.
func (f *fleet) answer(effect coordinator.Effect) {
	switch effect := effect.(type) {
	case coordinator.Send:
		f.obey(f.byName[effect.Worker], effect.Message)
	case coordinator.PrepareCheckpoint:
		f.waiting = append(f.waiting, coordinator.CheckpointPrepared{Checkpoint: effect.Checkpoint, Dir: fmt.Sprintf("hdfs://cluster/checkpoints/chk-%d", effect.Checkpoint)})
	case coordinator.WriteMetadata:
		f.ended++
		f.waiting = append(f.waiting, coordinator.MetadataWritten{Checkpoint: effect.Checkpoint, Size: 1})
	case coordinator.DeleteSnapshot:
		f.waiting = append(f.waiting, coordinator.SnapshotDeleted{Checkpoint: effect.Checkpoint})
	case coordinator.PersistOperations:
		f.waiting = append(f.waiting, coordinator.OperationsPersisted{Seq: effect.Seq})
	}
}

// obey is what a worker does with a message.
func (f *fleet) obey(i int, m control.FromMaster) {
	w := &f.workers[i]
	switch {
	case m.Deploy != nil:
		f.epoch, w.tasks = m.Deploy.Epoch, nil
		for slot, p := range m.Deploy.Places {
			if p.Worker != w.name {
				continue
			}
			for _, v := range f.plan.Vertices {
				w.tasks = append(w.tasks, control.TaskID{Vertex: v.ID, Subtask: slot})
			}
		}
		for _, state := range []control.TaskState{control.Initializing, control.Running} {
			for _, id := range w.tasks {
				f.tell(i, control.FromWorker{Task: &control.TaskUpdate{Epoch: f.epoch, Task: id, State: state}})
			}
		}
	case m.Trigger != nil:
		ack := &control.CheckpointAck{Epoch: f.epoch, Checkpoint: m.Trigger.Checkpoint, Worker: w.name}
		for _, id := range w.tasks {
			uid := f.plan.Vertices[0].Operators[0].UID
			if id.Vertex == f.plan.Vertices[1].ID {
				uid = f.plan.Vertices[1].Operators[0].UID
			}
			ack.Subtasks = append(ack.Subtasks, control.SubtaskAck{Task: id, Operators: []control.OperatorAck{{UID: uid, States: []snapshot.Handle{{
				State: "value", File: w.name + "-0123456789abcdef", Length: 1 << 20, LastKeyGroup: 7, Entries: 1000,
			}}}}})
		}
		f.tell(i, control.FromWorker{Ack: ack})
	}
}
