package coordinator

import (
	"fmt"
	"math"
	"time"

	"github.com/weft-stream/weft/internal/control"
	"github.com/weft-stream/weft/internal/plan"
)

// task is one subtask, in its current or last deployment.
type task struct {
	id        control.TaskID
	state     control.TaskState
	worker    string
	confirmed bool // committing, ending: the worker has let go of it
	since     map[control.TaskState]time.Time
	started   time.Time
	ended     time.Time
	metrics   Metrics
	rates     Rates
	watermark int64
	reported  time.Time // when the figures came; zero: not yet
}

func newTask(id control.TaskID) task {
	return task{id: id, state: control.Created, watermark: math.MinInt64}
}

// newTasks returns the tasks of a plan, by vertex and subtask.
func newTasks(p *plan.Plan) [][]task {
	tasks := make([][]task, len(p.Vertices))
	for v := range tasks {
		tasks[v] = make([]task, p.Vertices[v].Parallelism)
		for i := range tasks[v] {
			tasks[v][i] = newTask(control.TaskID{Vertex: p.Vertices[v].ID, Subtask: i})
		}
	}
	return tasks
}

// rank orders the states of a task: an update never goes back.
func rank(s control.TaskState) int {
	switch s {
	case control.Deploying:
		return 1
	case control.Initializing:
		return 2
	case control.Running:
		return 3
	case control.Canceling:
		return 4
	case control.Finished:
		return 5
	case control.Canceled:
		return 6
	case control.Failed:
		return 7
	default:
		return 0
	}
}

// up tells whether the task does its duty: it runs, or has come to its end.
func (t *task) up() bool {
	return t.state == control.Running || t.state == control.Finished
}

func (t *task) over() bool { return rank(t.state) >= rank(control.Finished) }

func (t *task) enter(s control.TaskState, now time.Time) {
	t.state = s
	if t.since == nil {
		t.since = make(map[control.TaskState]time.Time, 4)
	}
	t.since[s] = now
	if t.over() {
		t.ended = now
	}
}

// deployed begins the task's next attempt.
func (t *task) deployed(worker string, now time.Time) {
	*t = task{id: t.id, worker: worker, started: now, watermark: math.MinInt64}
	t.enter(control.Deploying, now)
}

func (j *Job) eachTask(do func(*task)) {
	for v := range j.tasks {
		for i := range j.tasks[v] {
			do(&j.tasks[v][i])
		}
	}
}

// allTasks tells whether is holds for every task.
func (j *Job) allTasks(is func(*task) bool) bool {
	for v := range j.tasks {
		for i := range j.tasks[v] {
			if !is(&j.tasks[v][i]) {
				return false
			}
		}
	}
	return true
}

// task returns the task of that id, nil if the plan has none.
func (j *Job) task(id control.TaskID) *task {
	v := j.vertex(id.Vertex)
	if v < 0 || id.Subtask < 0 || id.Subtask >= len(j.tasks[v]) {
		return nil
	}
	return &j.tasks[v][id.Subtask]
}

// vertex returns the index of the vertex of that id, -1 if the plan has none.
func (j *Job) vertex(id string) int {
	for v := range j.cfg.Plan.Vertices {
		if j.cfg.Plan.Vertices[v].ID == id {
			return v
		}
	}
	return -1
}

// taskName returns how people call a task: "Map (2/4)".
func (j *Job) taskName(id control.TaskID) string {
	v := j.vertex(id.Vertex)
	if v < 0 {
		return fmt.Sprintf("%s (%d)", id.Vertex, id.Subtask+1)
	}
	vertex := &j.cfg.Plan.Vertices[v]
	return fmt.Sprintf("%s (%d/%d)", vertex.Name, id.Subtask+1, vertex.Parallelism)
}

// taskUpdate takes in a worker's word on one of its tasks.
func (j *Job) taskUpdate(w *worker, u control.TaskUpdate) {
	if j.phase == reconciling {
		w.heard(u)
		return
	}
	t := j.task(u.Task)
	if t == nil || t.worker != w.id {
		return
	}
	r := j.regionOf(u.Task.Subtask)
	if u.Epoch != r.epoch {
		return
	}
	switch {
	case r.up && (j.phase == deploying || j.phase == running):
		if rank(u.State) > rank(t.state) {
			t.enter(u.State, j.now)
		}
		if u.State == control.Failed || u.State == control.Canceled {
			j.taskFailed(w, u)
		}
	case j.phase == committing:
		j.confirm(w, t, u)
	case j.phase != ended:
		if rank(u.State) > rank(t.state) && t.state != control.Finished {
			t.enter(u.State, j.now)
			if u.State == control.Failed {
				j.record(j.taskException(w, u))
			}
		}
		t.confirmed = t.confirmed || rank(u.State) >= rank(control.Finished)
	}
}

// taskFailed ends the deployment of a region because of one task.
func (j *Job) taskFailed(w *worker, u control.TaskUpdate) {
	j.fail(failure{
		regions:   []*region{j.regionOf(u.Task.Subtask)},
		Exception: j.taskException(w, u),
		fatal:     u.Error != nil && u.Error.Fatal,
		stopLost:  true,
	})
}

func (j *Job) taskException(w *worker, u control.TaskUpdate) Exception {
	x := Exception{
		Time: j.now, Task: j.taskName(u.Task), Vertex: u.Task.Vertex, Subtask: u.Task.Subtask,
		Worker: w.id, Host: w.host, Epoch: j.failureOf(j.regionOf(u.Task.Subtask)),
	}
	if u.Error != nil {
		x.Message, x.Location, x.Stack = oneLine(u.Error.Message), u.Error.Location, u.Error.Stack
	}
	if x.Message == "" {
		x.Message = "the task ended as " + string(u.State) + " and gave no reason"
	}
	return x
}

// failureOf returns the epoch under which a region's failures are recorded.
func (j *Job) failureOf(r *region) int64 {
	if r.up {
		return r.epoch
	}
	return r.cause
}

// stopTasks cancels what regions run on the workers that are left, and waits for
// nobody.
func (j *Job) stopTasks(regions []*region) {
	for _, r := range regions {
		j.eachTaskOf(r, func(t *task) {
			if !t.over() && t.state != control.Created {
				t.enter(control.Canceling, j.now)
			}
			t.confirmed = t.over() || j.workers[t.worker] == nil
		})
	}
	for _, w := range j.order {
		for _, r := range regions {
			if r.epoch != 0 && j.heldBy(r, w.id) {
				j.send(w, control.FromMaster{Cancel: &control.Cancel{Epoch: r.epoch}})
			}
		}
	}
}
