package container

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/weft-stream/weft/internal/control"
	"github.com/weft-stream/weft/internal/inflight"
	"github.com/weft-stream/weft/internal/keygroup"
	"github.com/weft-stream/weft/internal/plan"
	"github.com/weft-stream/weft/internal/snapshot"
	"github.com/weft-stream/weft/internal/task"
)

// deployment is this worker's share of one region in one epoch: its slots, and the
// channels between them and to other workers. It starts and stops as a whole, beside
// those of other regions.
type deployment struct {
	worker   *Worker
	settings settings
	epoch    int64
	latest   int64 // checkpoint that it was asked for or restored from; the worker's lock guards it,
	asked    int64 // and the epoch in which that was
	program  task.Program
	plan     *plan.Plan
	places   []control.Placement // by slot; empty for those of other regions
	slots    []*slot
	bySlot   map[int]*slot
	inbounds map[channelID]*inbound
	peers    map[string]*peer // by worker
	restore  *snapshot.Snapshot
	state    *snapshot.Reader // of restore
	began    time.Time
	unopened atomic.Int32 // subtasks that have no state yet, and start until it is done
	received atomic.Int64 // bytes from other workers
	ctx      context.Context
	cancel   context.CancelFunc
	canceled atomic.Bool

	mu     sync.Mutex
	states map[control.TaskID]control.TaskUpdate
}

// channelID names a channel between two subtasks, the same in all workers.
type channelID struct {
	edge, from, to uint16
}

// deploy builds this worker's share of a region and starts it.
func (w *Worker) deploy(order *control.Deploy) (*deployment, error) {
	d, err := w.prepare(order)
	if err == nil {
		w.gather.join(d)
		go d.start(order)
	}
	return d, err
}

func (w *Worker) prepare(order *control.Deploy) (*deployment, error) {
	d := &deployment{
		worker: w, settings: w.settings, epoch: order.Epoch, latest: order.RestoreCheckpoint, asked: order.Epoch, program: w.program, plan: w.program.Plan(),
		bySlot: map[int]*slot{}, inbounds: map[channelID]*inbound{}, peers: map[string]*peer{},
		states: map[control.TaskID]control.TaskUpdate{},
	}
	d.ctx, d.cancel = context.WithCancel(context.Background())
	d.places = make([]control.Placement, d.plan.Slots())
	if order.First < 0 || order.First+len(order.Slots) > len(d.places) {
		return nil, fmt.Errorf("%d slots from %d were assigned for a job of %d", len(order.Slots), order.First, len(d.places))
	}
	for slot, p := range order.Places {
		d.places[slot] = p
	}
	for i, p := range d.places {
		if p.Worker == w.id {
			d.addSlot(i)
		}
	}
	d.unopened.Store(int32(len(d.states)) + 1)
	if err := d.build(); err != nil {
		d.cancel()
		d.closeStores()
		return nil, err
	}
	return d, nil
}

func (d *deployment) addSlot(index int) {
	s := &slot{index: index, deployed: d, box: newMailbox(), pace: newPace(), done: make(chan struct{})}
	for v := range d.plan.Vertices {
		vertex := &d.plan.Vertices[v]
		if index >= vertex.Parallelism {
			continue
		}
		t := &subtask{
			slot: s, vertex: vertex, id: control.TaskID{Vertex: vertex.ID, Subtask: index}, watermark: task.NoTime,
			source: vertex.Operators[0].Source != nil,
		}
		s.tasks = append(s.tasks, t)
		d.states[t.id] = control.TaskUpdate{Epoch: d.epoch, Task: t.id, State: control.Initializing}
	}
	s.metrics.tasks = make([]taskMetrics, len(s.tasks))
	d.slots = append(d.slots, s)
	d.bySlot[index] = s
}

// build makes the channels into every subtask first, then the chains, receivers
// before senders, so that a sender finds the receiver that it calls directly.
func (d *deployment) build() error {
	for _, s := range d.slots {
		for _, t := range s.tasks {
			d.addInputs(t)
		}
	}
	for _, s := range d.slots {
		for i := len(s.tasks) - 1; i >= 0; i-- {
			if err := d.buildChain(s, i); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *deployment) vertexIndex(t *subtask) int {
	for v := range d.plan.Vertices {
		if d.plan.Vertices[v].ID == t.id.Vertex {
			return v
		}
	}
	panic("container: a subtask of no vertex")
}

func (d *deployment) addInputs(t *subtask) {
	v := d.vertexIndex(t)
	for e := range d.plan.Edges {
		edge := &d.plan.Edges[e]
		if edge.To != v {
			continue
		}
		from, count := 0, d.plan.Vertices[edge.From].Parallelism
		if edge.Ship == plan.Forward {
			from, count = t.id.Subtask, 1
		}
		for i := from; i < from+count; i++ {
			in := &inbound{task: t, input: edge.Input, state: inflight.StateOf(d.plan, e), watermark: task.NoTime, clear: true}
			t.inputs = append(t.inputs, in)
			d.inbounds[channelID{uint16(e), uint16(i), uint16(t.id.Subtask)}] = in
		}
	}
}

func (d *deployment) buildChain(s *slot, at int) error {
	t := s.tasks[at]
	v := d.vertexIndex(t)
	t.store = d.worker.disk.store(t)
	ctx := &task.Context{
		Context: d.ctx, Vertex: t.vertex, JobID: d.worker.spec.JobID, Subtask: t.id.Subtask,
		BatchRecords: d.settings.batchRecords, Now: func() int64 { return s.clock }, Wake: s.wake,
		Storage: d.worker.storage, Stdout: d.worker.stdout,
		Log:   d.worker.log.With(slog.String("task", t.vertex.Name), slog.Int("subtask", t.id.Subtask)),
		Store: t.store, WatermarkEvery: d.settings.watermarkEvery, Late: &s.metrics.tasks[at].dropped, TimerAt: &t.timerAt,
		Stride: &s.pace.stride,
	}
	s.clock = s.now()
	ctx.FirstKeyGroup, ctx.LastKeyGroup = keygroup.Range(t.id.Subtask, t.vertex.Parallelism, t.vertex.MaxParallelism)
	for e := range d.plan.Edges {
		if d.plan.Edges[e].From == v {
			ctx.Outlets = append(ctx.Outlets, d.outlet(s, t, e))
		}
	}
	chain, err := d.program.Build(ctx)
	if err != nil {
		return fmt.Errorf("%s (%d/%d): %w", t.vertex.Name, t.id.Subtask+1, t.vertex.Parallelism, err)
	}
	t.chain = chain
	return nil
}

// outlet makes the channels of one outgoing edge of a subtask.
func (d *deployment) outlet(s *slot, t *subtask, e int) task.Outlet {
	edge := &d.plan.Edges[e]
	receivers := d.plan.Vertices[edge.To].Parallelism
	o := task.Outlet{Edge: e}
	if edge.Ship == plan.Forward {
		o.First, receivers = t.id.Subtask, 1
	}
	for to := o.First; to < o.First+receivers; to++ {
		id := channelID{uint16(e), uint16(t.id.Subtask), uint16(to)}
		channel := d.connect(s, id)
		o.Channels = append(o.Channels, channel)
		t.outputs = append(t.outputs, channel)
		t.gates = append(t.gates, channel)
		if to == s.index {
			t.gates = append(t.gates, d.inbounds[id].task.gates...) // it may be run by a call
		}
	}
	return o
}

// connect makes the sending end of a channel: to a slot here, or to another worker.
func (d *deployment) connect(s *slot, id channelID) *outbound {
	to := int(id.to)
	if receiver := d.bySlot[to]; receiver != nil {
		in := d.inbounds[id]
		channel := newOutbound(s.box, carrierTo(s, receiver, in))
		in.sender = channel
		return channel
	}
	p := d.peer(d.places[to])
	channel := newOutbound(s.box, &remoteCarrier{peer: p, id: id})
	channel.flow = newFlow(time.Now())
	p.channels[id] = channel
	return channel
}

func carrierTo(sender, receiver *slot, in *inbound) carrier {
	if sender == receiver {
		return &ownCarrier{to: in}
	}
	return &localCarrier{to: in, into: receiver.box}
}

func (d *deployment) peer(place control.Placement) *peer {
	p := d.peers[place.Worker]
	if p == nil {
		p = newPeer(d, place)
		d.peers[place.Worker] = p
	}
	return p
}

// start reads the snapshot to restore from, then lets the slots run.
func (d *deployment) start(order *control.Deploy) {
	d.began = time.Now()
	if order.Restore != "" {
		snap, err := snapshot.Open(d.ctx, d.worker.storage, order.Restore)
		if err != nil {
			for _, s := range d.slots {
				s.current = s.tasks[0]
				s.failed(d.ctx, fmt.Errorf("restore: %w", err), nil)
				close(s.done)
			}
			return
		}
		d.restore, d.state = snap, &snapshot.Reader{Location: snap.Location, Copies: d.worker.copies}
	}
	d.worker.copies.restored(d.restore)
	for _, p := range d.peers {
		go p.run()
	}
	for _, s := range d.slots {
		go s.run(d.ctx)
	}
	d.opened()
}

// stopTimeout is how long user code may take to return after its task was
// stopped, before the whole worker ends.
const stopTimeout = 30 * time.Second

// cancelTasks tells all tasks to end.
func (d *deployment) cancelTasks() {
	d.canceled.Store(true)
	d.cancel()
}

// stop ends all tasks and returns when none runs any more; it returns false if
// one does not end.
func (d *deployment) stop() bool {
	d.cancelTasks()
	deadline := time.After(stopTimeout)
	for _, s := range d.slots {
		s.box.wake()
		select {
		case <-s.done:
		case <-deadline:
			return false
		}
	}
	d.closeStores()
	return true
}

// runsIn tells whether it has any of the slots that an order is for.
func (d *deployment) runsIn(order *control.Deploy) bool {
	for _, s := range d.slots {
		if order.First <= s.index && s.index < order.First+len(order.Slots) {
			return true
		}
	}
	return false
}

// update notes a subtask's state and tells the master.
func (d *deployment) update(id control.TaskID, state control.TaskState, cause *control.TaskError) {
	u := control.TaskUpdate{Epoch: d.epoch, Task: id, State: state, Error: cause}
	d.mu.Lock()
	d.states[id] = u
	d.mu.Unlock()
	if cause != nil {
		d.worker.log.Error("task failed", "vertex", id.Vertex, "subtask", id.Subtask, "error", cause.Message, "at", cause.Location)
	}
	d.worker.tell(&control.FromWorker{Task: &u})
}

// updates returns all subtasks with their states.
func (d *deployment) updates() []control.TaskUpdate {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := make([]control.TaskUpdate, 0, len(d.states))
	for _, u := range d.states {
		all = append(all, u)
	}
	return all
}

// tell hands an envelope to all slots.
func (d *deployment) tell(e envelope) {
	for _, s := range d.slots {
		s.box.put(e)
	}
}

// fail fails the job for a reason that is no single task's.
func (d *deployment) fail(err error) {
	if d.canceled.Load() || len(d.slots) == 0 {
		return
	}
	t := d.slots[0].tasks[0]
	d.update(t.id, control.Failed, &control.TaskError{Message: err.Error()})
}

// closeStores gives back what the tasks, none of which runs, have on disk.
func (d *deployment) closeStores() {
	for _, s := range d.slots {
		for _, t := range s.tasks {
			t.store.Close()
		}
	}
}
