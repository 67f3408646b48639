package orphans

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"strings"

	"github.com/weft-stream/weft/internal/snapshot"
	"github.com/weft-stream/weft/internal/storage"
)

// records finds what a dead job has noted of savepoints that are not there any more. Of one on another file system that is
// not known: its record stays.
func (j *jobFolder) records(ctx context.Context, dir string) error {
	checkpoints, job := path.Dir(j.dir), path.Base(j.dir)
	list, err := j.fs.List(ctx, dir)
	if err != nil {
		return gone(err)
	}
	records, err := snapshot.RecordedSavepoints(ctx, j.fs, checkpoints, job)
	if storage.IsTransient(err) {
		return err
	}
	if err != nil {
		j.holds = true
		j.finder.keep(j.fs.URI(dir), err.Error())
		return nil
	}
	j.holds = j.holds || len(records) < len(list)
	for _, r := range records {
		uri := r.Path
		if uri == "" {
			j.ours = true // why one failed: goes with the folder
			continue
		}
		name, here := strings.CutPrefix(uri, strings.TrimSuffix(j.fs.URI("/"), "/"))
		if here {
			_, err = j.fs.Stat(ctx, path.Join(name, snapshot.MetadataName))
		}
		switch {
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			return err
		case !here || err == nil:
			j.holds = true
			continue
		}
		j.ours = true
		if err := j.record(ctx, path.Join(dir, path.Base(uri)), func(ctx context.Context) error {
			return snapshot.ForgetSavepoint(ctx, j.fs, checkpoints, job, uri)
		}); err != nil {
			return err
		}
	}
	return nil
}

// record takes a record.
func (j *jobFolder) record(ctx context.Context, file string, forget func(context.Context) error) error {
	info, err := j.fs.Stat(ctx, file)
	if err != nil {
		return gone(err)
	}
	j.orphans = append(j.orphans, Orphan{
		URI: j.fs.URI(file), What: "record of a savepoint that is gone", Size: info.Size, Changed: info.ModTime, remove: forget,
	})
	return nil
}
