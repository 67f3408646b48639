package snapshot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/weft-stream/weft/internal/storage"
)

// ErrNone says that a job has no checkpoint to restore from.
var ErrNone = errors.New("there is no complete checkpoint")

// Retained is one checkpoint folder of a job.
type Retained struct {
	ID        int64 // from the folder's name
	Dir       string
	URI       string
	Kind      Kind
	Triggered time.Time
	Completed time.Time
	Size      int64        // bytes of all files that it needs, its own and shared ones
	InFlight  int64        // bytes of what unaligned barriers have overtaken, part of Size
	Added     int64        // bytes of the state that it has written itself, and of all else in its folder
	Shared    []SharedFile // what it needs of them
	Pinned    bool         // its job does not delete it
	ClaimedBy string       // id of the job that it belongs to though another one took it; "": none
	Meta      *Metadata    // nil if it could not be read
	Err       error        // why it cannot be restored from, ErrUnfinished among others; else nil
}

// ListJobs lists the ids of the jobs that have a folder of checkpoints.
func ListJobs(ctx context.Context, fsys storage.FS, checkpoints string) ([]string, error) {
	list, err := fsys.List(ctx, checkpoints)
	if err != nil {
		return nil, err
	}
	var jobs []string
	for _, info := range list {
		if info.IsDir && ValidJobID(info.Name) {
			jobs = append(jobs, info.Name)
		}
	}
	return jobs, nil
}

// listAtOnce is how many checkpoints are read at the same time.
const listAtOnce = 8

// List describes all checkpoint folders of a job, the oldest first. What is
// wrong with one of them is in its Err; only faults that may pass, such as a
// NameNode out of reach, and a missing job fail the whole.
func List(ctx context.Context, fsys storage.FS, checkpoints, jobID string) ([]Retained, error) {
	list, err := folders(ctx, fsys, checkpoints, jobID)
	if err != nil {
		return nil, err
	}
	shared := sharedFiles(fsys, checkpoints, jobID)
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(listAtOnce)
	for i := range list {
		group.Go(func() error { return list[i].inspect(groupCtx, fsys, jobID, shared, false) })
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return list, nil
}

// Latest finds the newest checkpoint that can be restored from: its metadata is
// intact and its data files are there with their right sizes. Newer ones that it
// passed over are reported, the newest first, with the reason in Err: unfinished
// or damaged. One that may be good but cannot be read here and now (a NameNode
// out of reach, no permission, a newer format) is an error: going back further
// than need be would be worse. Without any complete checkpoint the error wraps ErrNone.
func Latest(ctx context.Context, fsys storage.FS, checkpoints, jobID string) (latest Retained, passedOver []Retained, err error) {
	list, err := folders(ctx, fsys, checkpoints, jobID)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Retained{}, nil, err
	}
	shared := sharedFiles(fsys, checkpoints, jobID)
	for _, r := range slices.Backward(list) {
		if err := r.inspect(ctx, fsys, jobID, shared, false); err != nil {
			return Retained{}, passedOver, err
		}
		if r.Err == nil {
			return r, passedOver, nil
		}
		if !Lost(r.Err) {
			return Retained{}, passedOver, r.Err
		}
		passedOver = append(passedOver, r)
	}
	return Retained{}, passedOver, fmt.Errorf("%s: %w", fsys.URI(JobDir(checkpoints, jobID)), ErrNone)
}

// Lost says of the error of a snapshot whether it will never be good again: it is
// unfinished, discarded or damaged. All else, such as a NameNode out of reach, no
// permission or a newer format, says nothing against the snapshot itself.
func Lost(err error) bool {
	for _, kind := range []error{ErrUnfinished, ErrTruncated, ErrCorrupt, ErrNotSnapshot} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return storage.ReasonOf(err) == storage.Torn
}

// folders are the checkpoint folders of a job, by number.
func folders(ctx context.Context, fsys storage.FS, checkpoints, jobID string) ([]Retained, error) {
	job := JobDir(checkpoints, jobID)
	list, err := fsys.List(ctx, job)
	if err != nil {
		return nil, err
	}
	var found []Retained
	for _, info := range list {
		if id, ok := ParseCheckpointName(info.Name); ok && info.IsDir {
			dir := path.Join(job, info.Name)
			found = append(found, Retained{ID: id, Dir: dir, URI: fsys.URI(dir), Kind: Checkpoint})
		}
	}
	slices.SortFunc(found, func(a, b Retained) int { return cmp.Compare(a.ID, b.ID) })
	return found, nil
}

// inspect fills in what is in the folder; brief is as with read. Its error is a
// fault that may pass.
func (r *Retained) inspect(ctx context.Context, fsys storage.FS, jobID string, shared *sharedFolder, brief bool) error {
	list, err := fsys.List(ctx, r.Dir)
	if err == nil {
		r.noteFiles(list)
		err = r.read(ctx, fsys, jobID, list, shared, brief)
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("%s %w", r.URI, ErrUnfinished) // discarded just now
	}
	if storage.IsTransient(err) {
		return err
	}
	r.Err = err
	return nil
}

// noteFiles fills in what the names and sizes of the files say.
func (r *Retained) noteFiles(list []storage.Info) {
	for _, info := range list {
		r.Size += info.Size
	}
	r.Added = r.Size
	marks := marksOf(list)
	r.Pinned = marks.complete && marks.pinned
	if len(marks.claims) > 0 {
		r.ClaimedBy = marks.claims[0]
	}
}

// read fills in what _metadata says, without its operators if a summary is
// enough.
func (r *Retained) read(ctx context.Context, fsys storage.FS, jobID string, list []storage.Info, shared *sharedFolder, brief bool) error {
	var s *summary
	var full *Metadata
	var err error
	if brief {
		s, err = readSummary(ctx, fsys, r.Dir, list)
	} else if full, err = Read(ctx, fsys, r.Dir); err == nil {
		s = summarize(full)
	}
	if err != nil {
		return err
	}
	if r.noteSummary(s); full != nil {
		r.Meta = full
	}
	if m := r.Meta; m.CheckpointID != r.ID || m.JobID != jobID {
		return fmt.Errorf("%s %w: it holds checkpoint %d of job %s", r.URI, ErrCorrupt, m.CheckpointID, m.JobID)
	}
	return checkFiles(ctx, fsys, r.Dir, s.Files, list, shared)
}
