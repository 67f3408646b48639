package snapshot

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"

	"github.com/weft-stream/weft/internal/storage"
)

// A LocalCopy is a copy of one data file on the machine that wrote it. The local
// file has no name, so nobody else can change it or take another one for it, and
// nothing stays behind whatever becomes of the process.
//
// It is written by one goroutine; once Seal has returned, all methods may be
// called concurrently.
type LocalCopy struct {
	dir    string
	uri    string   // of the data file
	file   *os.File // nil as long as nothing was written
	buffer *bufio.Writer
	runs   map[runID]bool
	err    error // the first
}

// runID tells a run of frames from every other one in files of one name.
type runID struct {
	offset, length int64
	crc            uint32
}

// NewLocalCopy returns a copy whose file, if it comes to need one, is in a local folder.
func NewLocalCopy(dir string) *LocalCopy { return &LocalCopy{dir: dir} }

// Over returns a file system that also writes to the copy what is written with
// WriteFile. That this fails is not told there, but by Seal.
func (c *LocalCopy) Over(fsys storage.FS) storage.FS { return copying{fsys, c} }

type copying struct {
	storage.FS
	to *LocalCopy
}

func (f copying) WriteFile(ctx context.Context, name string, opts storage.CreateOptions, fill func(io.Writer) error) error {
	return f.FS.WriteFile(ctx, name, opts, func(w io.Writer) error {
		f.to.begin(f.URI(name))
		return fill(tee{w, f.to})
	})
}

type tee struct {
	io.Writer
	copy *LocalCopy
}

func (t tee) Write(p []byte) (int, error) {
	t.copy.write(p)
	return t.Writer.Write(p)
}

// begin starts from the first byte, perhaps not for the first time.
func (c *LocalCopy) begin(uri string) {
	c.uri = uri
	if c.file == nil {
		if c.file, c.err = nameless(c.dir, ".weft-copy-*"); c.err != nil {
			return
		}
		c.buffer = bufio.NewWriterSize(nil, readBuffer)
	}
	if c.err = c.file.Truncate(0); c.err == nil {
		_, c.err = c.file.Seek(0, io.SeekStart)
	}
	c.buffer.Reset(c.file)
}

func (c *LocalCopy) write(p []byte) {
	if c.err == nil {
		_, c.err = c.buffer.Write(p)
	}
}

// Seal ends the writing. handles are those of the file that was written; the
// result is its URI, "" if none was.
func (c *LocalCopy) Seal(handles [][]Handle) (uri string, err error) {
	if c.err == nil && c.file != nil {
		c.err = c.buffer.Flush()
	}
	c.buffer = nil
	if c.err != nil {
		return "", fmt.Errorf("%s: %w", c.dir, cause(c.err))
	}
	c.runs = map[runID]bool{}
	for _, list := range handles {
		for i := range list {
			if list[i].File != "" {
				c.runs[runOf(&list[i])] = true
			}
		}
	}
	return c.uri, nil
}

func runOf(h *Handle) runID { return runID{h.Offset, h.Length, h.CRC32C} }

// Holds says whether the copy has the run of a handle: at its place, of its
// length and with its checksum, which is that of all of its frames.
func (c *LocalCopy) Holds(h *Handle) bool { return c.runs[runOf(h)] }

// ReadAt reads the copy. After Close it fails.
func (c *LocalCopy) ReadAt(p []byte, off int64) (int, error) { return c.file.ReadAt(p, off) }

// Close gives the room on disk back. It may be called with c nil, and again.
func (c *LocalCopy) Close() {
	if c != nil && c.file != nil {
		c.file.Close() // nothing in it is wanted any more
	}
}

// nameless makes a file that is gone when it is closed.
func nameless(dir, pattern string) (*os.File, error) {
	file, err := os.CreateTemp(dir, pattern)
	if err != nil {
		return nil, err
	}
	if err := os.Remove(file.Name()); err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

// cause is a file's error without its name, which is nobody's any more.
func cause(err error) error {
	if e, ok := err.(*os.PathError); ok {
		return e.Err
	}
	return err
}
