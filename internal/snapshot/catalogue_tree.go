package snapshot

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/weft-stream/weft/internal/storage"
)

// There is no index of what is kept: it could be wrong, and the folders tell
// all. Where _metadata has a note (summary.go), a thousand of them take the
// NameNode a tenth of a second, as long as enough are asked for at once; to
// read them took a second, nearly all of it the DataNodes'.

// treeAtOnce is how many folders are read at the same time.
const treeAtOnce = 16

// Entry is one checkpoint or savepoint in a catalogue.
type Entry struct {
	Retained
	Owner Owner // the job that took it; at least its id is known
}

// RestoredFrom is the URI of the snapshot that the job had started from, "" if
// from none.
func (e *Entry) RestoredFrom() string {
	if e.Meta == nil {
		return ""
	}
	return e.Meta.RestoredFrom
}

// Tree lists the checkpoints below a folder of checkpoints, of the given jobs,
// or of all if jobs is nil; sorted by job and number. Their metadata has no
// operators. A checkpoint or job that cannot be read is an entry with an Err; a
// job without a folder has none. Only faults that may pass fail the whole.
func Tree(ctx context.Context, fsys storage.FS, checkpoints string, jobs []string) ([]Entry, error) {
	if jobs == nil {
		var err error
		if jobs, err = ListJobs(ctx, fsys, checkpoints); err != nil {
			return nil, err
		}
	}
	ofJob := make([][]Entry, len(jobs))
	err := eachAtOnce(ctx, len(jobs), func(ctx context.Context, i int) (err error) {
		ofJob[i], err = jobEntries(ctx, fsys, checkpoints, jobs[i])
		return err
	})
	if err != nil {
		return nil, err
	}
	entries := slices.Concat(ofJob...)
	shared := map[string]*sharedFolder{}
	for _, job := range jobs {
		shared[job] = sharedFiles(fsys, checkpoints, job)
	}
	err = eachAtOnce(ctx, len(entries), func(ctx context.Context, i int) error {
		e := &entries[i]
		if e.Err != nil {
			return nil
		}
		err := e.inspect(ctx, fsys, e.Owner.JobID, shared[e.Owner.JobID], true)
		e.nameOwner()
		return err
	})
	return entries, err
}

// eachAtOnce calls do for 0 to n-1, some at the same time, until one fails.
func eachAtOnce(ctx context.Context, n int, do func(ctx context.Context, i int) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(treeAtOnce)
	for i := range n {
		group.Go(func() error { return do(ctx, i) })
	}
	return group.Wait()
}

// jobEntries are the checkpoints of a job, which are yet to be looked into.
func jobEntries(ctx context.Context, fsys storage.FS, checkpoints, job string) ([]Entry, error) {
	list, err := folders(ctx, fsys, checkpoints, job)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case storage.IsTransient(err):
		return nil, err
	case err != nil:
		dir := JobDir(checkpoints, job)
		return []Entry{{Retained: Retained{Dir: dir, URI: fsys.URI(dir), Kind: Checkpoint, Err: err}, Owner: Owner{JobID: job}}}, nil
	}
	owner, err := knownOwner(ctx, fsys, checkpoints, job)
	if err != nil {
		return nil, err
	}
	entries := make([]Entry, len(list))
	for i, r := range list {
		entries[i] = Entry{Retained: r, Owner: owner}
	}
	return entries, nil
}

// knownOwner is what a job's folder says of the job; the id is known always.
func knownOwner(ctx context.Context, fsys storage.FS, checkpoints, job string) (Owner, error) {
	owner, err := ReadOwner(ctx, fsys, checkpoints, job)
	if storage.IsTransient(err) {
		return Owner{}, err
	}
	if err != nil {
		owner = Owner{JobID: job}
	}
	return owner, nil
}

// nameOwner takes the job's name from the snapshot if nothing else tells it.
func (e *Entry) nameOwner() {
	if e.Meta != nil && e.Owner.JobName == "" {
		e.Owner.JobName = e.Meta.JobName
	}
}

// Savepoints lists the savepoints in folders of savepoints, and those at the
// given URIs that are there; each once, sorted by URI. Entries and errors are
// as those of Tree; folders that hold nothing of ours are left out.
func Savepoints(ctx context.Context, resolver *storage.Resolver, folders []Location, recorded []string) ([]Entry, error) {
	found := map[string]Location{}
	for _, at := range folders {
		list, err := at.FS.List(ctx, at.Dir)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, info := range list {
			if info.IsDir && !ValidJobID(info.Name) {
				l := Location{at.FS, path.Join(at.Dir, info.Name)}
				found[l.URI()] = l
			}
		}
	}
	for _, uri := range recorded {
		fsys, dir, err := resolver.Resolve(uri)
		if err != nil {
			return nil, fmt.Errorf("recorded savepoint %s: %w", uri, err)
		}
		l := Location{fsys, dir}
		found[l.URI()] = l
	}
	var (
		entries []Entry
		mutex   sync.Mutex
		all     []Location
	)
	for _, l := range found {
		all = append(all, l)
	}
	err := eachAtOnce(ctx, len(all), func(ctx context.Context, i int) error {
		e, err := inspectSavepoint(ctx, all[i])
		if err != nil || e == nil {
			return err
		}
		mutex.Lock()
		defer mutex.Unlock()
		entries = append(entries, *e)
		return nil
	})
	slices.SortFunc(entries, func(a, b Entry) int { return strings.Compare(a.URI, b.URI) })
	return entries, err
}

// inspectSavepoint looks into a folder; nil if there is nothing of ours in it.
func inspectSavepoint(ctx context.Context, l Location) (*Entry, error) {
	e := &Entry{Retained: Retained{Dir: l.Dir, URI: l.URI(), Kind: Savepoint}}
	_, named := ParseSavepointName(path.Base(l.Dir))
	list, err := l.FS.List(ctx, l.Dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case storage.IsTransient(err):
		return nil, err
	case err != nil && !named:
		return nil, nil //nolint:nilerr // somebody else's folder
	case err != nil:
		e.Err = err
		return e, nil
	case !marksOf(list).complete && !named:
		return nil, nil
	}
	e.noteFiles(list)
	s, err := readSummary(ctx, l.FS, l.Dir, list)
	if storage.IsTransient(err) {
		return nil, err
	}
	if e.Err = err; err == nil {
		e.noteSummary(s)
		e.ID, e.Owner.JobID = e.Meta.CheckpointID, e.Meta.JobID
		e.Err = checkFiles(ctx, l.FS, l.Dir, s.Files, list, sharedOf(l.FS, l.Dir))
		e.nameOwner()
	}
	return e, nil
}
