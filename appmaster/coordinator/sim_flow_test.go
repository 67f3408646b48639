package coordinator

import (
	"maps"
	"math"
	"slices"

	"github.com/weft-stream/weft/internal/control"
)

// flow is the data between the tasks of one epoch, which are those of one region: a
// queue from every source to every sum that it is connected with. An item is a record, a barrier as its negative id, or the end.
type flow struct {
	s           *sim
	epoch       int64
	parallelism int
	sources     []*sourceTask // nil: not deployed here, or gone
	sums        []*sumTask
	extras      []*extraTask
	queues      [][][]int64 // by source and sum
}

const endItem = math.MinInt64

type taskBase struct {
	w      *simWorker
	flow   *flow
	name   string
	index  int
	now    control.TaskState
	latest int64 // checkpoint that it was asked for or restored from,
	asked  int64 // and in which epoch
}

func (t *taskBase) base() *taskBase          { return t }
func (t *taskBase) id() control.TaskID       { return taskID(t.name, t.index) }
func (t *taskBase) state() control.TaskState { return t.now }

// set never leaves FAILED.
func (t *taskBase) set(state control.TaskState) {
	if t.now != control.Failed {
		t.now = state
	}
}

type sourceTask struct {
	taskBase
	offsets map[int]int // by split: every n-th is its own
	stopped int64       // by this checkpoint
	idle    int         // turns that it stood still for no reason
}

type sumTask struct {
	taskBase
	sums    [simKeys]int64
	open    []record // written since the last barrier
	txns    []txn
	align   int64 // the checkpoint whose barriers are awaited; 0: none
	blocked []bool
	ended   []bool
}

// extraTask has nothing to do: it makes some slots one region.
type extraTask struct{ taskBase }

func (t *extraTask) snapshot(int64) *content {
	return &content{finished: t.now == control.Finished}
}

func (s *sim) flowOf(d *control.Deploy) *flow {
	for _, f := range s.flows {
		if f.epoch == d.Epoch {
			return f
		}
	}
	f := &flow{s: s, epoch: d.Epoch, parallelism: d.Parallelism}
	p := s.planAt(d.Parallelism)
	f.sources = make([]*sourceTask, p.Vertices[0].Parallelism)
	f.sums = make([]*sumTask, p.Vertices[1].Parallelism)
	f.extras = make([]*extraTask, extras(p))
	f.queues = make([][][]int64, len(f.sources))
	for i := range f.queues {
		f.queues[i] = make([][]int64, len(f.sums))
	}
	s.flows = append(s.flows, f)
	return f
}

func (f *flow) addSource(i int, w *simWorker) *sourceTask {
	if f.sources[i] != nil {
		f.s.violatef("source %d runs twice in epoch %d", i, f.epoch)
	}
	f.sources[i] = &sourceTask{taskBase: f.task(w, "source", i), offsets: map[int]int{}}
	for split := i; split < len(f.s.length); split += len(f.sources) {
		f.sources[i].offsets[split] = 0
	}
	return f.sources[i]
}

func (f *flow) addSum(i int, w *simWorker) *sumTask {
	if f.sums[i] != nil {
		f.s.violatef("sum %d runs twice in epoch %d", i, f.epoch)
	}
	f.sums[i] = &sumTask{
		taskBase: f.task(w, "sum", i),
		blocked:  make([]bool, len(f.sources)), ended: make([]bool, len(f.sources)),
	}
	for source := range f.sources {
		f.sums[i].ended[source] = !f.connected(source, i)
	}
	return f.sums[i]
}

func (f *flow) addExtra(i int, w *simWorker) *extraTask {
	if f.extras[i] != nil {
		f.s.violatef("extra %d runs twice in epoch %d", i, f.epoch)
	}
	f.extras[i] = &extraTask{f.task(w, "extra", i)}
	return f.extras[i]
}

func (f *flow) task(w *simWorker, name string, i int) taskBase {
	return taskBase{w: w, flow: f, name: name, index: i, now: control.Deploying}
}

// connected tells whether there is a channel between two subtasks.
func (f *flow) connected(source, sum int) bool { return !f.s.wide.forward || source == sum }

// remove takes out a worker's tasks; the flow goes when nothing is left.
func (f *flow) remove(w *simWorker) {
	left := false
	for i, t := range f.sources {
		if t != nil && t.w == w {
			f.sources[i] = nil
		}
		left = left || f.sources[i] != nil
	}
	for i, t := range f.sums {
		if t != nil && t.w == w {
			f.sums[i] = nil
		}
		left = left || f.sums[i] != nil
	}
	for i, t := range f.extras {
		if t != nil && t.w == w {
			f.extras[i] = nil
		}
		left = left || f.extras[i] != nil
	}
	if !left {
		f.s.flows = slices.DeleteFunc(f.s.flows, func(g *flow) bool { return g == f })
	}
}

func (s *sim) pumpAll() {
	for _, f := range slices.Clone(s.flows) {
		f.pump()
	}
}

// pump moves some records.
func (f *flow) pump() {
	for _, t := range f.sources {
		if t == nil || t.now != control.Running {
			continue
		}
		if t.stopped != 0 {
			f.s.check.still(f.s, t)
			continue
		}
		left := false
		for _, split := range slices.Sorted(maps.Keys(t.offsets)) {
			for range f.s.rng.IntN(4) {
				if r := (record{split, t.offsets[split]}); r.offset < f.s.length[split] {
					f.push(t.index, f.s.key(r)%len(f.sums), r.item())
					t.offsets[split]++
				}
			}
			left = left || t.offsets[split] < f.s.length[split]
		}
		if !left {
			for j := range f.sums {
				f.push(t.index, j, endItem)
			}
			t.w.enter(t, control.Finished)
		}
	}
	for _, t := range f.sums {
		if t != nil && t.now == control.Running && !f.s.chance(0.1) {
			f.drain(t)
		}
	}
	for _, t := range f.extras {
		if t != nil && t.now == control.Running {
			t.w.enter(t, control.Finished)
			t.w.ended(t)
		}
	}
}

func (f *flow) push(source, sum int, item int64) {
	if !f.connected(source, sum) {
		return
	}
	f.queues[source][sum] = append(f.queues[source][sum], item)
}

// barrier sends a checkpoint's barrier behind a source's records.
func (f *flow) barrier(t *sourceTask, c *control.TriggerCheckpoint) {
	for j := range f.sums {
		f.push(t.index, j, -c.Checkpoint)
	}
	if c.Stop {
		t.stopped = c.Checkpoint
	}
	f.s.soon(f.pump)
}

// drain has a sum take in what is there, but for what stands behind barriers
// that it aligns.
func (f *flow) drain(t *sumTask) {
	for i := range f.sources {
		for len(f.queues[i][t.index]) > 0 && !t.blocked[i] && t.now == control.Running {
			item := f.queues[i][t.index][0]
			f.queues[i][t.index] = f.queues[i][t.index][1:]
			switch {
			case item == endItem:
				t.ended[i] = true
			case item < 0:
				t.barrier(i, -item)
			default:
				r := recordOf(item)
				t.sums[f.s.key(r)] += r.value()
				t.open = append(t.open, r)
			}
		}
	}
	t.aligned()
	if !slices.Contains(t.ended, false) && t.now == control.Running {
		t.w.enter(t, control.Finished)
		t.w.ended(t)
	}
}

func (t *sumTask) barrier(source int, checkpoint int64) {
	if t.w.over[checkpoint] || checkpoint < t.align {
		return
	}
	if checkpoint > t.align {
		t.unblock()
		t.align = checkpoint
	}
	t.blocked[source] = true
}

func (t *sumTask) unblock() {
	t.align = 0
	clear(t.blocked)
}

// aligned takes the snapshot when all barriers are there.
func (t *sumTask) aligned() {
	if t.align == 0 {
		return
	}
	for i := range t.blocked {
		if !t.blocked[i] && !t.ended[i] {
			return
		}
	}
	id := t.align
	t.unblock()
	t.w.contribute(t, id)
}

func (t *sourceTask) snapshot(int64) *content {
	return &content{offsets: maps.Clone(t.offsets), finished: t.now == control.Finished}
}

// snapshot closes the open transaction: it commits with this checkpoint.
func (t *sumTask) snapshot(checkpoint int64) *content {
	if len(t.open) > 0 {
		t.w.s.nextTxn++
		t.txns = append(slices.Clone(t.txns), txn{id: t.w.s.nextTxn, checkpoint: checkpoint, records: t.open})
		t.open = nil
	}
	return &content{sums: t.sums, txns: t.txns, finished: t.now == control.Finished}
}
