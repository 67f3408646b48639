package appmaster

import (
	"context"
	"math"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/weft-stream/weft/appmaster/api"
	"github.com/weft-stream/weft/appmaster/coordinator"
	"github.com/weft-stream/weft/conf"
	"github.com/weft-stream/weft/internal/control"
	"github.com/weft-stream/weft/internal/jobspec"
	"github.com/weft-stream/weft/internal/plan"
)

// serveWeftJob answers with everything about the job, at once or when it has
// changed.
func (h *rest) serveWeftJob(w http.ResponseWriter, r *http.Request) {
	now := h.board.get()
	if text := r.URL.Query().Get("wait"); text != "" {
		version, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			writeError(w, http.StatusBadRequest, "wait: "+strconv.Quote(text)+" is not a version")
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), api.WaitLimit*time.Second)
		now = h.board.other(ctx, version)
		cancel()
	}
	if now.view == nil {
		writeError(w, http.StatusServiceUnavailable, "the master is still finding out about the job: try again")
		return
	}
	h.server.lastRead.Store(time.Now().UnixMilli())
	writeJSON(w, http.StatusOK, h.weftJob(now))
}

func (h *rest) weftJob(s *shown) *api.Job {
	v := s.view
	total, free := slots(v)
	job := &api.Job{
		Version: s.version, Now: time.Now().UnixMilli(), WeftVersion: h.version,
		ApplicationID: h.spec.ApplicationID, JobID: h.spec.JobID, Name: h.spec.JobName, User: h.spec.User,
		Target: string(h.spec.Target), Attempt: h.attempt, MasterStarted: h.started.UnixMilli(), Master: h.masterProcess(),
		State: string(v.State), Ended: v.State.Terminal(), Detail: h.detail(v), Started: millis(v.Started), EndedAt: millis(v.Ended),
		StateSince: millis(v.Since[v.State]), Parallelism: v.Plan.Parallelism, MaxParallelism: v.Plan.MaxParallelism,
		SlotsTotal: total, SlotsFree: free, WorkersWanted: v.Wanted, Restarts: v.Restarts, Epoch: v.Epoch,
		Checkpoints: h.weftCheckpoints(&v.Checkpoints),
		Workers:     []api.Worker{}, Operations: []api.Operation{}, Vertices: []api.Vertex{}, Edges: []api.Edge{},
		Warnings: append([]string{}, v.Plan.Warnings...),
	}
	if low := job.Checkpoints.Warning; low != "" {
		job.Warnings = append(job.Warnings, low)
	}
	if v.RootCause != nil {
		job.Failure = weftFailure(v.RootCause)
	}
	if r := v.Checkpoints.LatestRestored; r != nil {
		job.Restored = &api.Restored{Path: r.Path, Checkpoint: r.Checkpoint, Savepoint: r.Savepoint, Time: millis(r.Time), Local: r.Local, Remote: r.Remote}
	}
	for i := range v.Workers {
		job.Workers = append(job.Workers, h.weftWorker(&v.Workers[i]))
	}
	for i := len(v.Operations) - 1; i >= 0; i-- {
		job.Operations = append(job.Operations, weftOperation(&v.Operations[i]))
	}
	for i := range v.Vertices {
		job.Vertices = append(job.Vertices, weftVertex(&v.Plan.Vertices[i], &v.Vertices[i], &job.Tasks))
	}
	for _, edge := range v.Plan.Edges {
		job.Edges = append(job.Edges, api.Edge{
			From: v.Plan.Vertices[edge.From].ID, To: v.Plan.Vertices[edge.To].ID, Ship: string(edge.Ship),
		})
	}
	weftRates(v, job)
	return job
}

// detail says in words what a state does not.
func (h *rest) detail(v *coordinator.View) string {
	switch {
	case v.State == coordinator.Created && connected(v) < v.Wanted:
		return "waiting for workers: " + strconv.Itoa(connected(v)) + " of " + strconv.Itoa(v.Wanted) + " are there"
	case v.State == coordinator.Reconciling:
		return "a new master finds out which tasks still run"
	case (v.State == coordinator.Restarting || v.State == coordinator.Failing || v.State == coordinator.Failed) && v.RootCause != nil:
		return v.RootCause.Message
	}
	return ""
}

func (h *rest) masterProcess() api.Process {
	return api.Process{
		Address: h.server.address(), PID: os.Getpid(), Memory: h.spec.MasterMemory, Resident: resident(), LogURL: h.masterLogURL(),
	}
}

// masterLogURL is the NodeManager's page of the master's logs.
func (h *rest) masterLogURL() string {
	container, node, port := os.Getenv("CONTAINER_ID"), os.Getenv("NM_HOST"), os.Getenv("NM_HTTP_PORT")
	if h.spec.Target != jobspec.YARN || port == "" {
		return ""
	}
	return logPage(nodeScheme(conf.HadoopFromProperties(h.spec.Hadoop)), net.JoinHostPort(node, port), container, h.spec.User)
}

func weftFailure(e *coordinator.Exception) *api.Failure {
	return &api.Failure{
		Time: e.Time.UnixMilli(), Message: e.Message, Location: e.Location, Stack: e.Stack, Task: e.Task, Worker: e.Worker,
	}
}

func (h *rest) weftCheckpoints(c *coordinator.CheckpointsView) api.Checkpoints {
	return api.Checkpoints{
		Dir: h.jobDir, Interval: c.Settings.Interval.Milliseconds(),
		Completed: int64(c.Completed), Failed: int64(c.Failed), InProgress: int64(c.InProgress),
		Last: weftCheckpoint(c.LatestCompleted), LastSavepoint: weftCheckpoint(c.LatestSavepoint), LastFailed: weftCheckpoint(c.LatestFailed),
		Warning: h.space.warn(),
	}
}

func weftCheckpoint(c *coordinator.CheckpointView) *api.Checkpoint {
	if c == nil {
		return nil
	}
	shown := &api.Checkpoint{
		ID: c.ID, Savepoint: c.Savepoint, State: string(c.Status), Triggered: millis(c.Triggered), Completed: millis(c.Ended),
		Size: c.Size, Failure: c.Failure,
	}
	if c.Status == coordinator.CheckpointCompleted {
		shown.Path = c.Dir
	}
	return shown
}

func (h *rest) weftWorker(w *coordinator.WorkerView) api.Worker {
	state := "CONNECTED"
	switch {
	case w.Hello.IsZero():
		state = "STARTING"
	case !w.Connected:
		state = "LOST"
	}
	c, _ := h.containers.find(w.ID)
	shown := api.Worker{
		ID: w.ID, State: state, Host: w.Host, DataAddr: w.DataAddr, PID: w.PID, Slots: w.Slots, FreeSlots: w.FreeSlots,
		Memory: w.Memory, Resident: w.Resident, LastHeard: millis(w.LastSeen), LogURL: w.LogURL,
		Stdout: "taskmanagers/" + w.ID + "/stdout", Log: "taskmanagers/" + w.ID + "/log", File: c.Stdout,
	}
	if w.LogURL != "" {
		shown.Stdout, shown.Log = w.LogURL+"/stdout?start=0", w.LogURL+"/stderr?start=0"
	}
	return shown
}

func weftOperation(o *coordinator.Operation) api.Operation {
	return api.Operation{
		ID: o.ID, Kind: string(o.Kind), State: string(o.State), Directory: o.Target, Drain: o.Drain, Parallelism: o.Parallelism,
		Checkpoint: o.Checkpoint, Path: o.Location, Error: o.Failure, Asked: millis(o.Requested), Ended: millis(o.Ended),
	}
}

func weftVertex(planned *plan.Vertex, v *coordinator.VertexView, counts *api.TaskCounts) api.Vertex {
	shown := api.Vertex{
		ID: v.ID, Name: v.Name, Parallelism: v.Parallelism, MaxParallelism: v.MaxParallelism, State: string(v.Status),
		Operators: []api.Operator{}, Subtasks: []api.Subtask{},
	}
	for _, o := range planned.Operators {
		shown.Operators = append(shown.Operators, api.Operator{UID: o.UID, Name: o.Name, Kind: o.Kind, Location: o.Location})
	}
	for i := range v.Subtasks {
		s := &v.Subtasks[i]
		shown.Subtasks = append(shown.Subtasks, weftSubtask(s))
		countTask(counts, s.State)
	}
	return shown
}

func weftSubtask(s *coordinator.SubtaskView) api.Subtask {
	shown := api.Subtask{
		Index: s.Index, State: string(s.State), Since: millis(s.Since[s.State]), Worker: s.Worker, Host: s.Host,
		RecordsIn: s.Metrics.RecordsIn, RecordsOut: s.Metrics.RecordsOut, RateIn: s.Rates.RecordsIn, RateOut: s.Rates.RecordsOut,
		BytesIn: s.Metrics.BytesIn, BytesOut: s.Metrics.BytesOut,
		Busy: share(s.Rates.Busy), Backpressured: share(s.Rates.Backpressured), Idle: share(s.Rates.Idle),
		LateRecords: s.Metrics.LateRecords,
	}
	if s.Watermark != math.MinInt64 {
		shown.Watermark = &s.Watermark
	}
	return shown
}

func countTask(c *api.TaskCounts, state control.TaskState) {
	c.Total++
	switch state {
	case control.Created:
		c.Created++
	case control.Deploying:
		c.Deploying++
	case control.Initializing:
		c.Initializing++
	case control.Running:
		c.Running++
	case control.Finished:
		c.Finished++
	case control.Canceling:
		c.Canceling++
	case control.Canceled:
		c.Canceled++
	case control.Failed:
		c.Failed++
	}
}

// weftRates sums up what the sources read and what reaches the job's ends. A
// source reports what it makes as records in.
func weftRates(v *coordinator.View, job *api.Job) {
	hasInput, hasOutput := make([]bool, len(v.Vertices)), make([]bool, len(v.Vertices))
	for _, edge := range v.Plan.Edges {
		hasOutput[edge.From], hasInput[edge.To] = true, true
	}
	for i := range v.Vertices {
		vertex := &v.Vertices[i]
		if !hasInput[i] {
			job.RecordsRead += vertex.Total.RecordsIn
			job.Rates.RecordsRead += vertex.Rates.RecordsIn
		}
		if !hasOutput[i] {
			job.RecordsWritten += vertex.Total.RecordsIn
			job.Rates.RecordsWritten += vertex.Rates.RecordsIn
		}
	}
}
