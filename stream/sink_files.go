package stream

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"github.com/weft-stream/weft/internal/storage"
)

// WriteLines writes each record as a line (as fmt.Sprint does) into files of a
// folder, exactly once: a file part-<subtask>-<checkpoint>-<n> appears, complete,
// when the checkpoint that covers its records is durable. Without checkpoints
// files appear only when a bounded job ends.
func WriteLines[T any](s *Stream[T], uid, folder string) *Stream[None] {
	return WriteFiles(s, uid, folder, func(dst []byte, v T) []byte {
		return append(fmt.Append(dst, v), '\n')
	})
}

// WriteFiles is WriteLines with a function that appends a record's form to dst.
func WriteFiles[T any](s *Stream[T], uid, folder string, encode func(dst []byte, v T) []byte) *Stream[None] {
	return Into(s, uid, "Files "+folder, func() Sink[T] {
		return &fileSink[T]{folder: folder, encode: encode}
	})
}

// partSize is how large a file becomes before another is begun, in bytes. A
// part is held in memory until it is written, so that it can be written again
// where a DataNode dies in the middle.
const partSize = 8 << 20

// pendingPart is a file that was written under a hidden name, and the name that
// it gets when its checkpoint is durable.
type pendingPart struct {
	Pending    string `json:"pending"`
	Final      string `json:"final"`
	Checkpoint int64  `json:"checkpoint"`
}

const pendingPrefix = ".pending-"

type fileSink[T any] struct {
	folder  string
	encode  func([]byte, T) []byte
	ctx     *SinkContext
	fs      storage.FS
	root    string
	buffer  []byte
	early   []string      // hidden files written since the last checkpoint
	pending []pendingPart // of checkpoints that are not known to be durable
	parts   int           // begun since the subtask started
}

func (s *fileSink[T]) Open(ctx *SinkContext, restored bool, prepared [][]byte) error {
	s.ctx = ctx
	var err error
	if s.fs, s.root, err = ctx.files.Resolve(s.folder); err != nil {
		return err
	}
	if err := s.fs.MkdirAll(ctx.Context, s.root, 0o755); err != nil {
		return err
	}
	known := map[string]bool{}
	for i, text := range prepared {
		var p pendingPart
		if err := json.Unmarshal(text, &p); err != nil {
			return fmt.Errorf("prepared file: %w", err)
		}
		known[path.Base(p.Pending)] = true
		if i%ctx.Parallelism == ctx.Subtask {
			if err := s.publish(p); err != nil {
				return err
			}
		}
	}
	return s.clean(known)
}

// clean removes hidden files of earlier runs of this subtask: those that no
// restored checkpoint knows, and those that were not written to their end.
// Subtask 0 does it for subtasks that are no more.
func (s *fileSink[T]) clean(known map[string]bool) error {
	written, err := s.fs.List(s.ctx.Context, s.root)
	if err != nil {
		return err
	}
	for _, e := range written {
		if !known[e.Name] && s.mine(e.Name) {
			err = errors.Join(err, s.discard(e.Name))
		}
	}
	unfinished, failed := s.fs.Unfinished(s.ctx.Context, s.root)
	for _, e := range unfinished {
		if name, _ := storage.TemporaryOf(e.Name); s.mine(name) {
			err = errors.Join(err, s.discard(e.Name))
		}
	}
	return errors.Join(err, failed)
}

// mine tells whether a name is that of a hidden file of this subtask, or of one
// that it cleans up for.
func (s *fileSink[T]) mine(name string) bool {
	var subtask int
	rest, hidden := strings.CutPrefix(name, pendingPrefix)
	if _, err := fmt.Sscanf(rest, "%d-", &subtask); !hidden || err != nil {
		return false
	}
	return subtask == s.ctx.Subtask || s.ctx.Subtask == 0 && subtask >= s.ctx.Parallelism
}

func (s *fileSink[T]) discard(name string) error {
	err := s.fs.Remove(s.ctx.Context, path.Join(s.root, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func (s *fileSink[T]) Write(v T) error {
	s.buffer = s.encode(s.buffer, v)
	if len(s.buffer) >= partSize {
		return s.spill()
	}
	return nil
}

// spill writes the buffer to a hidden file.
func (s *fileSink[T]) spill() error {
	if len(s.buffer) == 0 {
		return nil
	}
	name := fmt.Sprintf("%s%d-%s", pendingPrefix, s.ctx.Subtask, rand.Text())
	data := s.buffer
	err := s.fs.WriteFile(s.ctx.Context, path.Join(s.root, name), storage.CreateOptions{}, func(w io.Writer) error {
		_, err := io.Copy(w, bytes.NewReader(data))
		return err
	})
	if err != nil {
		return err
	}
	s.buffer = s.buffer[:0]
	s.early = append(s.early, name)
	return nil
}

func (s *fileSink[T]) Prepare(checkpoint int64) ([][]byte, error) {
	if err := s.spill(); err != nil {
		return nil, err
	}
	for _, name := range s.early {
		s.pending = append(s.pending, pendingPart{
			Pending: name, Checkpoint: checkpoint,
			Final: fmt.Sprintf("part-%d-%d-%d", s.ctx.Subtask, checkpoint, s.parts),
		})
		s.parts++
	}
	s.early = s.early[:0]
	all := make([][]byte, len(s.pending))
	for i, p := range s.pending {
		text, err := json.Marshal(p)
		if err != nil {
			return nil, err
		}
		all[i] = text
	}
	return all, nil
}

func (s *fileSink[T]) Commit(checkpoint int64) error {
	rest := s.pending[:0]
	for _, p := range s.pending {
		if p.Checkpoint > checkpoint {
			rest = append(rest, p)
			continue
		}
		if err := s.publish(p); err != nil {
			return err
		}
	}
	s.pending = rest
	return nil
}

// publish gives a hidden file its name, or finds that it has been given.
func (s *fileSink[T]) publish(p pendingPart) error {
	from, to := path.Join(s.root, path.Base(p.Pending)), path.Join(s.root, path.Base(p.Final))
	err := s.fs.Rename(s.ctx.Context, from, to)
	if err == nil {
		return nil
	}
	if _, gone := s.fs.Stat(s.ctx.Context, from); !errors.Is(gone, fs.ErrNotExist) {
		return err
	}
	if _, there := s.fs.Stat(s.ctx.Context, to); there == nil {
		return nil
	}
	return err
}

// Close leaves prepared files to the restart that knows whether their
// checkpoint became durable, and removes those of no checkpoint.
func (s *fileSink[T]) Close() error {
	if s.fs == nil {
		return nil
	}
	var errs []error
	for _, name := range s.early {
		errs = append(errs, s.fs.Remove(context.WithoutCancel(s.ctx.Context), path.Join(s.root, name)))
	}
	return errors.Join(errs...)
}
