package client

import (
	"context"

	"github.com/weft-stream/weft/appmaster/api"
)

// checkpoint does the action of that name.
func (a *app) checkpoint(ctx context.Context, o *checkpointOptions) error {
	a.ui.Line("Triggering checkpoint for job %s.", o.job)
	a.ui.Line("Waiting for response...")
	f, err := a.find(ctx, o.conf, o.where, o.job)
	if err != nil {
		return err
	}
	answer := api.Triggered{}
	request := api.CheckpointRequest{TriggerID: newID()}
	if o.full {
		request.CheckpointType = "FULL"
	}
	if err := f.ask(ctx, "/checkpoints", request, &answer); err != nil {
		return err
	}
	a.ui.Progress("checkpoint: writing")
	end, err := f.operation(ctx, a, answer.RequestID)
	if err != nil {
		return a.interrupted(ctx, err, "weft checkpoints "+o.job+" lists what is complete")
	}
	a.ui.Line("Checkpoint %d for job %s completed.", end.Checkpoint, o.job)
	return a.ui.Result(savepointResult{
		JobID: o.job, Application: f.application, Operation: end.ID, State: end.State, Path: end.Path, Checkpoint: end.Checkpoint,
	})
}
