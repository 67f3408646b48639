package snapshot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/weft-stream/weft/internal/storage"
)

// FileReport is what a verification found of one file of a snapshot.
type FileReport struct {
	Name   string  // relative to the snapshot's folder: of a shared file ../shared/…
	Size   int64   // bytes; -1 if it is missing
	States int     // runs of state in it
	Faults []error // one line each, with the file's URI; none if it is whole
	Unused bool    // no state is in it: a worker that was given up has left it

	shared bool // other checkpoints may need what this one does not
}

// verifyAtOnce is how many files are read at the same time.
const verifyAtOnce = 4

// VerifyFiles reads a whole snapshot and checks every file and every checksum: _metadata first, then the data files by
// name. The states in a data file must cover all of it, so that no byte of it goes unchecked. read is told, from several
// goroutines, how many bytes more have been read; it may be nil.
//
// What is wrong with a file stands in its report. The error tells what kept it from being verified, such as a NameNode out
// of reach, and says nothing against the snapshot.
func VerifyFiles(ctx context.Context, fsys storage.FS, dir string, read func(bytes int64)) ([]FileReport, error) {
	if read == nil {
		read = func(int64) {}
	}
	meta := FileReport{Name: MetadataName, Size: -1}
	info, err := fsys.Stat(ctx, path.Join(dir, MetadataName))
	if err == nil {
		meta.Size = info.Size
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	m, err := Read(ctx, fsys, dir)
	if err != nil {
		if !Lost(err) {
			return nil, err
		}
		meta.Faults = []error{err}
		return []FileReport{meta}, nil
	}
	read(meta.Size)
	return verifyData(ctx, fsys, dir, m, meta, read)
}

// verifyData checks the data files and the state inside _metadata.
func verifyData(ctx context.Context, fsys storage.FS, dir string, m *Metadata, meta FileReport, read func(int64)) ([]FileReport, error) {
	list, err := fsys.List(ctx, dir)
	if err != nil {
		return nil, err
	}
	runs := m.runs()
	reports := []FileReport{meta}
	shared := sharedOf(fsys, dir)
	for _, file := range m.dataFiles() {
		report := FileReport{Name: file.Name, Size: -1, shared: file.Shared}
		if file.Shared {
			size, found, err := shared.size(ctx, path.Base(file.Name))
			if err != nil {
				return nil, err
			}
			if found {
				report.Size = size
			}
		}
		reports = append(reports, report)
	}
	for _, info := range list {
		i := slices.IndexFunc(reports, func(r FileReport) bool { return r.Name == info.Name })
		switch {
		case info.IsDir:
		case i >= 0:
			reports[i].Size = info.Size
		case IsDataName(info.Name):
			reports = append(reports, FileReport{Name: info.Name, Size: info.Size, Unused: true})
		}
	}
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(verifyAtOnce)
	for i := range reports {
		r := &reports[i]
		handles := runs[r.Name]
		if r.Name == MetadataName {
			handles = runs[""]
		}
		r.States = len(handles)
		group.Go(func() error { return r.verify(groupCtx, fsys, dir, handles, read) })
	}
	return reports, group.Wait()
}

// runs are the handles by file, "" for those in _metadata, in the order of their places.
func (m *Metadata) runs() map[string][]Handle {
	all := map[string][]Handle{}
	for h := range m.handles() {
		all[h.name()] = append(all[h.name()], *h)
	}
	for _, handles := range all {
		slices.SortStableFunc(handles, func(a, b Handle) int { return cmp.Compare(a.Offset, b.Offset) })
	}
	return all
}

// verify checks one file. Its error is a fault that may pass.
func (r *FileReport) verify(ctx context.Context, fsys storage.FS, dir string, handles []Handle, read func(int64)) error {
	name := fsys.URI(path.Join(dir, r.Name))
	if r.Name != MetadataName && !r.Unused {
		if r.Size < 0 {
			r.Faults = append(r.Faults, fmt.Errorf("%s %w: the data file is missing", name, ErrCorrupt))
			return nil
		}
		if err := covered(handles, r.Size, r.shared); err != nil {
			r.Faults = append(r.Faults, fmt.Errorf("%s %w", name, err))
		}
	}
	for _, h := range handles {
		for frame, err := range Frames(ctx, fsys, dir, h, 0, MaxParallelism-1) {
			if err != nil && !Lost(err) {
				return err
			}
			if err != nil {
				r.Faults = append(r.Faults, err)
			} else if h.File != "" {
				read(frameHeader + int64(len(frame.Payload)))
			}
		}
	}
	return nil
}

// covered says whether states, in order, fit into a file of that size, and cover all of it unless the file is shared.
func covered(handles []Handle, size int64, shared bool) error {
	if !shared {
		return tiled(handles, size)
	}
	var end int64
	for _, h := range handles {
		if h.Offset < end {
			return fmt.Errorf("%w: two states claim the byte %d", ErrCorrupt, h.Offset)
		}
		end = h.Offset + h.Length
	}
	if size < end {
		return fmt.Errorf("%w: %d bytes instead of %d", ErrTruncated, size, end)
	}
	return nil
}

// tiled says whether runs, in order, cover a file of that size from its start to its end, each byte once.
func tiled(handles []Handle, size int64) error {
	var end int64
	for _, h := range handles {
		switch {
		case h.Offset < end:
			return fmt.Errorf("%w: two states claim the byte %d", ErrCorrupt, h.Offset)
		case h.Offset > end:
			return fmt.Errorf("%w: no state claims the bytes %d to %d", ErrCorrupt, end, h.Offset-1)
		}
		end = h.Offset + h.Length
	}
	switch {
	case size < end:
		return fmt.Errorf("%w: %d bytes instead of %d", ErrTruncated, size, end)
	case size > end:
		return fmt.Errorf("%w: %d bytes instead of %d", ErrCorrupt, size, end)
	}
	return nil
}

// IsDataName says whether a name is that of a data file: <worker>-<16 hex>.
func IsDataName(name string) bool {
	const random = 16
	cut := len(name) - random - 1
	return validDataName(name) && cut > 0 && name[cut] == '-' && isHex(name[cut+1:], random)
}

// HasFile says whether state of the snapshot is in a data file of that name.
func (m *Metadata) HasFile(name string) bool {
	return slices.ContainsFunc(m.dataFiles(), func(f dataFile) bool { return f.Name == name })
}

// Verify reads a whole snapshot and checks every checksum. The error has a line
// for each thing that is wrong.
func Verify(ctx context.Context, fsys storage.FS, dir string) error {
	reports, err := VerifyFiles(ctx, fsys, dir, nil)
	problems := []error{err}
	for _, r := range reports {
		problems = append(problems, r.Faults...)
	}
	return errors.Join(problems...)
}
