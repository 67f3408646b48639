package snapshot

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"

	"github.com/weft-stream/weft/internal/storage"
)

// CheckUnmarked refuses a snapshot that is pinned, with an error that wraps ErrKept, or claimed by a job that has not ended,
// with a *ClaimedError.
func CheckUnmarked(ctx context.Context, fsys storage.FS, dir string, ended func(Owner) bool) error {
	list, err := fsys.List(ctx, dir)
	if err != nil {
		return err
	}
	if marksOf(list).pinned {
		return fmt.Errorf("%s %w", fsys.URI(dir), ErrKept)
	}
	owners, err := Claims(ctx, fsys, dir)
	for _, o := range owners {
		if !ended(o) {
			return &ClaimedError{fsys.URI(dir), o}
		}
	}
	return err
}

// Remove deletes a snapshot of either kind: _metadata first, so that what is left of it by a failure is no snapshot any
// more, then its data files, its marks and the folder. Anything else in the folder is not deleted, nor is the folder then;
// its names are returned. Whether somebody needs the snapshot is the caller's business (see CheckUnmarked).
func Remove(ctx context.Context, fsys storage.FS, dir string) (left []string, err error) {
	if err := removeFile(ctx, fsys, path.Join(dir, MetadataName)); err != nil {
		return nil, err
	}
	return RemoveData(ctx, fsys, dir)
}

// RemoveData deletes what is in the folder of a snapshot without _metadata, as Remove does: one that is unfinished, or
// whose deletion was interrupted.
func RemoveData(ctx context.Context, fsys storage.FS, dir string) (left []string, err error) {
	all, err := everything(ctx, fsys, dir)
	if err != nil {
		return nil, err
	}
	for _, info := range all {
		if !recognised(info) {
			left = append(left, info.Name)
			continue
		}
		if err := removeFile(ctx, fsys, path.Join(dir, info.Name)); err != nil {
			return nil, err
		}
	}
	if len(left) > 0 {
		return left, nil
	}
	return nil, removeFile(ctx, fsys, dir)
}

// recognised says whether something in a snapshot's folder is a data file or a mark, or was being written to become one,
// or to become _metadata.
func recognised(info storage.Info) bool {
	name := info.Name
	if of, ok := storage.TemporaryOf(name); ok {
		name = of
	}
	return !info.IsDir && (IsDataName(name) || IsMark(name) || name == MetadataName && name != info.Name)
}

// removeFile removes a file or an empty folder. That it is gone already is no error.
func removeFile(ctx context.Context, fsys storage.FS, name string) error {
	if err := fsys.Remove(ctx, name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Foreign looks into the folder of a snapshot without _metadata: which names in it are not ones that Weft gives, and
// whether some are. An empty folder has neither. That it is gone is no error.
func Foreign(ctx context.Context, fsys storage.FS, dir string) (foreign []string, ours bool, err error) {
	all, err := everything(ctx, fsys, dir)
	for _, info := range all {
		if recognised(info) {
			ours = true
		} else {
			foreign = append(foreign, info.Name)
		}
	}
	return foreign, ours, err
}

// everything lists a folder with its temporary files; one that is gone has none.
func everything(ctx context.Context, fsys storage.FS, dir string) ([]storage.Info, error) {
	list, err := fsys.ListAll(ctx, dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return list, err
}
