package snapshot

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"

	"github.com/weft-stream/weft/internal/storage"
)

// Copied is what a copy consists of.
type Copied struct {
	Files  int   // _metadata included
	Bytes  int64 // of all files
	Reused int   // files that an earlier, interrupted copy had brought there
}

// Copy copies a complete snapshot to a folder that is made if need be; the two may be on different file systems. What it
// needs of shared files is copied into files of its own, so that the copy is whole without the job's folder; all else is
// copied byte by byte. Every checksum is checked on the way, so that no damaged snapshot is copied. Each file appears when it is whole
// and _metadata last, so what an interrupted copy has left is no snapshot, and the same call goes on from there: files
// that are whole in the target are checked instead of being copied. A folder with anything else in it is refused.
//
// moved is told how many bytes are done of how many; it may be nil.
func Copy(ctx context.Context, from, to Location, moved func(done, total int64)) (Copied, error) {
	if moved == nil {
		moved = func(int64, int64) {}
	}
	m, err := Read(ctx, from.FS, from.Dir)
	if err != nil {
		return Copied{}, err
	}
	text, err := storage.ReadFile(ctx, from.FS, path.Join(from.Dir, MetadataName), maxMetadata)
	if err != nil {
		return Copied{}, err
	}
	local := m
	if len(SharedFiles(m)) > 0 {
		local = m.localised()
		if text, err = encode(local); err != nil {
			return Copied{}, err
		}
	}
	c := &copier{from: from, to: to, text: text, sizes: map[string]int64{}, moved: moved}
	files := c.plan(m, local)
	c.result = Copied{Files: len(files) + 1, Bytes: int64(len(text))}
	for _, file := range files {
		c.result.Bytes += file.size
	}
	if err := c.look(ctx, files); err != nil {
		return Copied{}, err
	}
	for _, file := range files {
		if err := c.file(ctx, file); err != nil {
			return Copied{}, err
		}
	}
	if err := c.finish(ctx); err != nil {
		return Copied{}, err
	}
	return c.result, nil
}

// copier is one copy under way.
type copier struct {
	from, to Location
	text     []byte           // of _metadata
	complete bool             // the target has it already
	sizes    map[string]int64 // of the files that are there already
	moved    func(done, total int64)
	done     int64
	result   Copied
}

// copiedFile is a file of the copy, with what it is made from.
type copiedFile struct {
	name         string   // in the target
	source       string   // relative to the source's folder
	size         int64    // in the target
	there, taken []Handle // the states in it as they lie in the target and in the source, in order
	shared       bool     // others may have a share in the source
}

// plan lists the data files of the copy, whose metadata is local, of snapshot m.
func (c *copier) plan(m, local *Metadata) []copiedFile {
	var files []copiedFile
	taken, there := m.runs(), local.runs()
	for _, f := range m.dataFiles() {
		name := path.Base(f.Name)
		file := copiedFile{name: name, source: f.Name, there: there[name], taken: taken[f.Name], shared: f.Shared}
		for _, h := range file.there {
			file.size = max(file.size, h.Offset+h.Length)
		}
		files = append(files, file)
	}
	return files
}

// look sees what is in the target, which it makes if need be.
func (c *copier) look(ctx context.Context, files []copiedFile) error {
	list, err := c.to.FS.List(ctx, c.to.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return c.to.FS.MkdirAll(ctx, c.to.Dir, folderPerm)
	}
	if err != nil {
		return err
	}
	ours := map[string]bool{}
	for _, file := range files {
		ours[file.name] = true
	}
	for _, info := range list {
		switch {
		case info.Name == MetadataName && !info.IsDir:
			if err := c.same(ctx); err != nil {
				return err
			}
		case info.IsDir || !ours[info.Name]:
			return fmt.Errorf("%s is not an unfinished copy of %s: it holds %q; name a folder that is new or empty", c.to.URI(), c.from.URI(), info.Name)
		}
		c.sizes[info.Name] = info.Size
	}
	return nil
}

// same refuses a target that is another snapshot.
func (c *copier) same(ctx context.Context) error {
	name := path.Join(c.to.Dir, MetadataName)
	there, err := storage.ReadFile(ctx, c.to.FS, name, maxMetadata)
	if err != nil {
		return err
	}
	if !bytes.Equal(there, c.text) {
		return fmt.Errorf("%s holds another snapshot and is not overwritten: name a folder that is new or empty", c.to.URI())
	}
	c.complete, c.result.Reused = true, 1
	return nil
}

// file brings one data file to the target.
func (c *copier) file(ctx context.Context, file copiedFile) error {
	before := c.done
	if there, ok := c.sizes[file.name]; ok && there == file.size {
		err := c.check(ctx, c.to, file.name, file.there, false, io.Discard)
		if err == nil {
			c.result.Reused++
			return nil
		}
		if !Lost(err) {
			return err
		}
	}
	return c.to.FS.WriteFile(ctx, path.Join(c.to.Dir, file.name), storage.CreateOptions{Overwrite: true}, func(w io.Writer) error {
		c.done = before // it may be called again
		return c.check(ctx, c.from, file.source, file.taken, file.shared, w)
	})
}

// check reads states that lie in a data file, checks all of them, and passes them on to w.
func (c *copier) check(ctx context.Context, at Location, name string, handles []Handle, shared bool, w io.Writer) error {
	uri := at.FS.URI(path.Join(at.Dir, name))
	f, err := at.FS.Open(ctx, path.Join(at.Dir, name))
	if err != nil {
		return err
	}
	defer f.Close()
	if err := covered(handles, f.Size(), shared); err != nil {
		return fmt.Errorf("%s %w", uri, err)
	}
	for _, h := range handles {
		if _, err := f.Seek(h.Offset, io.SeekStart); err != nil {
			return err
		}
		run := io.TeeReader(io.LimitReader(f, h.Length), counted{w, c})
		r := &runReader{handle: h, buffer: bufio.NewReaderSize(run, readBuffer), position: position{left: h.Length}}
		for err = error(nil); err == nil; {
			_, err = r.next(0, MaxParallelism-1)
		}
		if err != io.EOF {
			return fmt.Errorf("%s, state %q: %w", uri, h.State, err)
		}
	}
	return nil
}

// counted tells what passes it.
type counted struct {
	io.Writer
	c *copier
}

// Write implements io.Writer.
func (w counted) Write(p []byte) (int, error) {
	n, err := w.Writer.Write(p)
	w.c.done += int64(n)
	w.c.moved(w.c.done, w.c.result.Bytes)
	return n, err
}

// finish removes what interrupted copies have left, and lets the copy become a snapshot.
func (c *copier) finish(ctx context.Context) error {
	left, err := storage.Unfinished(ctx, c.to.FS, c.to.Dir)
	if err != nil {
		return err
	}
	for _, info := range left {
		if err := c.to.FS.Remove(ctx, path.Join(c.to.Dir, info.Name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	c.moved(c.result.Bytes, c.result.Bytes)
	if c.complete {
		return nil
	}
	return c.to.FS.WriteFile(ctx, path.Join(c.to.Dir, MetadataName), storage.CreateOptions{}, func(w io.Writer) error {
		_, err := w.Write(c.text)
		return err
	})
}
