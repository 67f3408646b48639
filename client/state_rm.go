package client

import (
	"context"
	"path"

	"github.com/weft-stream/weft/client/internal/voice"
	"github.com/weft-stream/weft/internal/snapshot"
)

// stateRemove does the action of that name.
func (a *app) stateRemove(ctx context.Context, o *stateOptions) error {
	t, err := openTree(o.conf)
	if err != nil {
		return err
	}
	defer t.files.Close()
	location, err := a.locate(ctx, t, o.paths[0])
	if err != nil {
		return err
	}
	meta, err := snapshot.Read(ctx, location.FS, location.Dir)
	if err != nil {
		return t.cluster.fileError(err)
	}
	if !o.force {
		if err := a.checkUnneeded(ctx, t.cluster, o.conf, location, meta); err != nil {
			return err
		}
	}
	if err := a.removeSnapshot(ctx, t.cluster, location); err != nil {
		return err
	}
	if meta.Kind == snapshot.Savepoint && !o.force { // else nobody is asked, and weft state gc finds the record
		a.forget(ctx, t, location.URI(), meta.JobID)
	}
	result := removedSnapshot{Path: location.URI(), State: "DELETED"}
	if len(snapshot.SharedFiles(meta)) > 0 {
		result.release(ctx, a, t.cluster, location, meta, o.force)
	}
	a.ui.Line("Deleted %s %d of job %s (%s), %s: %s", meta.Kind, meta.CheckpointID, meta.JobID, orUnknown(meta.JobName),
		voice.Bytes(meta.StateSize()), location.URI())
	if result.SharedFiles > 0 {
		a.ui.Line("Deleted %s, %s, that no other checkpoint of the job needs.", voice.Plural(result.SharedFiles, "shared file"), voice.Bytes(result.SharedSize))
	}
	return a.ui.Result(result)
}

// removedSnapshot is the JSON result of state rm.
type removedSnapshot struct {
	Path        string `json:"path"`
	State       string `json:"state"`
	SharedFiles int    `json:"shared-files"` // deleted with it, since no other checkpoint needs them
	SharedSize  int64  `json:"shared-size"`  // of these, bytes
}

// release deletes the shared files that only the snapshot needed. If nobody has
// looked whether its job lives, a checkpoint in progress may be built on them.
func (r *removedSnapshot) release(ctx context.Context, a *app, k *cluster, at snapshot.Location, meta *snapshot.Metadata, forced bool) {
	if owner, err := snapshot.ReadOwner(ctx, at.FS, path.Dir(path.Dir(at.Dir)), meta.JobID); forced && (err != nil || !k.hasEnded(ctx, owner)) {
		a.ui.Note("files that it shared with other checkpoints are left, since job %s may live: weft state gc deletes them in time", meta.JobID)
		return
	}
	released, err := snapshot.ReleaseShared(ctx, at.FS, at.Dir, meta)
	if err != nil {
		a.ui.Warn("files that it shared with other checkpoints are left, weft state gc deletes them in time: %v", k.fileError(err))
	}
	for _, f := range released {
		r.SharedFiles, r.SharedSize = r.SharedFiles+1, r.SharedSize+f.Size
	}
}

// removeSnapshot deletes the files of a snapshot, and tells what else there is
// in its folder.
func (a *app) removeSnapshot(ctx context.Context, k *cluster, at snapshot.Location) error {
	left, err := snapshot.Remove(ctx, at.FS, at.Dir)
	if err != nil {
		return k.fileError(err)
	}
	if len(left) > 0 {
		a.ui.Note("%s stays: it holds %s", at.URI(), quoted(left[:min(len(left), 5)]))
	}
	return nil
}
