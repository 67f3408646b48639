package client

import (
	"context"
	"fmt"
	"slices"

	"github.com/weft-stream/weft/appmaster/api"
	"github.com/weft-stream/weft/conf"
	"github.com/weft-stream/weft/internal/snapshot"
)

// savepointResult is the JSON result of savepoint, stop and cancel -s.
type savepointResult struct {
	JobID       string `json:"job-id"`
	Application string `json:"application-id,omitempty"`
	Operation   string `json:"operation-id"`
	State       string `json:"state"` // of the operation: IN_PROGRESS if it was not awaited
	Path        string `json:"path,omitempty"`
	Checkpoint  int64  `json:"checkpoint-id,omitempty"`
	JobState    string `json:"job-state,omitempty"` // of stop and cancel
}

// savepoint does the action of that name.
func (a *app) savepoint(ctx context.Context, o *savepointOptions) error {
	switch {
	case o.dispose != "":
		return a.disposeSavepoint(ctx, o)
	case o.status != "":
		return a.savepointStatus(ctx, o)
	}
	if o.detached {
		a.ui.Line("Triggering savepoint in detached mode for job %s.", o.job)
	} else {
		a.ui.Line("Triggering savepoint for job %s.", o.job)
	}
	a.ui.Line("Waiting for response...")
	f, err := a.find(ctx, o.conf, o.where, o.job)
	if err != nil {
		return err
	}
	id, err := f.triggerSavepoint(ctx, a, api.SavepointRequest{TargetDirectory: o.directory})
	if err != nil {
		return err
	}
	result := savepointResult{JobID: o.job, Application: f.application, Operation: id, State: api.InProgress}
	if o.detached {
		a.ui.Line("Successfully trigger manual savepoint, triggerId: %s", id)
		return a.ui.Result(result)
	}
	a.ui.Progress("savepoint %s: writing", id)
	end, err := f.operation(ctx, a, id)
	if err != nil {
		return a.interrupted(ctx, err, "weft savepoint "+o.job+" waits for it again")
	}
	result.State, result.Path, result.Checkpoint = end.State, end.Path, end.Checkpoint
	a.ui.Line("Savepoint completed. Path: %s", end.Path)
	a.ui.Line("You can resume your program from this savepoint with the run command.")
	return a.ui.Result(result)
}

// triggerSavepoint asks for a savepoint and returns the operation's id. One
// that was asked for in the same words and is not complete is joined.
func (f *found) triggerSavepoint(ctx context.Context, a *app, request api.SavepointRequest) (string, error) {
	kind := api.Savepoint
	if request.CancelJob {
		kind = api.CancelWithSavepoint
	}
	job, err := f.master.job(ctx, 0)
	if err == nil {
		busy := inProgress(job, func(o *api.Operation) bool {
			return o.Kind == kind && (request.TargetDirectory == "" || o.Directory == request.TargetDirectory)
		})
		if busy != nil {
			a.ui.Note("this savepoint was asked for before and is being written: waiting for it")
			return busy.ID, nil
		}
	}
	request.TriggerID = newID()
	answer := api.Triggered{}
	err = f.ask(ctx, "/savepoints", request, &answer)
	return answer.RequestID, err
}

// disposeSavepoint deletes a savepoint that no living job needs.
func (a *app) disposeSavepoint(ctx context.Context, o *savepointOptions) error {
	a.sayWithoutEffect("a savepoint is deleted from the file system, by nobody's master", "jobmanager", "yarnapplicationId", "target", "detached")
	a.ui.Line("Disposing savepoint '%s'.", o.dispose)
	a.ui.Line("Waiting for response...")
	t, err := openTree(o.conf)
	if err != nil {
		return err
	}
	defer t.files.Close()
	location, err := a.locate(ctx, t, o.dispose)
	if err != nil {
		return err
	}
	meta, err := snapshot.Read(ctx, location.FS, location.Dir)
	switch {
	case err != nil:
		return t.cluster.fileError(err)
	case meta.Kind != snapshot.Savepoint:
		return fmt.Errorf("%s is a checkpoint of job %s, which deletes it itself: only savepoints are disposed of", location.URI(), meta.JobID)
	}
	if err := a.checkUnneeded(ctx, t.cluster, o.conf, location, meta); err != nil {
		return err
	}
	if err := a.removeSnapshot(ctx, t.cluster, location); err != nil {
		return err
	}
	a.forget(ctx, t, location.URI(), meta.JobID)
	a.ui.Line("Savepoint '%s' disposed.", o.dispose)
	return a.ui.Result(map[string]string{"path": location.URI(), "state": "DISPOSED"})
}

// forget removes what the savepoint's job has noted of it, and the job's folder
// if the job is over and nothing else is in it. A note that stays does no harm.
func (a *app) forget(ctx context.Context, t *tree, uri, job string) {
	folders := t.ask(ctx, job)
	if configured := conf.Get(t.conf, conf.CheckpointDir); configured != "" {
		folders = append(folders, configured)
	}
	for _, folder := range folders {
		root, dir, err := t.files.Resolve(folder)
		if err != nil {
			continue // what is wrong with the setting is no matter here
		}
		owner, err := snapshot.ReadOwner(ctx, root, dir, job)
		if err != nil {
			continue // the job has left nothing here
		}
		records, err := snapshot.RecordedSavepoints(ctx, root, dir, job)
		if err == nil && slices.ContainsFunc(records, func(r snapshot.SavepointRecord) bool { return r.Path == uri }) { // not a copy's, of the same name
			err = snapshot.ForgetSavepoint(ctx, root, dir, job, uri)
		}
		if err == nil && t.cluster.hasEnded(ctx, owner) {
			err = snapshot.RemoveEmptyJob(ctx, root, dir, job)
		}
		if err != nil {
			a.ui.Warn("its record is left: %v", err)
		}
	}
}
