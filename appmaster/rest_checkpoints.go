package appmaster

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/weft-stream/weft/appmaster/coordinator"
	"github.com/weft-stream/weft/conf"
)

func (h *rest) getCheckpoints(_ *http.Request, v *coordinator.View) (any, error) {
	c := &v.Checkpoints
	var sizes, added, durations, inFlight []int64
	for _, s := range c.Samples {
		sizes = append(sizes, s.Size)
		added = append(added, s.Added)
		durations = append(durations, s.Duration.Milliseconds())
		inFlight = append(inFlight, s.InFlight)
	}
	nothing := make([]int64, len(c.Samples))
	history := []object{}
	for i := range c.History {
		if i == conf.Get(h.conf, conf.CheckpointHistory) {
			break
		}
		history = append(history, checkpointObject(&c.History[i], v.Now))
	}
	return object{
		"counts": object{
			"restored": c.Restored, "total": c.Total, "in_progress": c.InProgress, "completed": c.Completed, "failed": c.Failed,
		},
		"summary": object{
			"checkpointed_size": summary(added), "state_size": summary(sizes), "end_to_end_duration": summary(durations),
			"alignment_buffered": summary(nothing), "processed_data": summary(nothing), "persisted_data": summary(inFlight),
		},
		"latest": object{
			"completed": latestCheckpoint(c.LatestCompleted, v.Now), "savepoint": latestCheckpoint(c.LatestSavepoint, v.Now),
			"failed": latestCheckpoint(c.LatestFailed, v.Now), "restored": restoredObject(c.LatestRestored),
		},
		"history": history,
	}, nil
}

func latestCheckpoint(c *coordinator.CheckpointView, now time.Time) any {
	if c == nil {
		return nil
	}
	return checkpointObject(c, now)
}

func restoredObject(r *coordinator.Restored) any {
	if r == nil {
		return nil
	}
	return object{
		"id": r.Checkpoint, "restore_timestamp": millis(r.Time), "is_savepoint": r.Savepoint, "external_path": r.Path,
		"local_bytes": r.Local, "remote_bytes": r.Remote,
	}
}

// checkpointObject is a checkpoint without its tasks. Weft counts what barriers
// have overtaken (persisted_data), but not what is handled while they are awaited:
// processed_data is 0, and there because programs that read Flink's answers expect
// all of its fields.
func checkpointObject(c *coordinator.CheckpointView, now time.Time) object {
	class := map[coordinator.CheckpointStatus]string{
		coordinator.CheckpointCompleted: "completed", coordinator.CheckpointFailed: "failed",
	}[c.Status]
	if class == "" {
		class = "in_progress"
	}
	kind, format := "CHECKPOINT", any(nil)
	if c.Unaligned {
		kind = "UNALIGNED_CHECKPOINT"
	}
	if c.Savepoint {
		kind, format = "SAVEPOINT", "CANONICAL"
		if c.Stop {
			kind = "SYNC_SAVEPOINT"
		}
	}
	duration := c.Duration()
	if c.Status == coordinator.CheckpointInProgress {
		duration = max(0, now.Sub(c.Triggered))
	}
	o := object{
		"className": class, "id": c.ID, "status": c.Status, "is_savepoint": c.Savepoint, "savepointFormat": format,
		"trigger_timestamp": millis(c.Triggered), "latest_ack_timestamp": millis(c.LatestAck),
		"checkpointed_size": c.Added, "state_size": c.Size, "end_to_end_duration": duration.Milliseconds(),
		"alignment_buffered": 0, "processed_data": 0, "persisted_data": c.InFlight,
		"num_subtasks": c.Subtasks, "num_acknowledged_subtasks": c.Acked, "checkpoint_type": kind, "tasks": object{},
	}
	switch c.Status {
	case coordinator.CheckpointCompleted:
		o["external_path"], o["discarded"] = c.Dir, c.Discarded
	case coordinator.CheckpointFailed:
		o["failure_timestamp"], o["failure_message"] = millis(c.Ended), c.Failure
	}
	return o
}

func (h *rest) getCheckpointsConfig(*http.Request, *coordinator.View) (any, error) {
	s := checkpointSettings(h.conf)
	mode, storage := "exactly_once", "FileSystemCheckpointStorage"
	if conf.Get(h.conf, conf.Mode) == conf.AtLeastOnce {
		mode = "at_least_once"
	}
	if !s.Enabled {
		storage = ""
	}
	return object{
		"mode": mode, "interval": s.Interval.Milliseconds(), "timeout": s.Timeout.Milliseconds(),
		"min_pause": s.MinPause.Milliseconds(), "max_concurrent": 1,
		"externalization": object{
			"enabled":                s.Retention != coordinator.DeleteAlways,
			"delete_on_cancellation": s.Retention == coordinator.DeleteOnCancellation,
		},
		"state_backend": string(conf.Get(h.conf, conf.StateBackend)), "checkpoint_storage": storage,
		"unaligned_checkpoints": conf.Get(h.conf, conf.Unaligned), "tolerable_failed_checkpoints": s.Tolerable,
		"aligned_checkpoint_timeout": conf.Get(h.conf, conf.AlignedTimeout).Milliseconds(), "checkpoints_after_tasks_finish": true,
		"state_changelog_enabled": false, "changelog_periodic_materialization_interval": 0, "changelog_storage": "",
	}, nil
}

func findCheckpoint(r *http.Request, v *coordinator.View) (*coordinator.CheckpointView, error) {
	id, err := strconv.ParseInt(r.PathValue("checkpoint"), 10, 64)
	if err != nil {
		return nil, &failure{http.StatusBadRequest, "checkpoint id " + strconv.Quote(r.PathValue("checkpoint")) + " is not a number"}
	}
	for i := range v.Checkpoints.History {
		if v.Checkpoints.History[i].ID == id {
			return &v.Checkpoints.History[i], nil
		}
	}
	for _, c := range []*coordinator.CheckpointView{
		v.Checkpoints.LatestCompleted, v.Checkpoints.LatestSavepoint, v.Checkpoints.LatestFailed,
	} {
		if c != nil && c.ID == id {
			return c, nil
		}
	}
	return nil, notFound("details of checkpoint %d are not kept any more, or there was none", id)
}

func (h *rest) getCheckpoint(r *http.Request, v *coordinator.View) (any, error) {
	c, err := findCheckpoint(r, v)
	if err != nil {
		return nil, err
	}
	tasks := object{}
	for i := range c.Vertices {
		tasks[c.Vertices[i].ID] = vertexCheckpoint(c, &c.Vertices[i])
	}
	o := checkpointObject(c, v.Now)
	o["tasks"] = tasks
	return o, nil
}

// vertexCheckpoint is one vertex's part in a checkpoint.
func vertexCheckpoint(c *coordinator.CheckpointView, vertex *coordinator.VertexCheckpoint) object {
	status := c.Status
	if vertex.Acked == len(vertex.Subtasks) && status == coordinator.CheckpointInProgress {
		status = coordinator.CheckpointCompleted
	}
	return object{
		"id": c.ID, "status": status, "latest_ack_timestamp": millis(vertex.LatestAck),
		"checkpointed_size": vertex.Added, "state_size": vertex.Size,
		"end_to_end_duration": sinceTrigger(c, vertex.LatestAck),
		"alignment_buffered":  0, "processed_data": 0, "persisted_data": vertex.InFlight,
		"num_subtasks": len(vertex.Subtasks), "num_acknowledged_subtasks": vertex.Acked,
	}
}

func sinceTrigger(c *coordinator.CheckpointView, t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return max(0, t.Sub(c.Triggered).Milliseconds())
}

func (h *rest) getCheckpointVertex(r *http.Request, v *coordinator.View) (any, error) {
	c, err := findCheckpoint(r, v)
	if err != nil {
		return nil, err
	}
	for i := range c.Vertices {
		if c.Vertices[i].ID == r.PathValue("vertex") {
			return subtaskCheckpoints(c, &c.Vertices[i]), nil
		}
	}
	return nil, notFound("vertex %s has no part in checkpoint %d", r.PathValue("vertex"), c.ID)
}

func subtaskCheckpoints(c *coordinator.CheckpointView, vertex *coordinator.VertexCheckpoint) object {
	var sizes, added, durations, sync, async, alignment, delay, inFlight []int64
	subtasks := []object{}
	for i := range vertex.Subtasks {
		s := &vertex.Subtasks[i]
		if s.Acked.IsZero() {
			subtasks = append(subtasks, object{"className": "pending", "index": i, "status": "pending_or_failed"})
			continue
		}
		sizes = append(sizes, s.Size)
		added = append(added, s.Added)
		durations = append(durations, sinceTrigger(c, s.Acked))
		sync = append(sync, s.Sync.Milliseconds())
		async = append(async, s.Async.Milliseconds())
		alignment = append(alignment, s.Alignment.Milliseconds())
		delay = append(delay, s.StartDelay.Milliseconds())
		inFlight = append(inFlight, s.InFlight)
		subtasks = append(subtasks, object{
			"className": "completed", "index": i, "ack_timestamp": millis(s.Acked),
			"end_to_end_duration": sinceTrigger(c, s.Acked), "checkpointed_size": s.Added, "state_size": s.Size,
			"checkpoint":  object{"sync": s.Sync.Milliseconds(), "async": s.Async.Milliseconds()},
			"alignment":   object{"buffered": 0, "processed": 0, "persisted": s.InFlight, "duration": s.Alignment.Milliseconds()},
			"start_delay": s.StartDelay.Milliseconds(), "unaligned_checkpoint": s.Unaligned, "aborted": false, "status": "completed",
		})
	}
	nothing := make([]int64, len(sizes))
	o := vertexCheckpoint(c, vertex)
	o["subtasks"] = subtasks
	o["summary"] = object{
		"checkpointed_size": summary(added), "state_size": summary(sizes), "end_to_end_duration": summary(durations),
		"checkpoint_duration": object{"sync": summary(sync), "async": summary(async)},
		"alignment": object{
			"buffered": summary(nothing), "processed": summary(nothing), "persisted": summary(inFlight), "duration": summary(alignment),
		},
		"start_delay": summary(delay),
	}
	return o
}

// summary is the spread of some figures, which it sorts.
func summary(values []int64) object {
	if len(values) == 0 {
		o := object{"min": 0, "max": 0, "avg": 0}
		for _, name := range []string{"p50", "p90", "p95", "p99", "p999"} {
			o[name] = "NaN"
		}
		return o
	}
	slices.Sort(values)
	var sum int64
	for _, value := range values {
		sum += value
	}
	at := func(share float64) float64 { return float64(values[int(share*float64(len(values)-1)+0.5)]) }
	return object{
		"min": values[0], "max": values[len(values)-1], "avg": sum / int64(len(values)),
		"p50": at(0.5), "p90": at(0.9), "p95": at(0.95), "p99": at(0.99), "p999": at(0.999),
	}
}
