package storage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/colinmarc/hdfs/v2"
)

const (
	// writeChunk bounds what is handed to the library at once, since it copies
	// all of that into a buffer before it sends any of it.
	writeChunk = 256 << 10
	// completeFor bounds the wait for DataNodes to report the last block. Of a
	// file whose write failed they never do, so there must be a bound.
	completeFor = 20 * time.Second
	// cleanFor bounds the removal of a temporary file after a failure.
	cleanFor = 5 * time.Second
	// fullAttempts is how many times a file is written with all its replicas
	// before every other attempt makes do with one less.
	fullAttempts = 3
)

// hdfsWriter writes a temporary sibling and renames it, or in place. It keeps its session
// until the file is closed: the library renews the file's lease by client.
type hdfsWriter struct {
	fs        *hdfsFS
	ctx       context.Context
	name, tmp string // equal: in place
	overwrite bool
	note      []byte

	session *session
	detach  func() bool // undoes the tie between context and session
	file    *hdfs.FileWriter
	written int64
	err     error // the first failure: no write after it, and no Close that counts
	done    bool
}

func (h *hdfsFS) Create(ctx context.Context, name string, opts CreateOptions) (Writer, error) {
	var w *hdfsWriter
	err := h.retry(ctx, "create", name, func(int) (err error) {
		if err := h.once(ctx, func(c *hdfs.Client) error { return h.checkTarget(c, "create", name, opts.Overwrite, true) }); err != nil {
			return err
		}
		w, err = h.start(ctx, name, temporaryName(name), opts)
		return err
	})
	if err != nil {
		return nil, err
	}
	return w, nil
}

// start opens the temporary file, if its folder is there. Whether the name that
// it shall get is taken is looked at when it gets it: each look is a question
// to the NameNode, of which a checkpoint is not to need many.
func (h *hdfsFS) start(ctx context.Context, name, tmp string, opts CreateOptions) (*hdfsWriter, error) {
	s, err := h.pool.get(ctx)
	if err != nil {
		return nil, err
	}
	w := &hdfsWriter{fs: h, ctx: ctx, name: name, tmp: tmp, overwrite: opts.Overwrite, note: opts.Note, session: s}
	w.detach = context.AfterFunc(ctx, s.abort)
	if w.file, err = h.createFile(s.client, tmp, opts); err != nil {
		w.detach()
		h.release(s, err)
		if ctx.Err() != nil { // broken off: the NameNode may have made it all the same
			h.clean(ctx, tmp)
		}
		return nil, err
	}
	return w, nil
}

func (h *hdfsFS) createFile(c *hdfs.Client, name string, opts CreateOptions) (*hdfs.FileWriter, error) {
	defaults, err := h.serverDefaults(c)
	if err != nil {
		return nil, err
	}
	return c.CreateFile(name, h.replicas(opts, defaults), defaults.BlockSize, opts.perm()&^h.umask)
}

// serverDefaults are asked for once.
func (h *hdfsFS) serverDefaults(c *hdfs.Client) (*hdfs.ServerDefaults, error) {
	if known := h.defaults.Load(); known != nil {
		return known, nil
	}
	defaults, err := c.ServerDefaults()
	if err != nil {
		return nil, err
	}
	h.defaults.Store(&defaults)
	return &defaults, nil
}

func (h *hdfsFS) replicas(opts CreateOptions, defaults *hdfs.ServerDefaults) int {
	switch {
	case opts.Replication > 0:
		return opts.Replication
	case h.replication > 0:
		return h.replication
	}
	return defaults.Replication
}

func (w *hdfsWriter) Write(p []byte) (int, error) {
	if w.err != nil {
		return 0, w.fs.wrap("write", w.name, w.err)
	}
	total := 0
	for total < len(p) { // never an empty write: it would start a block
		n, err := w.file.Write(p[total:min(len(p), total+writeChunk)])
		total += n
		w.written += int64(n)
		if err != nil {
			w.err = w.cause(err)
			return total, w.fs.wrap("write", w.name, w.err)
		}
	}
	return total, nil
}

// cause prefers the end of the context to the broken connection that it caused.
func (w *hdfsWriter) cause(err error) error {
	if ended := context.Cause(w.ctx); ended != nil {
		return fmt.Errorf("%w (%w)", ended, err)
	}
	return err
}

func (w *hdfsWriter) Commit() error {
	if w.done {
		return &Error{Op: "commit", URI: w.fs.URI(w.name), Reason: Invalid, Err: errors.New("the file was committed or aborted before")}
	}
	if w.err == nil {
		w.err = w.complete()
	}
	if w.err != nil {
		err := w.fs.wrap("write", w.name, w.err)
		w.Abort()
		return err
	}
	w.done = true
	w.detach()
	w.fs.pool.put(w.session)
	if w.tmp == w.name {
		return nil
	}
	if w.note != nil {
		w.fs.putNote(w.ctx, w.tmp, w.note)
	}
	err := w.fs.move(w.ctx, "commit", w.name, w.tmp, w.name, w.written, w.overwrite)
	if err != nil {
		w.fs.clean(w.ctx, w.tmp)
	}
	return err
}

// complete closes the file, again while its last block is being reported.
func (w *hdfsWriter) complete() error {
	start := time.Now()
	for pause := 5 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		err := w.file.Close()
		if err == nil || !hdfs.IsErrReplicating(err) {
			return w.causeOf(err)
		}
		if time.Since(start) > completeFor || w.ctx.Err() != nil {
			return w.causeOf(fmt.Errorf("the DataNodes did not report the last block: %w", err))
		}
		sleep(w.ctx, pause)
	}
}

func (w *hdfsWriter) causeOf(err error) error {
	if err == nil {
		return nil
	}
	return w.cause(err)
}

func (w *hdfsWriter) Abort() error {
	if w.done {
		return nil
	}
	w.done = true
	w.detach()
	w.session.abort()
	w.file.Close() // once, on broken connections: ends the library's goroutines for this file
	w.fs.pool.drop(w.session)
	return w.fs.clean(w.ctx, w.tmp)
}

// clean removes a temporary file, even when the context has ended.
func (h *hdfsFS) clean(ctx context.Context, tmp string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanFor)
	defer cancel()
	return h.wrap("abort", tmp, h.once(ctx, func(c *hdfs.Client) error { return c.RemoveAll(tmp) }))
}

// WriteFile uses one temporary name for all attempts, so that at most one
// temporary file is left behind when the cluster does not come back. In place
// there is none, and what an attempt has left is removed all the same: nobody
// else has that name.
func (h *hdfsFS) WriteFile(ctx context.Context, name string, opts CreateOptions, fill func(io.Writer) error) error {
	tmp := temporaryName(name)
	if opts.InPlace {
		tmp = name
	}
	return h.retry(ctx, "write", name, func(attempt int) error {
		if attempt > 1 {
			if err := h.once(ctx, func(c *hdfs.Client) error { return c.RemoveAll(tmp) }); err != nil {
				return err
			}
		}
		w, err := h.start(ctx, name, tmp, h.optionsOf(attempt, name, opts))
		if err != nil {
			return err
		}
		defer w.Abort()
		if err := fill(w); err != nil {
			if w.err != nil {
				return w.err // the fault of the file system, not of fill
			}
			return stopRetry{err}
		}
		return w.Commit()
	})
}

// optionsOf takes one replica less in every other late attempt. The NameNode
// goes on choosing a dead DataNode until it notices; on a small cluster only a
// shorter pipeline can avoid it. The library cannot exclude a node.
func (h *hdfsFS) optionsOf(attempt int, name string, opts CreateOptions) CreateOptions {
	defaults := h.defaults.Load()
	if attempt <= fullAttempts || attempt%2 == 1 || defaults == nil {
		return opts
	}
	if replicas := h.replicas(opts, defaults); replicas > 1 {
		opts.Replication = replicas - 1
		h.log.Warn("writing with one replica less, to get round a dead DataNode", "uri", h.URI(name), "replicas", opts.Replication)
	}
	return opts
}
