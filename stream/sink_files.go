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
	"strconv"
	"strings"

	"github.com/weft-stream/weft/internal/plan"
	"github.com/weft-stream/weft/internal/storage"
)

// WriteLines writes each record as a line (as fmt.Sprint does) into files of a
// folder, exactly once: a file part-<job>-<subtask>-<checkpoint>-<n> appears,
// complete, when the checkpoint that covers its records is durable. Without
// checkpoints files appear only when a bounded job ends. <job> are the first 8
// digits of the JobID, so a job that goes on from an older snapshot writes beside
// the files that another one has written since.
func WriteLines[T any](s *Stream[T], uid, folder string) *Stream[None] {
	return WriteFiles(s, uid, folder, func(dst []byte, v T) []byte {
		return append(fmt.Append(dst, v), '\n')
	})
}

// WriteFiles is WriteLines with a function that appends a record's form to dst.
func WriteFiles[T any](s *Stream[T], uid, folder string, encode func(dst []byte, v T) []byte) *Stream[None] {
	return into(s, uid, "Files "+folder, plan.Union, func() Sink[T] {
		return &fileSink[T]{folder: folder, encode: encode}
	})
}

// partSize is how large a file becomes before another is begun, in bytes. A
// part is held in memory until it is written, so that it can be written again
// where a DataNode dies in the middle.
const partSize = 8 << 20

// pendingPart is a file that was written under a hidden name, and the name that
// it gets when its checkpoint is durable. It holds its folder, because a job may
// go on from a snapshot with another one.
type pendingPart struct {
	Folder     string `json:"folder"` // a URI
	Pending    string `json:"pending"`
	Final      string `json:"final"`
	Checkpoint int64  `json:"checkpoint"`
}

// writer returns the subtask that wrote the part. Who wrote a part publishes it after
// a restore too, while there is such a subtask: it may be restored alone.
func (p *pendingPart) writer() int {
	_, rest, _ := strings.Cut(strings.TrimPrefix(path.Base(p.Pending), hiddenPrefix), "-") // behind the job
	number, _, _ := strings.Cut(rest, "-")
	subtask, err := strconv.Atoi(number)
	if err != nil || subtask < 0 {
		return 0
	}
	return subtask
}

// hiddenPrefix is what the names of hidden files begin with: then come the job, the
// subtask, and what makes them different.
const hiddenPrefix = ".pending-"

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
	for _, text := range prepared {
		var p pendingPart
		if err := json.Unmarshal(text, &p); err != nil {
			return fmt.Errorf("prepared file: %w", err)
		}
		known[path.Base(p.Pending)] = true
		if p.writer()%ctx.Parallelism == ctx.Subtask {
			if err := s.publishRestored(p); err != nil {
				return err
			}
		}
	}
	return s.clean(known)
}

// clean removes hidden files of earlier runs of this job's subtask: those that no
// restored checkpoint knows, and those that were not written to their end.
// Subtask 0 does it for subtasks that are no more. Other jobs' are not touched:
// they may be alive.
func (s *fileSink[T]) clean(known map[string]bool) error {
	all, err := s.fs.ListAll(s.ctx.Context, s.root)
	for _, e := range all {
		name, unfinished := storage.TemporaryOf(e.Name)
		if !unfinished {
			name = e.Name
		}
		if s.mine(name) && (unfinished || !known[name]) {
			err = errors.Join(err, s.discard(e.Name))
		}
	}
	return err
}

// mine tells whether a name is that of a hidden file of this subtask, or of one
// that it cleans up for.
func (s *fileSink[T]) mine(name string) bool {
	var subtask int
	rest, ours := strings.CutPrefix(name, s.hidden())
	if _, err := fmt.Sscanf(rest, "%d-", &subtask); !ours || err != nil {
		return false
	}
	return subtask == s.ctx.Subtask || s.ctx.Subtask == 0 && subtask >= s.ctx.Parallelism
}

// hidden is what the names of all hidden files of the job begin with.
func (s *fileSink[T]) hidden() string { return hiddenPrefix + s.job() + "-" }

// job is the job in file names.
func (s *fileSink[T]) job() string { return s.ctx.JobID[:min(8, len(s.ctx.JobID))] }

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
	name := fmt.Sprintf("%s%d-%s", s.hidden(), s.ctx.Subtask, rand.Text())
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
			Folder: s.fs.URI(s.root), Pending: name, Checkpoint: checkpoint,
			Final: fmt.Sprintf("part-%s-%d-%d-%d", s.job(), s.ctx.Subtask, checkpoint, s.parts),
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
		if err := publish(s.ctx.Context, s.fs, s.root, p); err != nil {
			return err
		}
	}
	s.pending = rest
	return nil
}

// publishRestored publishes a file of the run that the job goes on from, in that
// run's folder. What is there under neither name has been published and then
// taken away by whoever reads the folder: that must not hold the job up.
func (s *fileSink[T]) publishRestored(p pendingPart) error {
	fsys, root, err := s.ctx.files.Resolve(p.Folder)
	if err != nil {
		return fmt.Errorf("output folder of the snapshot: %w", err)
	}
	err = publish(s.ctx.Context, fsys, root, p)
	if errors.Is(err, fs.ErrNotExist) {
		s.ctx.Log.Warn("a file of the restored checkpoint is not there any more; it is taken for read and removed",
			"folder", fsys.URI(root), "file", p.Final, "hidden", p.Pending)
		return nil
	}
	return err
}

// publish gives a hidden file its name, or finds that it has been given. The
// error is fs.ErrNotExist only if there is a file under neither name.
func publish(ctx context.Context, fsys storage.FS, root string, p pendingPart) error {
	from, to := path.Join(root, path.Base(p.Pending)), path.Join(root, path.Base(p.Final))
	failed := fsys.Rename(ctx, from, to)
	if failed == nil {
		return nil
	}
	switch _, err := fsys.Stat(ctx, from); {
	case err == nil:
		return fmt.Errorf("%s cannot be published: %v", p.Pending, failed)
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	_, err := fsys.Stat(ctx, to)
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
