package orphans

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"time"

	"github.com/weft-stream/weft/internal/snapshot"
	"github.com/weft-stream/weft/internal/storage"
)

// Checkpoints looks for orphans below a folder of checkpoints. That there is no such folder is no error.
func (f *Finder) Checkpoints(ctx context.Context, fsys storage.FS, dir string) error {
	list, err := fsys.List(ctx, dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, info := range list {
		if !info.IsDir || !snapshot.ValidJobID(info.Name) {
			continue
		}
		if f.Living(info.Name) {
			continue
		}
		if err := f.job(ctx, fsys, dir, info); err != nil {
			return err
		}
	}
	return nil
}

// job looks through the checkpoints of a dead job.
func (f *Finder) job(ctx context.Context, fsys storage.FS, checkpoints string, job storage.Info) error {
	dir := path.Join(checkpoints, job.Name)
	whole, err := measure(ctx, fsys, dir, job.ModTime)
	if err != nil {
		return err
	}
	if whole.changed.After(f.Before) {
		return nil // perhaps of a job that lives where we cannot ask
	}
	list, err := fsys.List(ctx, dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	j := &jobFolder{finder: f, fs: fsys, dir: dir}
	for _, info := range list {
		if err := j.look(ctx, info); err != nil {
			return err
		}
	}
	j.tell(checkpoints, job.Name, whole.changed)
	return nil
}

// jobFolder is what is found in the folder of one job.
type jobFolder struct {
	finder  *Finder
	fs      storage.FS
	dir     string
	ours    bool // something in it is Weft's
	holds   bool // something in it stays
	orphans []Orphan
}

// look judges one entry of a job's folder.
func (j *jobFolder) look(ctx context.Context, info storage.Info) error {
	dir := path.Join(j.dir, info.Name)
	_, checkpoint := snapshot.ParseCheckpointName(info.Name)
	switch {
	case info.IsDir && checkpoint:
		return j.checkpoint(ctx, dir, info)
	case info.IsDir && snapshot.IsBeingDeleted(info.Name):
		return j.halfDeleted(ctx, dir, info)
	case !info.IsDir && info.Name == snapshot.OwnerName:
		j.ours = true
		return nil
	case info.IsDir && info.Name == snapshot.SharedName:
		return j.shared(ctx, dir)
	case info.IsDir && info.Name == snapshot.SavepointsName:
		return j.records(ctx, dir)
	case info.IsDir && info.Name == snapshot.TaskOwnedName:
		list, err := j.fs.List(ctx, dir)
		j.holds = j.holds || len(list) > 0
		return err
	}
	j.holds = true
	return nil
}

// shared finds shared files that no checkpoint needs. As long as a checkpoint cannot be read, all of them stay.
func (j *jobFolder) shared(ctx context.Context, dir string) error {
	list, err := j.fs.List(ctx, dir)
	if err != nil || len(list) == 0 {
		return gone(err)
	}
	checkpoints, job := path.Dir(j.dir), path.Base(j.dir)
	need, err := snapshot.Needed(ctx, j.fs, checkpoints, job)
	if storage.IsTransient(err) {
		return err
	}
	var names []string
	if err == nil {
		names, err = snapshot.Unneeded(ctx, j.fs, checkpoints, job, need)
	}
	if err != nil {
		j.holds = true
		j.finder.keep(j.fs.URI(dir), "it is not known what the checkpoints need of it: "+err.Error())
		return nil
	}
	j.ours = j.ours || len(names) > 0
	j.holds = j.holds || len(names) < len(list)
	for _, name := range names {
		info, err := j.fs.Stat(ctx, path.Join(dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		j.orphans = append(j.orphans, Orphan{
			URI: j.fs.URI(path.Join(dir, name)), What: "shared file of no checkpoint", Size: info.Size, Changed: info.ModTime,
			remove: func(ctx context.Context) error {
				return snapshot.RemoveShared(ctx, j.fs, checkpoints, job, []string{name})
			},
		})
	}
	return nil
}

// checkpoint judges the folder of a checkpoint.
func (j *jobFolder) checkpoint(ctx context.Context, dir string, info storage.Info) error {
	list, err := j.fs.List(ctx, dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	m, err := snapshot.Read(ctx, j.fs, dir)
	switch {
	case err == nil:
		j.ours, j.holds = true, true
		j.surplus(dir, m, list)
		return nil
	case errors.Is(err, snapshot.ErrUnfinished):
		return j.unfinished(ctx, dir, "unfinished checkpoint", info)
	case snapshot.Lost(err) || errors.Is(err, snapshot.ErrNewer):
		j.holds = true
		if !errors.Is(err, snapshot.ErrNotSnapshot) {
			j.finder.keep(j.fs.URI(dir), "it cannot be read: "+err.Error())
		}
		return nil
	}
	return err
}

// halfDeleted takes what is left of a checkpoint whose deletion was interrupted.
func (j *jobFolder) halfDeleted(ctx context.Context, dir string, info storage.Info) error {
	size, err := measure(ctx, j.fs, dir, info.ModTime)
	j.ours = true // no other system names a folder so
	j.orphans = append(j.orphans, Orphan{
		URI: j.fs.URI(dir), What: "half deleted checkpoint", Size: size.size, Changed: size.changed,
		remove: func(ctx context.Context) error {
			return snapshot.FinishDeletions(ctx, j.fs, path.Dir(j.dir), path.Base(j.dir))
		},
	})
	return err
}

// surplus finds data files in a complete checkpoint's folder that it does not have.
func (j *jobFolder) surplus(dir string, m *snapshot.Metadata, list []storage.Info) {
	for _, info := range list {
		if info.IsDir || !snapshot.IsDataName(info.Name) || m.HasFile(info.Name) {
			continue
		}
		name := path.Join(dir, info.Name)
		j.orphans = append(j.orphans, Orphan{
			URI: j.fs.URI(name), What: "file of no state", Size: info.Size, Changed: info.ModTime,
			remove: func(ctx context.Context) error { return gone(j.fs.Remove(ctx, name)) },
		})
	}
}

// unfinished takes the folder of a snapshot without _metadata, if all in it is Weft's.
func (j *jobFolder) unfinished(ctx context.Context, dir, what string, info storage.Info) error {
	foreign, ours, err := snapshot.Foreign(ctx, j.fs, dir)
	if err != nil {
		return err
	}
	j.ours = j.ours || ours
	if len(foreign) > 0 {
		j.holds = true
		j.finder.keep(j.fs.URI(dir), fmt.Sprintf("it is an unfinished snapshot, but holds %q", foreign[0]))
		return nil
	}
	size, err := measure(ctx, j.fs, dir, info.ModTime)
	j.orphans = append(j.orphans, Orphan{
		URI: j.fs.URI(dir), What: what, Size: size.size, Changed: size.changed,
		remove: func(ctx context.Context) error { _, err := snapshot.RemoveData(ctx, j.fs, dir); return err },
	})
	return err
}

// tell hands on what was found, if the folder is Weft's at all, with the folder itself if nothing in it stays.
func (j *jobFolder) tell(checkpoints, job string, changed time.Time) {
	if !j.ours {
		if len(j.orphans) > 0 || !j.holds {
			j.finder.keep(j.fs.URI(j.dir), "nothing in it says that it is Weft's")
		}
		return
	}
	j.finder.Found = append(j.finder.Found, j.orphans...)
	if !j.holds {
		j.finder.Found = append(j.finder.Found, Orphan{
			URI: j.fs.URI(j.dir), What: "job folder without checkpoints", Changed: changed,
			remove: func(ctx context.Context) error { return snapshot.RemoveEmptyJob(ctx, j.fs, checkpoints, job) },
		})
	}
}

// Savepoints looks for unfinished savepoints in a folder of savepoints. That there is no such folder is no error.
func (f *Finder) Savepoints(ctx context.Context, fsys storage.FS, dir string) error {
	list, err := fsys.List(ctx, dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, info := range list {
		job, named := snapshot.ParseSavepointName(info.Name)
		if !info.IsDir || !named || f.Living(job) {
			continue
		}
		if err := f.savepoint(ctx, fsys, path.Join(dir, info.Name), info); err != nil {
			return err
		}
	}
	return nil
}

func (f *Finder) savepoint(ctx context.Context, fsys storage.FS, dir string, info storage.Info) error {
	_, err := fsys.Stat(ctx, path.Join(dir, snapshot.MetadataName))
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	t, err := measure(ctx, fsys, dir, info.ModTime)
	if err != nil || t.changed.After(f.Before) {
		return err
	}
	j := &jobFolder{finder: f, fs: fsys, dir: dir}
	if err := j.unfinished(ctx, dir, "unfinished savepoint", info); err != nil {
		return err
	}
	f.Found = append(f.Found, j.orphans...)
	return nil
}

// gone makes it no error that something is gone already.
func gone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
