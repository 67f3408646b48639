package client

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/weft-stream/weft/appmaster/api"
	"github.com/weft-stream/weft/conf"
	"github.com/weft-stream/weft/internal/snapshot"
)

// errNotRecorded says that no job has recorded an operation.
var errNotRecorded = errors.New("no job has recorded the operation")

// errOpen says that an operation is recorded as begun by a job that may live, so
// that only its master can tell how it stands.
var errOpen = errors.New("its master does not answer")

// sayRecorded prints an operation from what jobs have recorded in their folders
// of checkpoints, and tells where it looked. If there is nothing of it, the
// error is errNotRecorded; it wraps errOpen if the master must be asked.
func (a *app) sayRecorded(ctx context.Context, o *savepointOptions) (folders []string, err error) {
	t, err := openTree(o.conf)
	if err != nil {
		return nil, err
	}
	defer t.files.Close()
	folders = t.ask(ctx, o.job)
	if uri := strings.TrimSuffix(conf.Get(o.conf, conf.CheckpointDir), "/"); uri != "" && !slices.Contains(folders, uri) {
		folders = append(folders, uri)
	}
	for _, uri := range folders {
		owner, op, err := a.recordedOperation(ctx, t, uri, o)
		if errors.Is(err, errNotRecorded) {
			continue
		}
		if err != nil {
			return folders, t.cluster.fileError(err)
		}
		return folders, a.sayOperation(&listed{JobID: owner.JobID, Application: owner.Application}, op)
	}
	return folders, errNotRecorded
}

// A ResourceManager says that it has killed an application before the master is
// dead: the NodeManager hears of it with its next heartbeat, within a second,
// and then grants the process 250 ms (yarn.nodemanager.sleep-delay-before-sigkill.ms).
const (
	lastWrites  = 5 * time.Second // by then nothing comes from the master any more
	endedLately = time.Minute     // the ResourceManager's clock may be another than this machine's
)

// recordedOperation finds out how an operation stands by what is recorded in a
// folder of checkpoints. That a savepoint was not completed is said when the
// master of an application that has ended has had time to die too.
func (a *app) recordedOperation(ctx context.Context, t *tree, uri string, o *savepointOptions) (owner snapshot.Owner, op *api.Operation, err error) {
	owner, record, err := t.recordOf(ctx, uri, o.job, o.status)
	if err != nil {
		return owner, nil, err
	}
	how, at := t.cluster.howEnded(ctx, owner)
	give := time.Now()
	if give.Sub(at) < endedLately {
		give = give.Add(lastWrites)
	}
	for {
		if how != "" { // what was recorded before is not the last that there is
			if owner, record, err = t.recordOf(ctx, uri, o.job, o.status); err != nil {
				return owner, nil, err
			}
		}
		final := !time.Now().Before(give)
		op, err = t.outcome(ctx, owner, record, how)
		if final || err != nil || op.State == api.Completed || record.Failure != "" {
			return owner, op, err
		}
		a.ui.Status("%s %s only just: its master may still complete the savepoint", orUnknown(owner.Application), how)
		if err := pause(ctx, masterPause); err != nil {
			return owner, nil, err
		}
	}
}

// recordOf finds what a job, or any if job is "", has recorded of an operation
// in a folder of checkpoints. One that was tried twice has two records, of which
// the one with a savepoint counts.
func (t *tree) recordOf(ctx context.Context, uri, job, operation string) (owner snapshot.Owner, found snapshot.SavepointRecord, err error) {
	records, err := t.recordsIn(ctx, uri, job)
	if err != nil {
		return owner, found, err
	}
	err = errNotRecorded
	for _, r := range records {
		for _, s := range r.Savepoints {
			if s.Operation == operation && (err != nil || t.complete(ctx, s.Path)) {
				owner, found, err = r.Owner, s, nil
			}
		}
	}
	return owner, found, err
}

// complete tells whether there is a savepoint at a path.
func (t *tree) complete(ctx context.Context, uri string) bool {
	_, err := t.read(ctx, uri)
	return err == nil
}

func (t *tree) read(ctx context.Context, uri string) (*snapshot.Metadata, error) {
	root, dir, err := t.files.Resolve(uri)
	if err != nil {
		return nil, err
	}
	return snapshot.Read(ctx, root, dir)
}

// outcome makes an operation of its record. One that was asked for, or whose
// place is recorded, was not completed if its job has ended; how says how.
func (t *tree) outcome(ctx context.Context, owner snapshot.Owner, r snapshot.SavepointRecord, how string) (*api.Operation, error) {
	op := &api.Operation{ID: r.Operation, Kind: api.Savepoint, State: api.Failed, Error: r.Failure}
	lost := errors.New("there is no savepoint")
	switch {
	case r.Failure != "":
		return op, nil
	case r.Path != "":
		meta, err := t.read(ctx, r.Path)
		if err == nil {
			op.State, op.Path, op.Checkpoint = api.Completed, r.Path, meta.CheckpointID
			return op, nil
		}
		if !snapshot.Lost(err) && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		lost = fmt.Errorf("%w; or it has been deleted since", err)
	}
	if how == "" {
		return nil, fmt.Errorf("savepoint %s of %s was in progress, and %w", r.Operation, owner, errOpen)
	}
	op.Error = fmt.Sprintf("%s %s before it was complete: %v", orUnknown(owner.Application), how, lost)
	return op, nil
}
