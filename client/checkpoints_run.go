package client

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/weft-stream/weft/client/internal/voice"
	"github.com/weft-stream/weft/conf"
	"github.com/weft-stream/weft/internal/snapshot"
	"github.com/weft-stream/weft/internal/storage"
)

// retainedResult is one checkpoint in the JSON result of checkpoints.
type retainedResult struct {
	ID        int64  `json:"id"`
	Path      string `json:"path"`
	Triggered string `json:"triggered,omitempty"` // RFC 3339
	Completed string `json:"completed,omitempty"`
	Size      int64  `json:"size"`
	Fault     string `json:"fault,omitempty"` // why it cannot be used
}

// checkpointsResult is the JSON result of checkpoints.
type checkpointsResult struct {
	Directory   string           `json:"directory"`
	JobID       string           `json:"job-id,omitempty"`
	JobName     string           `json:"job-name,omitempty"`
	Jobs        []jobCheckpoints `json:"jobs,omitempty"`
	Checkpoints []retainedResult `json:"checkpoints,omitempty"`
}

// jobCheckpoints is one job that has checkpoints.
type jobCheckpoints struct {
	JobID  string `json:"job-id"`
	Name   string `json:"job-name,omitempty"`
	Count  int    `json:"count"`
	Latest string `json:"latest,omitempty"`    // path
	Time   string `json:"completed,omitempty"` // of the latest
}

// checkpoints does the action of that name.
func (a *app) checkpoints(ctx context.Context, o *checkpointOptions) error {
	directory := conf.Get(o.conf, conf.CheckpointDir)
	if directory == "" {
		return voice.Hint(fmt.Errorf("no folder of checkpoints is known: %s is not set", conf.CheckpointDir.Name),
			"weft checkpoints -D %s=hdfs:///flink/checkpoints, or set it in weft-conf.yaml", conf.CheckpointDir.Name)
	}
	k, err := optionalCluster(o.conf)
	if err != nil {
		return err
	}
	files := k.resolver()
	defer files.Close()
	root, dir, err := files.Resolve(directory)
	if err != nil {
		return fmt.Errorf("%s: %w", origin(o.conf, conf.CheckpointDir.Name), err)
	}
	if o.job == "" {
		return a.listCheckpointedJobs(ctx, k, root, dir)
	}
	return a.listCheckpoints(ctx, k, root, dir, o.job)
}

func (a *app) listCheckpoints(ctx context.Context, k *cluster, root storage.FS, dir, job string) error {
	list, err := snapshot.List(ctx, root, dir, job)
	if errors.Is(err, fs.ErrNotExist) || (err == nil && len(list) == 0) {
		return voice.Hint(fmt.Errorf("no checkpoints of job %s in %s", job, root.URI(dir)), "weft checkpoints lists the jobs that have any")
	}
	if err != nil {
		return k.fileError(err)
	}
	result := checkpointsResult{Directory: root.URI(dir), JobID: job}
	for i := len(list) - 1; i >= 0; i-- { // latest first
		r := retained(&list[i])
		result.Checkpoints = append(result.Checkpoints, r)
		if meta := list[i].Meta; meta != nil && result.JobName == "" {
			result.JobName = meta.JobName
		}
	}
	a.ui.Line("%s of job %s (%s), latest first:", voice.Plural(len(list), "checkpoint"), job, orUnknown(result.JobName))
	for i := range result.Checkpoints {
		a.printRetained(&list[len(list)-1-i], &result.Checkpoints[i])
	}
	return a.ui.Result(result)
}

func retained(r *snapshot.Retained) retainedResult {
	out := retainedResult{ID: r.ID, Path: r.URI, Size: r.Size}
	if !r.Triggered.IsZero() {
		out.Triggered = r.Triggered.Format(time.RFC3339)
	}
	if !r.Completed.IsZero() {
		out.Completed = r.Completed.Format(time.RFC3339)
	}
	switch {
	case errors.Is(r.Err, snapshot.ErrUnfinished):
		out.Fault = "unfinished"
	case r.Err != nil:
		out.Fault = r.Err.Error()
	}
	return out
}

func (a *app) printRetained(r *snapshot.Retained, out *retainedResult) {
	if r.Err != nil {
		a.ui.Line("%-19s  %10s  %s  (%s)", "-", voice.Bytes(r.Size), out.Path, out.Fault)
		return
	}
	a.ui.Line("%-19s  %10s  %s", r.Completed.Format(flinkTime), voice.Bytes(r.Size), out.Path)
}

func (a *app) listCheckpointedJobs(ctx context.Context, k *cluster, root storage.FS, dir string) error {
	jobs, err := snapshot.ListJobs(ctx, root, dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return k.fileError(err)
	}
	result := checkpointsResult{Directory: root.URI(dir)}
	for _, job := range jobs {
		list, err := snapshot.List(ctx, root, dir, job)
		if err != nil {
			return k.fileError(err)
		}
		result.Jobs = append(result.Jobs, summary(job, list))
	}
	a.ui.Line("%s with checkpoints in %s:", voice.Plural(len(result.Jobs), "job"), result.Directory)
	for _, j := range result.Jobs {
		a.ui.Line("%-19s  %s : %s (%s)", orUnknown(j.Time), j.JobID, orUnknown(j.Name), voice.Plural(j.Count, "checkpoint"))
	}
	return a.ui.Result(result)
}

// summary describes a job by its latest usable checkpoint.
func summary(job string, list []snapshot.Retained) jobCheckpoints {
	j := jobCheckpoints{JobID: job}
	for i := range list {
		if r := &list[i]; r.Err == nil {
			j.Count++
			j.Name, j.Latest, j.Time = r.Meta.JobName, r.URI, r.Completed.Format(flinkTime)
		}
	}
	return j
}

func orUnknown(text string) string {
	if text == "" {
		return "-"
	}
	return text
}
