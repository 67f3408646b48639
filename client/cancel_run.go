package client

import (
	"context"
	"errors"
	"net/url"
	"path"
	"time"

	"github.com/weft-stream/weft/appmaster/api"
)

// cancel does the action of that name.
func (a *app) cancel(ctx context.Context, o *cancelOptions) error {
	if o.savepoint.given {
		return a.cancelWithSavepoint(ctx, o)
	}
	a.ui.Line("Cancelling job %s.", o.job)
	f, err := a.find(ctx, o.conf, o.where, o.job)
	if waiting := (*waitingError)(nil); errors.As(err, &waiting) {
		return a.withdrawWaiting(ctx, o, waiting)
	}
	if err != nil {
		return err
	}
	if err := f.cancel(ctx); err != nil {
		return err
	}
	a.ui.Progress("cancelling: waiting for the tasks")
	if err := f.waitEnd(ctx); err != nil {
		return a.interrupted(ctx, err, "weft list shows what became of it")
	}
	a.ui.Line("Cancelled job %s.", o.job)
	return a.ui.Result(savepointResult{JobID: o.job, Application: f.application, State: api.Completed, JobState: "CANCELED"})
}

// withdrawWaiting takes a job out of its queue. There is no master yet that
// could end it and clean up.
func (a *app) withdrawWaiting(ctx context.Context, o *cancelOptions, w *waitingError) error {
	if err := w.cluster.kill(ctx, w.application.ID, "cancelled by the weft command before it ran"); err != nil {
		return err
	}
	files := w.cluster.resolver()
	defer files.Close()
	if root, home, err := w.cluster.home(files, o.conf); err == nil {
		root.RemoveAll(ctx, path.Join(home, w.application.ID.String()))
	}
	a.ui.Line("Cancelled job %s.", o.job)
	return a.ui.Result(savepointResult{JobID: o.job, Application: w.application.ID.String(), State: api.Completed, JobState: "CANCELED"})
}

// cancel asks the master to end the job. That the job is over meanwhile is what
// was wanted.
func (f *found) cancel(ctx context.Context) error {
	give := time.Now().Add(masterPatience)
	for {
		err := f.master.change(ctx, "/jobs/"+f.job, url.Values{"mode": {"cancel"}}, nil, nil)
		if err == nil || !errors.Is(err, errNoMaster) || time.Now().After(give) {
			return err
		}
		if f.over(ctx) != nil {
			return nil
		}
		if err := pause(ctx, masterPause); err != nil {
			return err
		}
	}
}

func (a *app) cancelWithSavepoint(ctx context.Context, o *cancelOptions) error {
	where := "default savepoint directory"
	if o.savepoint.text != "" {
		where = o.savepoint.text
	}
	a.ui.Line("Cancelling job %s with CANONICAL savepoint to %s.", o.job, where)
	f, err := a.find(ctx, o.conf, o.where, o.job)
	if err != nil {
		return err
	}
	id, err := f.triggerSavepoint(ctx, a, api.SavepointRequest{TargetDirectory: o.savepoint.text, CancelJob: true})
	if err != nil {
		return err
	}
	a.ui.Progress("savepoint %s: writing", id)
	end, err := f.operation(ctx, a, id)
	if err != nil {
		return a.interrupted(ctx, err, "weft list shows what became of it")
	}
	a.ui.Progress("cancelling: waiting for the tasks")
	if err := f.waitEnd(ctx); err != nil {
		return a.interrupted(ctx, err, "the savepoint is complete: "+end.Path)
	}
	a.ui.Line("Cancelled job %s. Savepoint stored in %s.", o.job, end.Path)
	return a.ui.Result(savepointResult{
		JobID: o.job, Application: f.application, Operation: id, State: end.State,
		Path: end.Path, Checkpoint: end.Checkpoint, JobState: "CANCELED",
	})
}
