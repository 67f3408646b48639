package client

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/weft-stream/weft/appmaster/api"
	"github.com/weft-stream/weft/conf"
	"github.com/weft-stream/weft/internal/snapshot"
)

// errNotRecorded says that no job has recorded an operation.
var errNotRecorded = errors.New("no job has recorded the operation")

// sayRecorded prints an operation from what jobs have recorded in their folders
// of checkpoints, and tells where it looked. If there is nothing of it, the
// error is errNotRecorded.
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
		owner, record, err := t.recordOf(ctx, uri, o.job, o.status)
		if errors.Is(err, errNotRecorded) {
			continue
		}
		if err != nil {
			return folders, t.cluster.fileError(err)
		}
		op, err := t.outcome(ctx, owner, record)
		if err != nil {
			return folders, err
		}
		return folders, a.sayOperation(&listed{JobID: owner.JobID, Application: owner.Application}, op)
	}
	return folders, errNotRecorded
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

// outcome makes an operation of its record. A record is written before its
// savepoint is complete.
func (t *tree) outcome(ctx context.Context, owner snapshot.Owner, r snapshot.SavepointRecord) (*api.Operation, error) {
	op := &api.Operation{ID: r.Operation, Kind: api.Savepoint, State: api.Failed, Error: r.Failure}
	if r.Path == "" {
		return op, nil
	}
	meta, err := t.read(ctx, r.Path)
	switch {
	case err == nil:
		op.State, op.Path, op.Checkpoint = api.Completed, r.Path, meta.CheckpointID
	case !snapshot.Lost(err) && !errors.Is(err, fs.ErrNotExist):
		return nil, t.cluster.fileError(err)
	case !t.cluster.hasEnded(ctx, owner):
		return nil, fmt.Errorf("the savepoint %s is not complete, and the master of %s, which writes it, does not answer", r.Path, owner)
	default:
		op.Error = fmt.Sprintf("%v; it was not completed before the job ended, or has been deleted since", err)
	}
	return op, nil
}
