package appmaster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"github.com/weft-stream/weft/internal/snapshot"
	"github.com/weft-stream/weft/internal/storage"
)

// YARN starts a new attempt when it has lost sight of the old one, which may
// live on for a moment: on a node whose NodeManager died, say. If the old one
// completed a checkpoint that the new one does not know, sinks would commit
// what is then computed again. So a new attempt fences the old one off before
// it looks at the checkpoints:
//
//  1. It leaves a mark in the staging folder. An attempt looks for marks of
//     later ones before it completes a checkpoint, and gives up if it sees one.
//  2. It renames the folder of each unfinished checkpoint. An attempt that had
//     looked before the mark was there completes a checkpoint by a rename into
//     that folder: this succeeds before the folder's rename, and then the
//     checkpoint is complete and is given its name back, or fails after it.

// markPrefix is what marks begin with; the attempt's number follows.
const markPrefix = "attempt-"

// errSuperseded ends an attempt that has a successor.
var errSuperseded = errors.New("a later attempt of the master has taken over")

// mark tells earlier attempts that this one has taken over.
func (p *places) mark(ctx context.Context, attempt int) error {
	name := path.Join(p.staging.dir, markPrefix+strconv.Itoa(attempt))
	return p.staging.fs.WriteFile(ctx, name, storage.CreateOptions{Overwrite: true, Perm: 0o600}, func(io.Writer) error { return nil })
}

// checkPlace returns errSuperseded if a later attempt has left its mark.
func (p *places) checkPlace(ctx context.Context, attempt int) error {
	list, err := p.staging.fs.List(ctx, p.staging.dir)
	if err != nil {
		return err
	}
	for _, info := range list {
		number, found := strings.CutPrefix(info.Name, markPrefix)
		if later, err := strconv.Atoi(number); found && err == nil && later > attempt {
			return errSuperseded
		}
	}
	return nil
}

// fenceCheckpoints takes the folders of unfinished checkpoints away from
// earlier attempts, and removes them. It returns their ids.
func (p *places) fenceCheckpoints(ctx context.Context) ([]int64, error) {
	at := p.checkpoints
	jobDir := snapshot.JobDir(at.dir, p.jobID)
	list, err := at.fs.List(ctx, jobDir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var unfinished []int64
	for _, info := range list {
		id, ok := snapshot.ParseCheckpointName(info.Name)
		if !ok || !info.IsDir {
			continue
		}
		taken, err := at.takeUnfinished(ctx, path.Join(jobDir, info.Name))
		if err != nil {
			return nil, fmt.Errorf("checkpoint %d of an earlier attempt: %w", id, err)
		}
		if taken {
			unfinished = append(unfinished, id)
		}
	}
	return unfinished, nil
}

// takeUnfinished removes the folder of a checkpoint unless it is complete.
func (p place) takeUnfinished(ctx context.Context, dir string) (taken bool, err error) {
	if complete, err := p.isComplete(ctx, dir); err != nil || complete {
		return false, err
	}
	aside := dir + ".fenced"
	if err := p.fs.Rename(ctx, dir, aside); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return true, nil // discarded meanwhile
		}
		return false, err
	}
	complete, err := p.isComplete(ctx, aside)
	if err != nil {
		return false, err
	}
	if complete { // just before the rename
		return false, p.fs.Rename(ctx, aside, dir)
	}
	return true, p.fs.RemoveAll(ctx, aside)
}

func (p place) isComplete(ctx context.Context, dir string) (bool, error) {
	_, err := p.fs.Stat(ctx, path.Join(dir, snapshot.MetadataName))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}
