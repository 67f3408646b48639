package snapshot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"sync"

	"github.com/weft-stream/weft/internal/storage"
)

// An incremental checkpoint holds of a keyed state only what has changed, and
// names the handles of earlier checkpoints that it goes on from: a chain, the
// base first. All handles of a chain are in its own _metadata, so each
// checkpoint can be restored, and deleted, without looking at another one. The
// files that several checkpoints name lie in the job's folder of shared files,
// and go when no checkpoint names them any more.

// Part says what the entries of a handle are to those of the handles of the
// same state and subtask before it.
type Part string

// The parts of a chain.
const (
	Base    Part = ""        // entries of keys that none before has
	Delta   Part = "delta"   // entries that take the place of those before
	Deleted Part = "deleted" // keys without values: their entries before are gone
)

// sharedPath leads from a checkpoint's folder to its job's shared files.
const sharedPath = "../" + SharedName

// SharedDir is the folder of a job's shared files.
func SharedDir(checkpoints, jobID string) string {
	return path.Join(JobDir(checkpoints, jobID), SharedName)
}

// name is the data file's name, relative to the snapshot's folder; "" if the
// handle is inline.
func (h *Handle) name() string {
	if h.Shared {
		return path.Join(sharedPath, h.File)
	}
	return h.File
}

// Path is that of the handle's data file; dir is the snapshot's folder.
func (h *Handle) Path(dir string) string { return path.Join(dir, h.name()) }

// Files are the full names of the data files that the snapshot needs.
func (s *Snapshot) Files() map[string]bool {
	all := map[string]bool{}
	for _, f := range s.Meta.dataFiles() {
		all[s.FS.URI(path.Join(s.Dir, f.Name))] = true
	}
	return all
}

// SharedFile is a file in a job's folder of shared files.
type SharedFile struct {
	Name string
	Size int64 // bytes; as far as the handles that name it tell
}

// SharedFiles are the shared files that handles name, sorted by name.
func SharedFiles(m *Metadata) []SharedFile { return sharedAmong(m.dataFiles()) }

func sharedAmong(files []dataFile) []SharedFile {
	var shared []SharedFile
	for _, f := range files {
		if f.Shared {
			shared = append(shared, SharedFile{path.Base(f.Name), f.Size})
		}
	}
	return shared
}

// StoredSize is the size in bytes of the data files that the snapshot needs.
func (m *Metadata) StoredSize() int64 {
	var size int64
	for _, f := range m.dataFiles() {
		size += f.Size
	}
	return size
}

// AddedSize is the size in bytes of the state that the checkpoint has written
// itself; StateSize counts what it takes from earlier ones too.
func (m *Metadata) AddedSize() int64 {
	var size int64
	for h := range m.handles() {
		if h.Checkpoint == 0 {
			size += h.Length
		}
	}
	return size
}

// Carried is the handle as later checkpoints name it, if checkpoint id wrote it.
func (h Handle) Carried(id int64) Handle {
	if h.Checkpoint == 0 {
		h.Checkpoint = id
	}
	return h
}

// sharedFolder is what is in a job's folder of shared files, listed when it is
// asked for the first time.
type sharedFolder struct {
	fs   storage.FS
	dir  string
	list func(context.Context) (map[string]int64, error)
}

// sharedOf is the folder that the snapshot in dir would take shared files from.
func sharedOf(fsys storage.FS, dir string) *sharedFolder {
	s := &sharedFolder{fs: fsys, dir: path.Join(dir, sharedPath)}
	var (
		once  sync.Once
		sizes = map[string]int64{}
		fault error
	)
	s.list = func(ctx context.Context) (map[string]int64, error) {
		once.Do(func() {
			list, err := fsys.List(ctx, s.dir)
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				fault = err
			}
			for _, info := range list {
				if !info.IsDir {
					sizes[info.Name] = info.Size
				}
			}
		})
		return sizes, fault
	}
	return s
}

// sharedFiles is the folder of a job.
func sharedFiles(fsys storage.FS, checkpoints, jobID string) *sharedFolder {
	return sharedOf(fsys, path.Join(JobDir(checkpoints, jobID), SharedName))
}

// size returns the size of a shared file; found is false if it is missing. One
// that has come after the listing is found too.
func (s *sharedFolder) size(ctx context.Context, name string) (size int64, found bool, err error) {
	sizes, err := s.list(ctx)
	if err != nil {
		return 0, false, err
	}
	if size, found = sizes[name]; found {
		return size, true, nil
	}
	info, err := s.fs.Stat(ctx, path.Join(s.dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, false, nil
	}
	return info.Size, err == nil, err
}

// UploadShared is UploadWorker for state that later checkpoints build upon:
// the file comes into the job's folder of shared files, shared.
func UploadShared(ctx context.Context, fsys storage.FS, shared, workerID string, contributions []Contribution, inlineLimit int64) ([][]Handle, error) {
	all, err := UploadWorker(ctx, fsys, shared, workerID, contributions, inlineLimit)
	for _, handles := range all {
		for i := range handles {
			handles[i].Shared = handles[i].File != ""
		}
	}
	return all, err
}

// validatePart checks what only chains have.
func (h *Handle) validatePart(kind Kind) error {
	switch {
	case h.Part != Base && h.Part != Delta && h.Part != Deleted:
		return fmt.Errorf("unknown part %q", h.Part)
	case h.Part != Base && !h.Keyed():
		return fmt.Errorf("a part %q of state that is not keyed", h.Part)
	case h.Shared && h.File == "":
		return errors.New("both shared and inline")
	case h.Shared && kind == Savepoint:
		return errors.New("a savepoint has no shared files")
	case h.Checkpoint < 0:
		return fmt.Errorf("checkpoint number %d", h.Checkpoint)
	}
	return nil
}

// chained says whether the format of version 1 cannot hold the handle.
func (h *Handle) chained() bool { return h.Part != Base || h.Shared || h.Checkpoint != 0 }

// version is the least format version that can hold the snapshot, so that older
// builds can read what they understand.
func (m *Metadata) version() uint32 {
	for h := range m.handles() {
		if h.chained() {
			return 2
		}
	}
	return 1
}

// localised is the snapshot as it is when all its state is in its own folder:
// what it needs of a shared file is one piece of a file of the same name there.
func (m *Metadata) localised() *Metadata {
	local, _ := m.placeInline()
	i := 0
	handles := make([]*Handle, 0)
	for h := range local.handles() {
		handles = append(handles, h)
	}
	for h := range m.handles() {
		handles[i].Inline = h.Inline
		i++
	}
	slices.SortStableFunc(handles, func(a, b *Handle) int { return cmp.Compare(a.Offset, b.Offset) })
	ends := map[string]int64{}
	for _, h := range handles {
		if h.Shared {
			h.Shared, h.Offset = false, ends[h.File]
			ends[h.File] += h.Length
		}
	}
	return local
}
