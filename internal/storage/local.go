package storage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"syscall"
)

// localFS is the file system of this machine.
type localFS struct{}

func (l *localFS) URI(name string) string { return "file://" + name }

func (l *localFS) Close() error { return nil }

// do runs one operation and gives its error operation, name and reason. Local
// calls cannot be interrupted, so the context is only looked at before.
func (l *localFS) do(ctx context.Context, op, name string, f func() error) error {
	err := context.Cause(ctx)
	if err == nil {
		err = f()
	}
	return l.wrap(op, name, err)
}

func (l *localFS) wrap(op, name string, err error) error {
	if err == nil {
		return nil
	}
	if e, ok := asError(err); ok {
		return e
	}
	reason, cause := localReason(err)
	return &Error{Op: op, URI: l.URI(name), Reason: reason, Err: cause}
}

// localReason finds the reason of an error of the operating system, and its
// cause without the path that the error line names anyway.
func localReason(err error) (Reason, error) {
	var (
		inPath *fs.PathError
		inLink *os.LinkError
	)
	if errors.As(err, &inPath) {
		err = inPath.Err
	} else if errors.As(err, &inLink) {
		err = inLink.Err
	}
	switch {
	case errors.Is(err, errFolder), errors.Is(err, syscall.EINVAL), errors.Is(err, syscall.ENAMETOOLONG), errors.Is(err, syscall.EISDIR):
		return Invalid, err
	case errors.Is(err, syscall.ENOTEMPTY):
		return NotEmpty, err
	case errors.Is(err, syscall.ENOTDIR):
		return NotDirectory, err
	case errors.Is(err, fs.ErrNotExist):
		return NotFound, errNotFound
	case errors.Is(err, fs.ErrExist):
		return Exists, errExists
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return Permission, err
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return Quota, err
	}
	return Transient, err
}

func (l *localFS) Open(ctx context.Context, name string) (File, error) {
	var file *localFile
	err := l.do(ctx, "open", name, func() error {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		info, err := f.Stat()
		if err == nil && info.IsDir() {
			err = errFolder
		}
		if err != nil {
			f.Close()
			return err
		}
		file = &localFile{File: f, ctx: ctx, size: info.Size()}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return file, nil
}

// localFile adds to an os.File what File promises.
type localFile struct {
	*os.File
	ctx  context.Context
	size int64
}

func (f *localFile) Size() int64 { return f.size }

func (f *localFile) Read(p []byte) (int, error) {
	if err := f.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := f.File.Read(p)
	if err == io.EOF {
		if at, e := f.File.Seek(0, io.SeekCurrent); e == nil && at < f.size {
			err = io.ErrUnexpectedEOF // it was cut while open
		}
	}
	return n, err
}

func (f *localFile) ReadAt(p []byte, off int64) (int, error) {
	if err := f.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := f.File.ReadAt(p, off)
	if err == io.EOF && off+int64(n) < f.size {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

func (l *localFS) Stat(ctx context.Context, name string) (Info, error) {
	var info Info
	err := l.do(ctx, "stat", name, func() error {
		fi, err := os.Stat(name)
		if err == nil {
			info = localInfo(fi)
		}
		return err
	})
	return info, err
}

func localInfo(fi fs.FileInfo) Info {
	info := Info{Name: fi.Name(), ModTime: fi.ModTime(), IsDir: fi.IsDir(), Perm: fi.Mode().Perm()}
	if !info.IsDir {
		info.Size = fi.Size()
	}
	return info
}

func (l *localFS) List(ctx context.Context, dir string) ([]Info, error) {
	return l.list(ctx, dir, false)
}

func (l *localFS) ListAll(ctx context.Context, dir string) ([]Info, error) {
	return l.list(ctx, dir, true)
}

func (l *localFS) list(ctx context.Context, dir string, all bool) ([]Info, error) {
	var list []Info
	err := l.do(ctx, "list", dir, func() error {
		entries, err := os.ReadDir(dir)
		for _, entry := range entries {
			fi, err := entry.Info()
			if errors.Is(err, fs.ErrNotExist) || !all && isTemporary(entry.Name()) {
				continue // gone since, or not asked for
			}
			if err != nil {
				return err
			}
			list = append(list, localInfo(fi))
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

func (l *localFS) Rename(ctx context.Context, oldName, newName string) error {
	return l.do(ctx, "rename", oldName, func() error { return l.move(oldName, newName, false) })
}

func (l *localFS) Replace(ctx context.Context, oldName, newName string) error {
	return l.do(ctx, "rename", oldName, func() error { return l.move(oldName, newName, true) })
}

// move renames durably. A link refuses a taken name by itself, which a rename
// does not; where links do not exist (or the old name is a folder) the new name is looked up first.
func (l *localFS) move(oldName, newName string, overwrite bool) error {
	if !overwrite {
		err := os.Link(oldName, newName)
		if err == nil {
			err = os.Remove(oldName)
			return errors.Join(err, syncDirs(oldName, newName))
		}
		if errors.Is(err, fs.ErrExist) {
			return &Error{Op: "rename", URI: l.URI(newName), Reason: Exists, Err: errExists}
		}
		if _, err := os.Lstat(newName); err == nil {
			return &Error{Op: "rename", URI: l.URI(newName), Reason: Exists, Err: errExists}
		}
	}
	if err := os.Rename(oldName, newName); err != nil {
		return err
	}
	return syncDirs(oldName, newName)
}

// syncDirs makes a change of names durable.
func syncDirs(names ...string) error {
	done := ""
	for _, name := range names {
		dir := path.Dir(name)
		if dir == done {
			continue
		}
		d, err := os.Open(dir)
		if err != nil {
			return err
		}
		err = d.Sync()
		d.Close()
		if err != nil {
			return fmt.Errorf("making folder %s durable: %w", dir, err)
		}
		done = dir
	}
	return nil
}

func (l *localFS) Remove(ctx context.Context, name string) error {
	return l.do(ctx, "remove", name, func() error { return os.Remove(name) })
}

func (l *localFS) RemoveAll(ctx context.Context, name string) error {
	return l.do(ctx, "remove", name, func() error { return os.RemoveAll(name) })
}

func (l *localFS) MkdirAll(ctx context.Context, name string, perm fs.FileMode) error {
	return l.do(ctx, "mkdir", name, func() error { return mkdirAll(name, perm.Perm()) })
}

// mkdirAll is os.MkdirAll with every new folder made durable.
func mkdirAll(name string, perm fs.FileMode) error {
	if fi, err := os.Stat(name); err == nil {
		if !fi.IsDir() {
			return syscall.ENOTDIR
		}
		return nil
	}
	if parent := path.Dir(name); parent != name {
		if err := mkdirAll(parent, perm); err != nil {
			return err
		}
	}
	if err := os.Mkdir(name, perm); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncDirs(name)
}

// Note finds nothing: local files are read as fast.
func (l *localFS) Note(context.Context, string) ([]byte, error) { return nil, nil }

func (l *localFS) SetPermission(ctx context.Context, name string, perm fs.FileMode) error {
	return l.do(ctx, "chmod", name, func() error { return os.Chmod(name, perm.Perm()) })
}
