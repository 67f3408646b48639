package appmaster

import (
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/weft-stream/weft/internal/control"
	"github.com/weft-stream/weft/internal/jobspec"
	"github.com/weft-stream/weft/internal/plan"
	"github.com/weft-stream/weft/internal/snapshot"
	"github.com/weft-stream/weft/internal/storage"
	"github.com/weft-stream/weft/yarnipc"
)

// fakeWorker speaks a worker's protocol without an engine: its tasks run at
// once, and each contributes a number to a checkpoint.
type fakeWorker struct {
	id        string
	spec      *jobspec.Spec
	resolver  *storage.Resolver
	conn      *control.ToMaster
	epoch     int64
	tasks     []control.TaskUpdate
	last      int64
	planHash  string
	plan      *plan.Plan // that its tasks are from
	heartbeat time.Duration
}

// testWorker is a program's role as a container. It comes back to a new master
// with its tasks.
func testWorker() error {
	spec, err := jobspec.Read(jobspec.FileName)
	if err != nil {
		return err
	}
	credentials, err := yarnipc.ReadCredentials(os.Getenv("HADOOP_TOKEN_FILE_LOCATION"))
	if err != nil {
		return err
	}
	w := &fakeWorker{
		id: os.Getenv("CONTAINER_ID"), spec: spec, planHash: spec.PlanHash, heartbeat: 100 * time.Millisecond,
		resolver: storage.NewResolver(storage.Config{Hadoop: spec.Hadoop, User: spec.User}),
	}
	fmt.Printf("%s prints\n", w.id)
	address := os.Getenv(control.MasterVariable)
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		w.conn, err = control.Dial(ctx, address, credentials.Secrets[jobspec.SecretName])
		cancel()
		if err == nil {
			if w.serve() {
				return nil
			}
			deadline = time.Now().Add(20 * time.Second)
		}
		files, dir, resolveErr := w.resolver.Resolve(spec.Staging)
		if resolveErr != nil {
			return resolveErr
		}
		if master, readErr := control.ReadMasterAddress(context.Background(), files, dir); readErr == nil {
			address = master.Addr
		}
	}
	return fmt.Errorf("lost the master: %w", err)
}

// serve returns whether the worker was told to end.
func (w *fakeWorker) serve() (over bool) {
	defer w.conn.Drop()
	w.send(&control.FromWorker{Hello: &control.Hello{
		Worker: w.id, Host: "127.0.0.1", DataAddr: "127.0.0.1:1", PID: os.Getpid(), Slots: 1, Memory: 1 << 30, Cores: 1,
		PlanHash: w.planHash, Epoch: w.epoch, Tasks: w.tasks, LastCheckpoint: w.last, Parallelism: w.parallelism(),
	}})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		for ctx.Err() == nil {
			w.conn.Send(ctx, &control.FromWorker{Report: &control.Report{Resident: 20 << 20}})
			time.Sleep(w.heartbeat)
		}
	}()
	for {
		m, err := w.conn.Receive(ctx)
		if err != nil {
			return false
		}
		switch {
		case m.Shutdown != nil || m.Refuse != nil:
			return true
		case m.Deploy != nil:
			w.deploy(m.Deploy)
		case m.Cancel != nil:
			w.setStates(control.Canceled)
		case m.Trigger != nil:
			w.checkpoint(m.Trigger)
		}
	}
}

func (w *fakeWorker) send(m *control.FromWorker) { w.conn.Send(context.Background(), m) }

// deploy runs subtask i of every vertex in the slots that are this worker's.
func (w *fakeWorker) deploy(d *control.Deploy) {
	w.epoch, w.tasks = d.Epoch, nil
	request := planRequest(w.spec)
	request.Parallelism = d.Parallelism
	w.plan = testPlan(request).Plan
	p := w.plan
	for slot, place := range d.Places {
		for _, v := range p.Vertices {
			if place.Worker == w.id && slot < v.Parallelism {
				w.tasks = append(w.tasks, control.TaskUpdate{
					Epoch: d.Epoch, Task: control.TaskID{Vertex: v.ID, Subtask: slot}, Checkpoint: d.RestoreCheckpoint, Asked: d.Epoch,
				})
			}
		}
	}
	w.setStates(control.Initializing)
	w.setStates(control.Running)
}

func (w *fakeWorker) parallelism() int {
	if w.plan == nil {
		return 0
	}
	return w.plan.Parallelism
}

func (w *fakeWorker) setStates(state control.TaskState) {
	for i := range w.tasks {
		w.tasks[i].State = state
		w.send(&control.FromWorker{Task: &w.tasks[i]})
	}
}

// checkpoint writes a real contribution of each task.
func (w *fakeWorker) checkpoint(t *control.TriggerCheckpoint) {
	w.last = t.Checkpoint
	for i := range w.tasks {
		w.tasks[i].Checkpoint, w.tasks[i].Asked = t.Checkpoint, t.Epoch
	}
	p := w.plan
	ack := &control.CheckpointAck{Epoch: t.Epoch, Checkpoint: t.Checkpoint, Worker: w.id}
	var contributions []snapshot.Contribution
	for _, task := range w.tasks {
		b := snapshot.NewBuilder()
		b.State("n").AppendPlain(1, binary.BigEndian.AppendUint64(nil, uint64(t.Checkpoint)))
		c, err := b.Finish()
		if err != nil {
			w.decline(t, task.Task, err)
			return
		}
		contributions = append(contributions, c)
	}
	files, dir, err := w.resolver.Resolve(t.Dir)
	if err != nil {
		w.decline(t, control.TaskID{}, err)
		return
	}
	handles, err := snapshot.UploadWorker(context.Background(), files, dir, w.id, contributions, 0)
	if err != nil {
		w.decline(t, control.TaskID{}, err)
		return
	}
	for i, task := range w.tasks {
		at := slices.IndexFunc(p.Vertices, func(v plan.Vertex) bool { return v.ID == task.Task.Vertex })
		ack.Subtasks = append(ack.Subtasks, control.SubtaskAck{
			Task:      task.Task,
			Operators: []control.OperatorAck{{UID: p.Vertices[at].Operators[0].UID, States: handles[i]}},
		})
	}
	w.send(&control.FromWorker{Ack: ack})
}

func (w *fakeWorker) decline(t *control.TriggerCheckpoint, task control.TaskID, err error) {
	w.send(&control.FromWorker{Decline: &control.CheckpointDecline{
		Epoch: t.Epoch, Checkpoint: t.Checkpoint, Task: task, Reason: err.Error(),
	}})
}
