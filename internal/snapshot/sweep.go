package snapshot

import (
	"context"
	"errors"
	"io/fs"
	"path"

	"github.com/weft-stream/weft/internal/storage"
)

// Nobody counts the references to shared files where the counts could be lost:
// what is needed is what the complete checkpoints name, and all else goes. That
// is right as long as no checkpoint is in progress when the folder is listed: a
// file that was there before a checkpoint began, and that none of the complete
// ones names, will never be named, for what a checkpoint takes from earlier
// ones it takes from a complete one, and what it adds has a new name.

// Unneeded lists by name what no checkpoint needs in a job's folder of shared
// files: the files that need does not hold, and what writers have left that
// died. No checkpoint of the job may be in progress. What is not named as Weft
// names its files is left out. A job without the folder has none.
func Unneeded(ctx context.Context, fsys storage.FS, checkpoints, jobID string, need map[string]bool) ([]string, error) {
	all, err := everything(ctx, fsys, SharedDir(checkpoints, jobID))
	var names []string
	for _, info := range all {
		name := info.Name
		if of, ok := storage.TemporaryOf(name); ok {
			name = of
		}
		if !info.IsDir && IsDataName(name) && !need[info.Name] {
			names = append(names, info.Name)
		}
	}
	return names, err
}

// RemoveShared deletes files of a job's folder of shared files. That one is
// gone already is no error.
func RemoveShared(ctx context.Context, fsys storage.FS, checkpoints, jobID string, names []string) error {
	var faults []error
	for _, name := range names {
		faults = append(faults, removeFile(ctx, fsys, path.Join(SharedDir(checkpoints, jobID), name)))
	}
	return errors.Join(faults...)
}

// Needed are the names of the shared files that the complete checkpoints of a
// job need. The error is that of the first _metadata that cannot be read: then
// nothing is known.
func Needed(ctx context.Context, fsys storage.FS, checkpoints, jobID string) (map[string]bool, error) {
	return needed(ctx, fsys, JobDir(checkpoints, jobID), "")
}

// needed is Needed without the checkpoint of a folder's name.
func needed(ctx context.Context, fsys storage.FS, job, without string) (map[string]bool, error) {
	list, err := fsys.List(ctx, job)
	need := map[string]bool{}
	if errors.Is(err, fs.ErrNotExist) {
		return need, nil
	}
	if err != nil {
		return nil, err
	}
	for _, info := range list {
		_, checkpoint := ParseCheckpointName(info.Name)
		if !info.IsDir || info.Name == without || !checkpoint && !IsBeingDeleted(info.Name) {
			continue
		}
		m, err := Read(ctx, fsys, path.Join(job, info.Name))
		if errors.Is(err, ErrUnfinished) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, f := range SharedFiles(m) {
			need[f.Name] = true
		}
	}
	return need, nil
}

// ReleaseShared deletes the shared files that m names and no other checkpoint of
// its job needs, and returns them. m is the checkpoint in dir, which is deleted
// or just about to be. The job must have ended: a checkpoint of it in progress
// could build on m. If an _metadata cannot be read, or at any error, what may be
// needed stays; package orphans finds it later.
func ReleaseShared(ctx context.Context, fsys storage.FS, dir string, m *Metadata) ([]SharedFile, error) {
	files := SharedFiles(m)
	if len(files) == 0 {
		return nil, nil
	}
	need, err := needed(ctx, fsys, path.Dir(dir), path.Base(dir))
	if err != nil {
		return nil, err
	}
	var released []SharedFile
	for _, f := range files {
		if need[f.Name] {
			continue
		}
		if err := removeFile(ctx, fsys, path.Join(dir, sharedPath, f.Name)); err != nil {
			return released, err
		}
		released = append(released, f)
	}
	return released, nil
}
