package snapshot

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/weft-stream/weft/internal/storage"
)

// A checkpoint is deleted in steps that leave nothing in between to be taken
// for something else, and that a pin or a claim can stop until the last moment:
//
//  1. Its folder is renamed, to a name that no checkpoint has.
//  2. Whether it is pinned or claimed is looked at there: who marks a snapshot
//     does it by a rename within the folder of its proper name, which succeeds
//     before step 1, and is seen, or fails.
//  3. It is removed, or gets its name back.
//
// What is left of a deletion that was interrupted bears the other name, and
// FinishDeletions goes on from there.

// deletedSuffix is what the name of a folder that is being deleted ends with.
const deletedSuffix = ".deleted"

// ErrKept says that a snapshot is not deleted, because somebody has pinned it or
// another job has claimed it.
var ErrKept = errors.New("is pinned or claimed and is not deleted")

// Delete deletes the folder of a checkpoint, complete or not. That it is gone
// already is no error. The error wraps ErrKept if the checkpoint is pinned, or
// claimed by another job. A folder that is not named like a checkpoint, or
// holds a savepoint, is refused. It may be called again after any error.
func Delete(ctx context.Context, fsys storage.FS, dir string) error {
	if _, ok := ParseCheckpointName(path.Base(dir)); !ok {
		return fmt.Errorf("%s is not the folder of a checkpoint and is not deleted", fsys.URI(dir))
	}
	m, err := Read(ctx, fsys, dir)
	if err == nil && m.Kind != Checkpoint {
		return fmt.Errorf("%s is a %s and is not deleted", fsys.URI(dir), m.Kind)
	}
	if storage.IsTransient(err) {
		return err
	}
	return remove(ctx, fsys, dir, path.Base(path.Dir(dir)), false)
}

// DeleteClaimed deletes the folder of a snapshot that a job has claimed. It is
// as Delete, but refuses what the job has not claimed, and a savepoint is right.
// If the job that took the snapshot has ended, the shared files that only this
// snapshot needs go too; else that job itself will find that nothing needs them.
func DeleteClaimed(ctx context.Context, fsys storage.FS, dir, jobID string, ended bool) error {
	_, err := fsys.Stat(ctx, path.Join(dir, claimPrefix+jobID))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err != nil {
		if _, gone := fsys.Stat(ctx, dir); gone == nil {
			return fmt.Errorf("%s is not claimed by job %s and is not deleted by it", fsys.URI(dir), jobID)
		}
	}
	return remove(ctx, fsys, dir, jobID, ended)
}

// remove goes through the steps. The owner's own claim does not stop it.
func remove(ctx context.Context, fsys storage.FS, dir, owner string, release bool) error {
	list, err := fsys.List(ctx, dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return finishDeletion(ctx, fsys, dir+deletedSuffix, owner, release)
	case err != nil:
		return err
	case marksOf(list).keptFrom(owner): // looked at first too: renaming forth and back is not for every time
		return fmt.Errorf("%s %w", fsys.URI(dir), ErrKept)
	}
	if err := fsys.Rename(ctx, dir, dir+deletedSuffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return finishDeletion(ctx, fsys, dir+deletedSuffix, owner, release)
}

// finishDeletion does the last steps with a renamed folder.
func finishDeletion(ctx context.Context, fsys storage.FS, aside, owner string, release bool) error {
	list, err := fsys.List(ctx, aside)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if marksOf(list).keptFrom(owner) {
		dir := strings.TrimSuffix(aside, deletedSuffix)
		if err := fsys.Rename(ctx, aside, dir); err != nil {
			return err
		}
		return fmt.Errorf("%s %w", fsys.URI(dir), ErrKept)
	}
	if release {
		if err := releaseOf(ctx, fsys, aside); err != nil {
			return err
		}
	}
	return fsys.RemoveAll(ctx, aside)
}

// releaseOf lets go the shared files of a snapshot that is about to be removed,
// so that an interruption leaves something from which to go on.
func releaseOf(ctx context.Context, fsys storage.FS, aside string) error {
	m, err := Read(ctx, fsys, aside)
	if err == nil {
		_, err = ReleaseShared(ctx, fsys, aside, m)
	}
	if err != nil && !storage.IsTransient(err) {
		return nil //nolint:nilerr // what one of them needs cannot be read, so all of it stays
	}
	return err
}

// FinishDeletion goes on with the deletion of one snapshot by a job if one was
// interrupted, and does nothing otherwise. The error wraps ErrKept if the
// snapshot was pinned or claimed just before and has its name back. ended is as
// with DeleteClaimed.
func FinishDeletion(ctx context.Context, fsys storage.FS, dir, jobID string, ended bool) error {
	return finishDeletion(ctx, fsys, dir+deletedSuffix, jobID, ended)
}

// FinishDeletions goes on with the deletions of a job's checkpoints that were
// interrupted, and gives back its name to a checkpoint that was pinned or
// claimed just before. A job without a folder has none.
func FinishDeletions(ctx context.Context, fsys storage.FS, checkpoints, jobID string) error {
	job := JobDir(checkpoints, jobID)
	list, err := fsys.List(ctx, job)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var faults []error
	for _, info := range list {
		if !info.IsDir || !IsBeingDeleted(info.Name) {
			continue
		}
		if err := finishDeletion(ctx, fsys, path.Join(job, info.Name), jobID, false); err != nil && !errors.Is(err, ErrKept) {
			faults = append(faults, err)
		}
	}
	return errors.Join(faults...)
}

// IsBeingDeleted tells of a name in a job's folder whether it is that of a
// checkpoint that is being deleted, or was when its deletion was interrupted.
func IsBeingDeleted(name string) bool {
	base, found := strings.CutSuffix(name, deletedSuffix)
	_, ok := ParseCheckpointName(base)
	return found && ok
}
