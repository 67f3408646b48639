package client

import (
	"context"

	"github.com/weft-stream/weft/appmaster/api"
)

// stop does the action of that name.
func (a *app) stop(ctx context.Context, o *stopOptions) error {
	doing := "Suspending"
	if o.drain {
		doing = "Draining"
	}
	a.ui.Line("%s job \"%s\" with a CANONICAL savepoint.", doing, o.job)
	f, err := a.find(ctx, o.conf, o.where, o.job)
	if err != nil {
		return err
	}
	id, err := f.triggerStop(ctx, a, api.StopRequest{TargetDirectory: o.directory, Drain: o.drain})
	if err != nil {
		return err
	}
	result := savepointResult{JobID: o.job, Application: f.application, Operation: id, State: api.InProgress}
	if o.detached {
		a.ui.Line("Successfully trigger stop with savepoint, triggerId: %s", id)
		return a.ui.Result(result)
	}
	a.ui.Progress("stopping: writing savepoint %s", id)
	end, err := f.operation(ctx, a, id)
	if err != nil {
		return a.interrupted(ctx, err, "weft stop "+o.job+" waits for it again")
	}
	a.ui.Progress("stopping: waiting for the tasks")
	if err := f.waitEnd(ctx); err != nil {
		return a.interrupted(ctx, err, "the savepoint is complete: "+end.Path)
	}
	result.State, result.Path, result.Checkpoint, result.JobState = end.State, end.Path, end.Checkpoint, "FINISHED"
	a.ui.Line("Savepoint completed. Path: %s", end.Path)
	return a.ui.Result(result)
}

// triggerStop asks for the job's graceful end and returns the operation's id,
// that of an earlier request if the job is busy with one.
func (f *found) triggerStop(ctx context.Context, a *app, request api.StopRequest) (string, error) {
	job, err := f.master.job(ctx, 0)
	if err == nil {
		if busy := inProgress(job, func(o *api.Operation) bool { return o.Kind == api.Stop }); busy != nil {
			a.ui.Note("the job is being stopped already: waiting for that")
			return busy.ID, nil
		}
	}
	request.TriggerID = newID()
	answer := api.Triggered{}
	err = f.ask(ctx, "/stop", request, &answer)
	return answer.RequestID, err
}
