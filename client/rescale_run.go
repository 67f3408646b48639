package client

import (
	"context"
	"errors"
	"fmt"

	"github.com/weft-stream/weft/appmaster/api"
	"github.com/weft-stream/weft/client/internal/voice"
)

// rescaleResult is the JSON result of rescale.
type rescaleResult struct {
	JobID       string `json:"job-id"`
	Application string `json:"application-id,omitempty"`
	Operation   string `json:"operation-id,omitempty"` // "" if there was nothing to do
	Before      int    `json:"parallelism-before"`
	Parallelism int    `json:"parallelism"`
	Workers     int    `json:"workers"`
	Checkpoint  int64  `json:"checkpoint-id,omitempty"`
	Path        string `json:"path,omitempty"` // of the checkpoint
}

// rescale does the action of that name.
func (a *app) rescale(ctx context.Context, o *rescaleOptions) error {
	a.ui.Line("Rescaling job %s to parallelism %d.", o.job, o.parallelism)
	a.ui.Line("Waiting for response...")
	f, err := a.find(ctx, o.conf, o.where, o.job)
	if err != nil {
		return err
	}
	id, before, err := f.triggerRescale(ctx, a, o.parallelism)
	if err != nil {
		return err
	}
	result := rescaleResult{JobID: o.job, Application: f.application, Before: before.Parallelism, Parallelism: o.parallelism, Workers: before.WorkersWanted}
	if id == "" {
		a.ui.Line("Job %s runs with parallelism %d already.", o.job, o.parallelism)
		return a.ui.Result(result)
	}
	a.ui.Progress("rescaling: containers and a checkpoint")
	end, err := f.operation(ctx, a, id)
	if err != nil {
		return a.interrupted(ctx, err, "weft rescale "+o.job+" -p "+o.typed+" waits for it again")
	}
	result.Operation, result.Checkpoint, result.Path = id, end.Checkpoint, end.Path
	a.ui.Progress("rescaling: starting the tasks from checkpoint %d", end.Checkpoint)
	if result.Workers, err = f.awaitRescaled(ctx, o.parallelism); err != nil {
		return a.interrupted(ctx, err, "the parallelism is changed; weft list tells when the job runs")
	}
	a.ui.Line("Job %s runs with parallelism %d (before: %d) in %s, from checkpoint %d.",
		o.job, o.parallelism, before.Parallelism, voice.Plural(result.Workers, "container"), end.Checkpoint)
	return a.ui.Result(result)
}

// triggerRescale asks for the new parallelism and returns the operation's id, and
// the job as it was. An earlier request for the same is joined; the id is empty
// if the job is as wide as it shall be.
func (f *found) triggerRescale(ctx context.Context, a *app, parallelism int) (id string, before *api.Job, err error) {
	err = f.watch(ctx, func(job *api.Job) (bool, error) {
		before = job
		return true, nil
	})
	if err != nil {
		return "", nil, err
	}
	busy := inProgress(before, func(o *api.Operation) bool { return o.Kind == api.Rescale && o.Parallelism == parallelism })
	switch {
	case busy != nil:
		a.ui.Note("this was asked for before and is under way: waiting for it")
		return busy.ID, before, nil
	case before.Parallelism == parallelism:
		return "", before, nil
	}
	answer := api.Triggered{}
	err = f.ask(ctx, "/rescaling", api.RescaleRequest{Parallelism: parallelism, TriggerID: newID()}, &answer)
	return answer.RequestID, before, err
}

// awaitRescaled waits until all tasks run with the parallelism, and returns how
// many containers they run in.
func (f *found) awaitRescaled(ctx context.Context, parallelism int) (workers int, err error) {
	err = f.watch(ctx, func(job *api.Job) (bool, error) {
		workers = job.WorkersWanted
		return job.State == "RUNNING" && job.Parallelism == parallelism, nil
	})
	if over := (*overError)(nil); errors.As(err, &over) {
		return 0, fmt.Errorf("the parallelism was changed, but %w", over)
	}
	return workers, err
}
