package storage

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
)

// localWriter writes a temporary sibling and renames it.
type localWriter struct {
	fs        *localFS
	ctx       context.Context
	name, tmp string
	overwrite bool
	file      *os.File
	err       error // the first failure; a file with a hole must not be committed
	done      bool
}

func (l *localFS) Create(ctx context.Context, name string, opts CreateOptions) (Writer, error) {
	w := &localWriter{fs: l, ctx: ctx, name: name, tmp: temporaryName(name), overwrite: opts.Overwrite}
	err := l.do(ctx, "create", name, func() (err error) {
		if fi, err := os.Stat(name); err == nil && (!opts.Overwrite || fi.IsDir()) {
			return fs.ErrExist
		}
		w.file, err = os.OpenFile(w.tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, opts.perm())
		return err
	})
	if err != nil {
		return nil, err
	}
	return w, nil
}

func (w *localWriter) Write(p []byte) (int, error) {
	if w.err == nil {
		w.err = w.ctx.Err()
	}
	if w.err != nil {
		return 0, w.fs.wrap("write", w.name, w.err)
	}
	n, err := w.file.Write(p)
	w.err = err
	return n, w.fs.wrap("write", w.name, err)
}

func (w *localWriter) Commit() error {
	if w.done {
		return w.fs.wrap("commit", w.name, fs.ErrClosed)
	}
	err := w.err
	if err == nil {
		err = context.Cause(w.ctx)
	}
	if err == nil {
		err = w.file.Sync()
	}
	if err == nil {
		err = w.file.Close()
	}
	if err == nil {
		err = w.fs.move(w.tmp, w.name, w.overwrite)
	}
	if err != nil {
		w.Abort()
		return w.fs.wrap("commit", w.name, err)
	}
	w.done = true
	return nil
}

func (w *localWriter) Abort() error {
	if w.done {
		return nil
	}
	w.done = true
	w.file.Close() // may be closed already; what matters is that the file goes
	err := os.Remove(w.tmp)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return w.fs.wrap("abort", w.name, err)
}

func (l *localFS) WriteFile(ctx context.Context, name string, opts CreateOptions, fill func(io.Writer) error) error {
	w, err := l.Create(ctx, name, opts)
	if err != nil {
		return err
	}
	defer w.Abort()
	if err := fill(w); err != nil {
		return err
	}
	return w.Commit()
}
