package coordinator

import (
	"maps"
	"slices"
	"time"

	"github.com/weft-stream/weft/internal/control"
)

// View returns all that can be seen of the job. It is not to be called beside
// Step; what it returns may be used anywhere.
func (j *Job) View() View {
	v := View{
		JobID: j.cfg.JobID, JobName: j.cfg.JobName, Class: j.cfg.Class, Plan: j.cfg.Plan,
		State: j.state, Since: maps.Clone(j.since), Started: j.started, Now: j.now,
		Epoch: j.epoch, Restarts: j.restartN, Wanted: j.fleet(),
		Checkpoints: j.showCheckpoints(),
		Exceptions:  slices.Clone(j.exceptions),
	}
	if j.state.Terminal() {
		v.Ended = j.since[j.state]
	}
	if j.phase == waiting || j.phase == deploying {
		v.RestartAt = j.restartAt()
	}
	for i := range v.Exceptions {
		v.Exceptions[i].Others = slices.Clone(v.Exceptions[i].Others)
	}
	if len(v.Exceptions) > 0 {
		v.RootCause = &v.Exceptions[0]
	}
	for _, op := range j.operations {
		if op.durable != nil {
			v.Operations = append(v.Operations, *op.durable)
		}
	}
	for i := range j.tasks {
		v.Vertices = append(v.Vertices, j.showVertex(i))
	}
	held := j.held()
	for _, w := range j.order {
		v.Workers = append(v.Workers, j.showWorker(w, held[w.id]))
	}
	return v
}

func (j *Job) showVertex(i int) VertexView {
	vertex := &j.cfg.Plan.Vertices[i]
	v := VertexView{
		ID: vertex.ID, Name: vertex.Name, Parallelism: vertex.Parallelism, MaxParallelism: vertex.MaxParallelism,
		Tasks: map[control.TaskState]int{}, Total: j.past[i],
	}
	var last time.Time
	over := true
	for s := range j.tasks[i] {
		t := &j.tasks[i][s]
		v.Tasks[t.state]++
		v.Total = v.Total.plus(t.metrics)
		v.Rates.add(t.rates)
		v.Subtasks = append(v.Subtasks, j.showTask(t))
		if !t.started.IsZero() && (v.Started.IsZero() || t.started.Before(v.Started)) {
			v.Started = t.started
		}
		over = over && t.over()
		last = later(last, t.ended)
	}
	if over {
		v.Ended = last
	}
	v.Status = sumUp(v.Tasks, vertex.Parallelism)
	return v
}

// sumUp gives a vertex the state that says most about its subtasks.
func sumUp(tasks map[control.TaskState]int, all int) control.TaskState {
	for _, s := range []control.TaskState{control.Failed, control.Canceling, control.Canceled} {
		if tasks[s] > 0 {
			return s
		}
	}
	for _, s := range []control.TaskState{control.Deploying, control.Initializing, control.Created} {
		if tasks[s] > 0 {
			return s
		}
	}
	if tasks[control.Finished] == all {
		return control.Finished
	}
	return control.Running
}

func (j *Job) showTask(t *task) SubtaskView {
	v := SubtaskView{
		Index: t.id.Subtask, State: t.state, Attempt: max(j.regionOf(t.id.Subtask).attempts-1, 0), Worker: t.worker,
		Started: t.started, Ended: t.ended, Since: maps.Clone(t.since),
		Metrics: t.metrics, Rates: t.rates, Watermark: t.watermark,
	}
	if w := j.workers[t.worker]; w != nil {
		v.Host = w.host
	}
	if t.state != control.Running {
		v.Rates = Rates{}
	}
	return v
}

func (j *Job) showWorker(w *worker, held int) WorkerView {
	v := WorkerView{
		ID: w.id, Host: w.host, DataAddr: w.hello.DataAddr, LogURL: w.logURL, PID: w.hello.PID,
		Slots: w.slots(j.cfg.Slots), Cores: w.hello.Cores, Memory: w.hello.Memory,
		Resident: w.report.Resident, Heap: w.report.Heap, Disk: w.report.Disk, Restored: w.report.Restored,
		Allocated: w.allocated, Hello: w.greeted, LastSeen: w.lastSeen, Connected: w.ready(),
	}
	v.FreeSlots = v.Slots
	if j.phase >= deploying && j.phase < ended {
		v.FreeSlots -= held
	}
	return v
}

func (j *Job) showCheckpoints() CheckpointsView {
	s := &j.stats
	v := CheckpointsView{
		Settings: j.cfg.Checkpoints,
		Restored: s.restored, Total: s.total, Completed: s.completedN, Failed: s.failedN,
		Retained:        j.retained(),
		LatestCompleted: s.latest.seen(), LatestSavepoint: s.savepoint.seen(), LatestFailed: s.failure.seen(),
		Samples: slices.Clone(s.samples),
	}
	if j.current != nil {
		v.InProgress = 1
	}
	if j.restored != nil {
		restored := *j.restored
		for _, w := range j.order {
			if from := w.report.Restored; from != nil && from.Checkpoint == restored.Checkpoint {
				restored.Local += from.Local
				restored.Remote += from.Remote
			}
		}
		v.LatestRestored = &restored
	}
	for _, c := range s.history {
		if len(v.History) < historySize+v.InProgress {
			v.History = append(v.History, *c.seen())
		}
	}
	return v
}
