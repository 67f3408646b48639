// Package orphans finds what dead jobs have left: checkpoints and savepoints that were never completed, files that no
// snapshot has, staged files of applications that have ended.
//
// It takes the side of caution. What it calls an orphan is old, belongs to nobody who lives, is of a form that only Weft
// writes, and is no complete snapshot. Folders of checkpoints may be shared with other systems, which name jobs and
// checkpoints alike; a folder in which nothing is Weft's is left alone.
package orphans

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"time"

	"github.com/weft-stream/weft/internal/storage"
)

// Orphan is something that nobody needs.
type Orphan struct {
	URI     string
	What    string // a few words: "unfinished checkpoint"
	Size    int64  // bytes
	Changed time.Time
	remove  func(context.Context) error
}

// Remove deletes the orphan. That it is gone already is no error.
func (o *Orphan) Remove(ctx context.Context) error { return o.remove(ctx) }

// Kept is something that looks like an orphan and is left alone all the same.
type Kept struct {
	URI string
	Why string
}

// Finder collects orphans. It is not for concurrent use.
type Finder struct {
	Before time.Time               // what has changed since is left alone
	Living func(jobID string) bool // also of the first digits of an id: whether a living job's begins so
	Found  []Orphan                // in the order in which they can be removed
	Kept   []Kept
}

func (f *Finder) keep(uri, why string) { f.Kept = append(f.Kept, Kept{uri, why}) }

// tree is a folder with all that is below it.
type tree struct {
	size    int64
	changed time.Time
}

// maxDepth bounds how deep a folder is looked into: what Weft writes is never deeper.
const maxDepth = 6

// measure finds the size of a folder and when something below it changed last. That it is gone is no error.
func measure(ctx context.Context, fsys storage.FS, dir string, own time.Time) (tree, error) {
	t := tree{changed: own}
	err := t.walk(ctx, fsys, dir, 0)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return t, err
}

func (t *tree) walk(ctx context.Context, fsys storage.FS, dir string, depth int) error {
	if depth > maxDepth {
		return nil
	}
	list, err := fsys.ListAll(ctx, dir)
	if err != nil {
		return err
	}
	for _, info := range list {
		t.size += info.Size
		if info.ModTime.After(t.changed) {
			t.changed = info.ModTime
		}
		if info.IsDir {
			if err := t.walk(ctx, fsys, path.Join(dir, info.Name), depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}
