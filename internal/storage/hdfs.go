package storage

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/colinmarc/hdfs/v2"
)

// hdfsFS is one HDFS, found by the authority of its URIs.
type hdfsFS struct {
	authority   string
	user        string
	replication int // of the client's configuration; 0 means the cluster's default
	umask       fs.FileMode
	retryFor    time.Duration
	log         *slog.Logger
	pool        pool
	defaults    atomic.Pointer[hdfs.ServerDefaults]
	noNotes     atomic.Bool // the cluster keeps none
}

func newHDFS(config Config, authority string) (*hdfsFS, error) {
	options, err := clientOptions(config, authority)
	if err != nil {
		return nil, err
	}
	options.NamenodeDialFunc, options.DatanodeDialFunc = config.NamenodeDial, config.DatanodeDial
	replicas, err := replication(config.Hadoop)
	if err != nil {
		return nil, err
	}
	mask, err := umask(config.Hadoop)
	if err != nil {
		return nil, err
	}
	return &hdfsFS{
		authority:   authority,
		user:        options.User,
		replication: replicas,
		umask:       mask,
		retryFor:    config.RetryFor,
		log:         config.Log,
		pool:        pool{options: options},
	}, nil
}

func (h *hdfsFS) URI(name string) string { return "hdfs://" + h.authority + name }

func (h *hdfsFS) Close() error {
	h.pool.close()
	return nil
}

// do runs a call with a session of its own, again on faults that may pass.
func (h *hdfsFS) do(ctx context.Context, op, name string, call func(*hdfs.Client) error) error {
	return h.retry(ctx, op, name, func(int) error { return h.once(ctx, call) })
}

// once runs a call with a session of its own.
func (h *hdfsFS) once(ctx context.Context, call func(*hdfs.Client) error) error {
	s, err := h.pool.get(ctx)
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, s.abort)
	err = call(s.client)
	stop()
	h.release(s, err)
	return err
}

// release gives a session back unless err is a fault that may be its own.
func (h *hdfsFS) release(s *session, err error) {
	if err != nil && ReasonOf(h.wrap("", "", err)) == Transient {
		h.pool.drop(s)
		return
	}
	h.pool.put(s)
}

func (h *hdfsFS) wrap(op, name string, err error) error {
	if err == nil {
		return nil
	}
	if e, ok := asError(err); ok {
		return e
	}
	reason, cause := hdfsReason(err, h.user)
	return &Error{Op: op, URI: h.URI(name), Reason: reason, Err: cause}
}

func (h *hdfsFS) Stat(ctx context.Context, name string) (Info, error) {
	var info Info
	err := h.do(ctx, "stat", name, func(c *hdfs.Client) error {
		fi, err := c.Stat(name)
		if err == nil {
			info = hdfsInfo(fi)
		}
		return err
	})
	return info, err
}

func hdfsInfo(fi os.FileInfo) Info {
	info := Info{Name: fi.Name(), Size: fi.Size(), ModTime: fi.ModTime(), IsDir: fi.IsDir(), Perm: fi.Mode().Perm()}
	if f, ok := fi.(*hdfs.FileInfo); ok {
		info.Owner = f.Owner()
	}
	return info
}

// fileID is the NameNode's number of a file or folder, which a rename keeps.
func fileID(fi os.FileInfo) uint64 {
	status, ok := fi.Sys().(*hdfs.FileStatus)
	if !ok {
		return 0
	}
	return status.GetFileId()
}

func (h *hdfsFS) List(ctx context.Context, dir string) ([]Info, error) {
	return h.list(ctx, dir, false)
}

func (h *hdfsFS) ListAll(ctx context.Context, dir string) ([]Info, error) {
	return h.list(ctx, dir, true)
}

func (h *hdfsFS) list(ctx context.Context, dir string, all bool) ([]Info, error) {
	var list []Info
	err := h.do(ctx, "list", dir, func(c *hdfs.Client) error {
		list = nil
		folder, err := c.Open(dir)
		if err != nil {
			return err
		}
		defer folder.Close()
		if !folder.Stat().IsDir() {
			return &Error{Op: "list", URI: h.URI(dir), Reason: NotDirectory, Err: errors.New("is a file, not a folder")}
		}
		entries, err := folder.Readdir(0)
		for _, fi := range entries {
			if all || !isTemporary(fi.Name()) {
				list = append(list, hdfsInfo(fi))
			}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(list, func(a, b Info) int { return strings.Compare(a.Name, b.Name) }) // HDFS sorts bytes as signed
	return list, nil
}

func (h *hdfsFS) Rename(ctx context.Context, oldName, newName string) error {
	return h.move(ctx, "rename", oldName, oldName, newName, anySize, false)
}

func (h *hdfsFS) Replace(ctx context.Context, oldName, newName string) error {
	return h.move(ctx, "rename", oldName, oldName, newName, anySize, true)
}

const anySize = -1

// move renames, and knows by the file's number when an earlier try succeeded
// though its answer was lost. A file of another size than promised is refused.
// Errors are about the name subject.
func (h *hdfsFS) move(ctx context.Context, op, subject, oldName, newName string, size int64, overwrite bool) error {
	var id uint64
	return h.do(ctx, op, subject, func(c *hdfs.Client) error {
		from, err := c.Stat(oldName)
		if errors.Is(err, fs.ErrNotExist) && id != 0 {
			if to, err := c.Stat(newName); err == nil && fileID(to) == id {
				return nil
			}
		}
		if err != nil {
			return err
		}
		id = fileID(from)
		if size != anySize && from.Size() != size {
			return &Error{Op: op, URI: h.URI(newName), Reason: Torn, Err: fmt.Errorf("has %d bytes after %d were written", from.Size(), size)}
		}
		beside := path.Dir(oldName) == path.Dir(newName) // then the parent is there: it holds the file
		if err := h.checkTarget(c, op, newName, overwrite, beside); err != nil {
			return err
		}
		return c.Rename(oldName, newName)
	})
}

// checkTarget refuses a new name that is taken, and one without a parent unless
// that is known to be there: that the parent has gone is for the NameNode the
// same as that the file has.
func (h *hdfsFS) checkTarget(c *hdfs.Client, op, name string, overwrite, parent bool) error {
	to, err := c.Stat(name)
	switch {
	case err == nil && (!overwrite || to.IsDir()):
		return &Error{Op: op, URI: h.URI(name), Reason: Exists, Err: errExists}
	case err == nil:
		return nil
	case !errors.Is(err, fs.ErrNotExist):
		return err
	case parent:
		return nil
	}
	if _, err := c.Stat(path.Dir(name)); err != nil {
		return h.wrap(op, path.Dir(name), err)
	}
	return nil
}

func (h *hdfsFS) Remove(ctx context.Context, name string) error {
	tried := false
	return h.do(ctx, "remove", name, func(c *hdfs.Client) error {
		err := c.Remove(name)
		if errors.Is(err, fs.ErrNotExist) && tried {
			return nil // an earlier try succeeded, its answer was lost
		}
		tried = true
		return err
	})
}

func (h *hdfsFS) RemoveAll(ctx context.Context, name string) error {
	return h.do(ctx, "remove", name, func(c *hdfs.Client) error { return c.RemoveAll(name) })
}

func (h *hdfsFS) MkdirAll(ctx context.Context, name string, perm fs.FileMode) error {
	return h.do(ctx, "mkdir", name, func(c *hdfs.Client) error {
		err := c.MkdirAll(name, perm.Perm()&^h.umask)
		if errors.Is(err, fs.ErrExist) { // the library's word for a file in the way
			return &Error{Op: "mkdir", URI: h.URI(name), Reason: NotDirectory, Err: errors.New("is a file, not a folder")}
		}
		return err
	})
}

func (h *hdfsFS) SetPermission(ctx context.Context, name string, perm fs.FileMode) error {
	return h.do(ctx, "chmod", name, func(c *hdfs.Client) error { return c.Chmod(name, perm.Perm()) })
}
