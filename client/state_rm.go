package client

import (
	"context"

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
		if err := a.checkUnused(ctx, t.cluster, o.conf, location, meta); err != nil {
			return err
		}
		if err := snapshot.CheckUnmarked(ctx, location.FS, location.Dir); err != nil {
			return t.cluster.fileError(err)
		}
	}
	if err := a.removeSnapshot(ctx, t.cluster, location); err != nil {
		return err
	}
	a.ui.Line("Deleted %s %d of job %s (%s), %s: %s", meta.Kind, meta.CheckpointID, meta.JobID, orUnknown(meta.JobName),
		voice.Bytes(meta.StateSize()), location.URI())
	return a.ui.Result(map[string]string{"path": location.URI(), "state": "DELETED"})
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
