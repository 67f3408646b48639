package storage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/colinmarc/hdfs/v2"
)

// hdfsFile reads a file and gets over faults by opening it again.
type hdfsFile struct {
	fs   *hdfsFS
	ctx  context.Context
	name string
	size int64
	id   uint64

	mu      sync.Mutex
	offset  int64 // of Read
	closed  bool
	session *session // nil after a fault
	detach  func() bool
	reader  *hdfs.FileReader
}

func (h *hdfsFS) Open(ctx context.Context, name string) (File, error) {
	f := &hdfsFile{fs: h, ctx: ctx, name: name}
	if err := h.retry(ctx, "open", name, func(int) error { return f.connect() }); err != nil {
		return nil, err
	}
	return f, nil
}

// connect opens the file, or opens it again after a fault.
func (f *hdfsFile) connect() error {
	s, err := f.fs.pool.get(f.ctx)
	if err != nil {
		return err
	}
	detach := context.AfterFunc(f.ctx, s.abort)
	reader, err := s.client.Open(f.name)
	if err == nil {
		err = f.check(reader)
	}
	if err != nil {
		detach()
		f.fs.release(s, err)
		return err
	}
	f.session, f.detach, f.reader = s, detach, reader
	return nil
}

// check refuses folders, and a file that was replaced since it was opened.
func (f *hdfsFile) check(reader *hdfs.FileReader) error {
	info := reader.Stat()
	if info.IsDir() {
		return errFolder
	}
	if f.id == 0 {
		f.id, f.size = fileID(info), info.Size()
	}
	if fileID(info) != f.id || info.Size() != f.size {
		return &Error{Op: "read", URI: f.fs.URI(f.name), Reason: Torn, Err: errors.New("was replaced while it was read")}
	}
	return nil
}

func (f *hdfsFile) Size() int64 { return f.size }

func (f *hdfsFile) Seek(offset int64, whence int) (int64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch whence {
	case io.SeekCurrent:
		offset += f.offset
	case io.SeekEnd:
		offset += f.size
	}
	if offset < 0 || whence < io.SeekStart || whence > io.SeekEnd {
		return f.offset, &Error{Op: "seek", URI: f.fs.URI(f.name), Reason: Invalid, Err: fmt.Errorf("to %d", offset)}
	}
	f.offset = offset
	return offset, nil
}

func (f *hdfsFile) Read(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n, err := f.read(p, f.offset, func(r io.Reader, p []byte) (int, error) { return r.Read(p) })
	f.offset += int64(n)
	return n, err
}

func (f *hdfsFile) ReadAt(p []byte, off int64) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if off < 0 {
		return 0, &Error{Op: "read", URI: f.fs.URI(f.name), Reason: Invalid, Err: fmt.Errorf("at offset %d", off)}
	}
	n, err := f.read(p, off, io.ReadFull)
	if err == nil && n < len(p) {
		err = io.EOF
	}
	return n, err
}

// read reads from an offset within the file. It asks the library for no byte
// beyond the size, so an end that the library reports has come too early.
func (f *hdfsFile) read(p []byte, off int64, from func(io.Reader, []byte) (int, error)) (int, error) {
	if f.closed {
		return 0, &Error{Op: "read", URI: f.fs.URI(f.name), Reason: Invalid, Err: errors.New("the file was closed")}
	}
	if len(p) == 0 {
		return 0, nil
	}
	if off >= f.size {
		return 0, io.EOF
	}
	p = p[:min(int64(len(p)), f.size-off)]
	n := 0
	err := f.fs.retry(f.ctx, "read", f.name, func(int) error {
		if f.session == nil {
			if err := f.connect(); err != nil {
				return err
			}
		}
		_, err := f.reader.Seek(off, io.SeekStart)
		if err == nil {
			n, err = from(f.reader, p)
		}
		if err == nil && n == 0 {
			err = io.ErrNoProgress
		}
		if err != nil {
			n = 0
			f.disconnect(err)
		}
		return err
	})
	return n, err
}

func (f *hdfsFile) disconnect(err error) {
	f.reader.Close()
	f.detach()
	f.fs.release(f.session, err)
	f.session = nil
}

func (f *hdfsFile) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.closed && f.session != nil {
		f.disconnect(nil)
	}
	f.closed = true
	return nil
}
