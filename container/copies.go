package container

import (
	"context"
	"errors"
	"log/slog"
	"sync"

	"github.com/weft-stream/weft/conf"
	"github.com/weft-stream/weft/internal/snapshot"
	"github.com/weft-stream/weft/internal/storage"
)

// localCopies are copies of what a worker has written for checkpoints that it
// may have to be restored from: after the failure of another one it keeps its
// slots, and so finds most of its state here. They belong to the process, as
// they have no names, and are known by the full name of the file that they are
// copies of, which nobody writes twice; what is in them is checked by what
// _metadata says. Whatever is wrong with them costs time and nothing else.
//
// nil makes and finds no copies.
type localCopies struct {
	dirs []string
	disk storage.FS // that they are on
	free float64    // share of it that they leave alone
	log  *slog.Logger

	mu      sync.Mutex
	turn    int // of the folders
	files   map[string]copied
	needed  map[int64]map[string]bool // the files of checkpoints that are in progress
	failing bool                      // the latest could not be made, which is known
}

// copied is a copy and the checkpoint that it was made for.
type copied struct {
	*snapshot.LocalCopy
	checkpoint int64
}

// keepFree is more than YARN wants: its NodeManager takes a disk for bad that is
// 90 % full (yarn.nodemanager.disk-health-checker.max-disk-utilization-per-disk-percentage).
const keepFree = 1.0 / 8

// newLocalCopies returns nil if there are to be no copies.
func newLocalCopies(c *conf.Conf, files *storage.Resolver, log *slog.Logger) *localCopies {
	disk, _, err := files.Resolve("file:///")
	if err != nil || !conf.Get(c, conf.LocalRecovery) {
		return nil
	}
	if !c.IsSet(conf.LocalRecovery.Name) {
		if there, _, err := files.Resolve(conf.Get(c, conf.CheckpointDir)); err != nil || there == disk {
			return nil // the copies would be where the checkpoints are
		}
	}
	return &localCopies{dirs: localDirs(conf.Get(c, conf.LocalCopyDirs)), disk: disk, free: keepFree, log: log}
}

// writer writes a file with a worker's state.
type writer func(storage.FS) ([][]snapshot.Handle, error)

// upload has a file of a checkpoint written, and keeps a copy of it.
func (k *localCopies) upload(checkpoint int64, fsys storage.FS, parts []snapshot.Contribution, write writer) ([][]snapshot.Handle, error) {
	if k == nil {
		return write(fsys)
	}
	to, err := k.folder(parts)
	if err != nil {
		k.failed(err)
		return write(fsys)
	}
	c := snapshot.NewLocalCopy(to)
	handles, err := write(c.Over(fsys))
	if err != nil {
		c.Close()
		return nil, err
	}
	uri, err := c.Seal(handles)
	switch {
	case err != nil:
		c.Close()
		k.failed(err)
	case uri != "":
		k.add(uri, copied{c, checkpoint})
	}
	return handles, nil
}

var errFull = errors.New("no disk would keep an eighth of its room free")

// folder returns one in which there is room, in turns.
func (k *localCopies) folder(parts []snapshot.Contribution) (string, error) {
	var size int64
	for _, p := range parts {
		size += p.Size()
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	var faults []error
	for range k.dirs {
		dir := k.dirs[k.turn%len(k.dirs)]
		k.turn++
		space, err := k.disk.Space(context.Background(), dir)
		if err == nil && float64(space.Free-size) >= k.free*float64(space.Total) {
			return dir, nil
		}
		faults = append(faults, err)
	}
	if err := errors.Join(faults...); err != nil {
		return "", err
	}
	return "", errFull
}

func (k *localCopies) add(uri string, c copied) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.files == nil {
		k.files = map[string]copied{}
	}
	k.files[uri], k.failing = c, false
}

// failed says that a copy could not be made, unless that was so before.
func (k *localCopies) failed(err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.failing {
		k.log.Warn("no local copy of a checkpoint is made: after a failure its state is read from the file system", "error", err)
	}
	k.failing = true
}

var _ snapshot.Copies = (*localCopies)(nil)

// Find implements snapshot.Copies.
func (k *localCopies) Find(uri string, h *snapshot.Handle) *snapshot.LocalCopy {
	if k == nil {
		return nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if c, ok := k.files[uri]; ok && c.Holds(h) {
		return c.LocalCopy
	}
	return nil
}

// Drop implements snapshot.Copies.
func (k *localCopies) Drop(uri string, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if c, ok := k.files[uri]; ok {
		k.log.Warn("a local copy is wrong: its state is read from the file system", "file", uri, "error", err)
		c.Close()
		delete(k.files, uri)
	}
}

// written notes which files a checkpoint needs, of those that this worker knows.
func (k *localCopies) written(checkpoint int64, need map[string]bool) {
	if k == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.needed == nil {
		k.needed = map[int64]map[string]bool{}
	}
	k.needed[checkpoint] = need
}

// complete drops what is not needed any more since a checkpoint is complete.
func (k *localCopies) complete(checkpoint int64) {
	if k == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	need, known := k.needed[checkpoint]
	if !known {
		return // it was said before, or nothing of the checkpoint is from here
	}
	k.keep(func(uri string, c copied) bool { return c.checkpoint > checkpoint || need[uri] })
	for id := range k.needed {
		if id <= checkpoint {
			delete(k.needed, id)
		}
	}
}

// abort drops what was written for a checkpoint that will never be.
func (k *localCopies) abort(checkpoint int64) {
	if k == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.keep(func(_ string, c copied) bool { return c.checkpoint != checkpoint })
	delete(k.needed, checkpoint)
}

// restored drops what is not of the snapshot that tasks start from; nil is from nothing.
func (k *localCopies) restored(s *snapshot.Snapshot) {
	if k == nil {
		return
	}
	need := map[string]bool{}
	if s != nil {
		need = s.Files()
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.keep(func(uri string, _ copied) bool { return need[uri] })
	clear(k.needed)
}

// keep closes the copies that are not to be kept; the caller holds the lock.
func (k *localCopies) keep(is func(uri string, c copied) bool) {
	for uri, c := range k.files {
		if !is(uri, c) {
			c.Close()
			delete(k.files, uri)
		}
	}
}

// close gives all room back.
func (k *localCopies) close() { k.restored(nil) }
