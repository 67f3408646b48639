package snapshot

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"github.com/weft-stream/weft/internal/storage"
)

// WriteMetadata completes a snapshot: it checks the metadata, and that every
// data file is there with the size that the handles give it, and then lets
// _metadata appear, whose size in bytes it returns. It must come after all uploads.
// A snapshot that is complete already is refused with fs.ErrExist.
func WriteMetadata(ctx context.Context, fsys storage.FS, dir string, m *Metadata) (size int64, err error) {
	data, err := encode(m)
	if err != nil {
		return 0, fmt.Errorf("snapshot %s: %w", fsys.URI(dir), err)
	}
	list, err := fsys.List(ctx, dir)
	if err != nil {
		return 0, err
	}
	s := summarize(m)
	if err := checkFiles(ctx, fsys, dir, s.Files, list, sharedOf(fsys, dir)); err != nil {
		return 0, err
	}
	options := storage.CreateOptions{Note: s.note(int64(len(data)))}
	return int64(len(data)), fsys.WriteFile(ctx, path.Join(dir, MetadataName), options, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// checkFiles compares the data files in a folder, and the shared ones, with what
// the handles name.
func checkFiles(ctx context.Context, fsys storage.FS, dir string, files []dataFile, list []storage.Info, shared *sharedFolder) error {
	sizes := map[string]int64{}
	for _, info := range list {
		if !info.IsDir {
			sizes[info.Name] = info.Size
		}
	}
	for _, file := range files {
		size, ok := sizes[file.Name]
		if file.Shared {
			var err error
			if size, ok, err = shared.size(ctx, path.Base(file.Name)); err != nil {
				return err
			}
		}
		name := fsys.URI(path.Join(dir, file.Name))
		switch {
		case !ok:
			return fmt.Errorf("%s %w: the data file is missing", name, ErrCorrupt)
		case size < file.Size:
			return fmt.Errorf("%s %w: %d bytes instead of %d", name, ErrTruncated, size, file.Size)
		case size > file.Size && !file.Shared:
			return fmt.Errorf("%s %w: %d bytes instead of %d", name, ErrCorrupt, size, file.Size)
		}
	}
	return nil
}

// Read reads and checks the _metadata in a snapshot's folder. Its errors wrap
// ErrUnfinished, ErrNotSnapshot, ErrTruncated, ErrCorrupt or ErrNewer, or are
// those of the file system.
func Read(ctx context.Context, fsys storage.FS, dir string) (*Metadata, error) {
	name := path.Join(dir, MetadataName)
	data, err := storage.ReadFile(ctx, fsys, name, maxMetadata)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s %w", fsys.URI(dir), ErrUnfinished)
	case storage.ReasonOf(err) == storage.Invalid:
		return nil, fmt.Errorf("%s %w: %w", fsys.URI(name), ErrNotSnapshot, err)
	case err != nil:
		return nil, err
	}
	m, err := decode(data)
	if err != nil {
		return nil, fmt.Errorf("%s %w", fsys.URI(name), err)
	}
	return m, nil
}

// Location is the folder of a snapshot.
type Location struct {
	FS  storage.FS
	Dir string
}

// URI is the full name of the folder.
func (l Location) URI() string { return l.FS.URI(l.Dir) }

// Resolve finds the folder of a complete snapshot from what a user gives: the
// folder, with or without a slash at its end, or the _metadata in it, with or
// without a scheme. What is in _metadata is not looked at.
func Resolve(ctx context.Context, resolver *storage.Resolver, given string) (Location, error) {
	fsys, name, err := resolver.Resolve(given)
	if err != nil {
		return Location{}, err
	}
	info, err := fsys.Stat(ctx, name)
	switch {
	case errors.Is(err, fs.ErrNotExist) && path.Base(name) == MetadataName:
		return Location{}, missing(ctx, fsys, path.Dir(name))
	case err != nil:
		return Location{}, err
	case !info.IsDir && path.Base(name) != MetadataName:
		return Location{}, fmt.Errorf("%s %w: give the folder of a checkpoint or savepoint, or the %s in it", fsys.URI(name), ErrNotSnapshot, MetadataName)
	case !info.IsDir:
		return Location{fsys, path.Dir(name)}, nil
	}
	if info, err = fsys.Stat(ctx, path.Join(name, MetadataName)); errors.Is(err, fs.ErrNotExist) {
		return Location{}, missing(ctx, fsys, name)
	} else if err != nil {
		return Location{}, err
	} else if info.IsDir {
		return Location{}, fmt.Errorf("%s %w: its %s is a folder", fsys.URI(name), ErrNotSnapshot, MetadataName)
	}
	return Location{fsys, name}, nil
}

// missing explains why a folder has no _metadata.
func missing(ctx context.Context, fsys storage.FS, dir string) error {
	list, err := fsys.List(ctx, dir)
	if err != nil {
		return err
	}
	var inside []string
	for _, info := range list {
		_, checkpoint := ParseCheckpointName(info.Name)
		_, savepoint := ParseSavepointName(info.Name)
		if info.IsDir && (checkpoint || savepoint) {
			inside = append(inside, info.Name)
		}
	}
	if len(inside) == 0 {
		return fmt.Errorf("%s %w", fsys.URI(dir), ErrUnfinished)
	}
	const most = 5
	more := ""
	if len(inside) > most {
		inside, more = inside[len(inside)-most:], "..., "
	}
	return fmt.Errorf("%s %w: it holds %s%s, name one of them", fsys.URI(dir), ErrNotSnapshot, more, strings.Join(inside, ", "))
}

// Snapshot is a snapshot that can be restored from.
type Snapshot struct {
	Location
	Meta *Metadata
}

// Open finds and reads the snapshot that a user gives, as Resolve and Read do,
// and checks that its data files are there with their right sizes.
func Open(ctx context.Context, resolver *storage.Resolver, given string) (*Snapshot, error) {
	l, err := Resolve(ctx, resolver, given)
	if err != nil {
		return nil, err
	}
	m, err := Read(ctx, l.FS, l.Dir)
	if err != nil {
		return nil, err
	}
	list, err := l.FS.List(ctx, l.Dir)
	if err != nil {
		return nil, err
	}
	if err := checkFiles(ctx, l.FS, l.Dir, m.dataFiles(), list, sharedOf(l.FS, l.Dir)); err != nil {
		return nil, err
	}
	return &Snapshot{l, m}, nil
}
