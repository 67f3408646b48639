package client

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/weft-stream/weft/appmaster/api"
	"github.com/weft-stream/weft/client/internal/voice"
	"github.com/weft-stream/weft/conf"
)

// savepointStatus tells where an operation stands that was asked for with
// --detached: a savepoint, or one with which a job ends. The masters of the jobs
// that run are asked first; each remembers its operations for a while, over its
// own restarts too. For good there is what jobs have recorded of them.
func (a *app) savepointStatus(ctx context.Context, o *savepointOptions) error {
	give := time.Now().Add(masterPatience)
	for {
		jobs, err := a.collect(ctx, &listOptions{conf: o.conf, where: a.scope(o.conf, o.where), all: true})
		if err != nil {
			return err
		}
		jobs = slices.DeleteFunc(jobs, func(j *listed) bool { return o.job != "" && j.JobID != o.job })
		for _, j := range jobs {
			for i := range j.operations {
				if j.operations[i].ID == o.status {
					return a.sayOperation(j, &j.operations[i])
				}
			}
		}
		folders, err := a.sayRecorded(ctx, o)
		open := errors.Is(err, errOpen)
		if !open && !errors.Is(err, errNotRecorded) {
			return err
		}
		silent := slices.ContainsFunc(jobs, func(j *listed) bool { return j.stage == running && j.silent })
		switch patient := time.Now().Before(give); {
		case open && !patient:
			return err
		case !open && (!silent || !patient):
			return unknownOperation(o.status, folders)
		}
		if err := pause(ctx, masterPause); err != nil { // a master that was killed is back within seconds
			return err
		}
	}
}

// unknownOperation says where nothing was found.
func unknownOperation(id string, folders []string) error {
	if len(folders) == 0 {
		return voice.Hint(fmt.Errorf("unknown operation %s: no job that runs knows it", id),
			"of jobs that have ended it is recorded beside their checkpoints: add -D %s=hdfs:///flink/checkpoints", conf.CheckpointDir.Name)
	}
	return voice.Hint(fmt.Errorf("unknown operation %s: no job that runs knows it, and none has recorded it in %s", id, strings.Join(folders, " or ")),
		"weft savepoints lists what there is")
}

// sayOperation prints an operation. One that failed is an error.
func (a *app) sayOperation(j *listed, op *api.Operation) error {
	if err := a.ui.Result(savepointResult{
		JobID: j.JobID, Application: j.Application, Operation: op.ID, State: op.State, Path: op.Path, Checkpoint: op.Checkpoint,
	}); err != nil {
		return err
	}
	switch {
	case op.State == api.Failed:
		return fmt.Errorf("the %s of job %s failed: %s", kindWords[op.Kind], j.JobID, op.Error)
	case op.State == api.InProgress:
		a.ui.Line("The %s of job %s is in progress for %s.", kindWords[op.Kind], j.JobID, voice.Age(time.Since(time.UnixMilli(op.Asked))))
	case op.Path != "":
		a.ui.Line("Savepoint completed. Path: %s", op.Path)
	default:
		a.ui.Line("The %s of job %s is complete.", kindWords[op.Kind], j.JobID)
	}
	return nil
}

// statusOperands checks what stands beside --status: a job at most.
func (o *savepointOptions) statusOperands(args []string) (err error) {
	if !jobIDForm.MatchString(o.status) {
		return fmt.Errorf("malformed operation id %q: want the 32 hex digits that --detached printed", shorten(o.status))
	}
	switch {
	case o.dispose != "" || o.detached:
		return errors.New("--status cannot stand together with --dispose or --detached")
	case len(args) > 1:
		return fmt.Errorf("savepoint: unexpected %q", shorten(args[1]))
	case len(args) == 1:
		o.job, err = parseJobID(args[0])
	}
	return err
}
