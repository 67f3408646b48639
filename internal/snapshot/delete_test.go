package snapshot

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weft-stream/weft/internal/storage"
)

func TestDeleteRefusesSavepoints(t *testing.T) {
	_, fsys, root := localFolder(t)
	savepoint, err := CreateSavepoint(t.Context(), fsys, root, testJob)
	if err != nil {
		t.Fatal(err)
	}
	m := testMeta(4)
	m.Kind = Savepoint
	if _, err := WriteMetadata(t.Context(), fsys, savepoint, m); err != nil {
		t.Fatal(err)
	}
	disguised := path.Join(root, "chk-4")
	if err := fsys.Rename(t.Context(), savepoint, disguised); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{disguised, root, path.Join(root, "chk-x")} {
		if err := Delete(t.Context(), fsys, dir); err == nil {
			t.Errorf("%s was deleted", dir)
		}
	}
	if _, err := Read(t.Context(), fsys, disguised); err != nil {
		t.Fatal(err)
	}
}

// stepFS is a file system that calls a function before each change and each look.
type stepFS struct {
	storage.FS
	before func() error
}

func (f *stepFS) Stat(ctx context.Context, name string) (storage.Info, error) {
	if err := f.before(); err != nil {
		return storage.Info{}, err
	}
	return f.FS.Stat(ctx, name)
}

func (f *stepFS) List(ctx context.Context, name string) ([]storage.Info, error) {
	if err := f.before(); err != nil {
		return nil, err
	}
	return f.FS.List(ctx, name)
}

func (f *stepFS) Rename(ctx context.Context, old, name string) error {
	if err := f.before(); err != nil {
		return err
	}
	return f.FS.Rename(ctx, old, name)
}

func (f *stepFS) RemoveAll(ctx context.Context, name string) error {
	if err := f.before(); err != nil {
		return err
	}
	return f.FS.RemoveAll(ctx, name)
}

// at calls do before the nth step.
func at(n int, do func() error) func() error {
	return func() error {
		if n--; n == 0 {
			return do()
		}
		return nil
	}
}

var errKilled = errors.New("the process was killed")

// A deletion that is interrupted before any of its steps leaves the checkpoint
// whole or out of sight, and is finished later.
func TestInterruptedDeletion(t *testing.T) {
	_, fsys, root := localFolder(t)
	interrupted := 0
	for stop := 1; ; stop++ {
		dir := writeCheckpoint(t, fsys, root, int64(stop), 40, 0)
		err := Delete(t.Context(), &stepFS{fsys, at(stop, func() error { return errKilled })}, dir)
		if err == nil {
			break
		}
		if !errors.Is(err, errKilled) {
			t.Fatal(err)
		}
		list, err := List(t.Context(), fsys, root, testJob)
		if err != nil || len(list) > 1 || len(list) == 1 && list[0].Err != nil {
			t.Fatalf("before step %d: %+v, %v", stop, list, err)
		}
		if len(list) == 0 {
			interrupted++
		}
		if err := FinishDeletions(t.Context(), fsys, root, testJob); err != nil {
			t.Fatal(err)
		}
		if err := Delete(t.Context(), fsys, dir); err != nil {
			t.Fatal(err)
		}
	}
	if interrupted == 0 {
		t.Fatal("no deletion was interrupted in its middle")
	}
	entries, err := fsys.List(t.Context(), JobDir(root, testJob))
	if err != nil || len(entries) != 0 {
		t.Fatalf("left: %v, %v", entries, err)
	}
	if err := FinishDeletions(t.Context(), fsys, root, "0123456789abcdef0123456789abcdef"); err != nil {
		t.Fatalf("a job without a folder: %v", err)
	}
}

// Whoever pins or claims a checkpoint while it is being deleted, and is told
// that it worked, has it.
func TestKeptWhileDeleted(t *testing.T) {
	_, fsys, root := localFolder(t)
	testKeptWhileDeleted(t, fsys, root)
}

func testKeptWhileDeleted(t *testing.T, fsys storage.FS, root string) {
	other := Owner{JobID: "ffffffffffffffffffffffffffffffff", JobName: "other", Application: "application_1_0001", User: "u"}
	for name, keep := range map[string]func(dir string) error{
		"pin":   func(dir string) error { return pin(t.Context(), fsys, dir) },
		"claim": func(dir string) error { return Claim(t.Context(), fsys, dir, other) },
	} {
		outcomes := map[bool]int{}
		for step := 1; ; step++ {
			dir := writeCheckpoint(t, fsys, root, int64(step), 40, 0)
			reached := false
			var kept error
			err := Delete(t.Context(), &stepFS{fsys, at(step, func() error {
				reached, kept = true, keep(dir)
				return nil
			})}, dir)
			if !reached {
				break
			}
			_, readErr := Read(t.Context(), fsys, dir)
			if kept == nil && (!errors.Is(err, ErrKept) || readErr != nil) {
				t.Fatalf("%s before step %d: it worked, yet the deletion says %v and reading %v", name, step, err, readErr)
			}
			if kept != nil && (err != nil || !errors.Is(kept, fs.ErrNotExist)) {
				t.Fatalf("%s before step %d: %v; deletion: %v", name, step, kept, err)
			}
			outcomes[kept == nil]++
			if err := fsys.RemoveAll(t.Context(), dir); err != nil {
				t.Fatal(err)
			}
		}
		if outcomes[true] == 0 || outcomes[false] == 0 {
			t.Fatalf("%s: only one outcome was met: %v", name, outcomes)
		}
	}
}

func TestPinAgainstDeletionAtOnce(t *testing.T) {
	_, fsys, root := localFolder(t)
	for id := range int64(100) {
		dir := writeCheckpoint(t, fsys, root, id+1, 40, 0)
		var pinned, deleted error
		var group sync.WaitGroup
		group.Go(func() { pinned = Pin(t.Context(), fsys, dir) })
		group.Go(func() { deleted = Delete(t.Context(), fsys, dir) })
		group.Wait()
		_, err := Read(t.Context(), fsys, dir)
		if there := err == nil; there != (pinned == nil) || there != errors.Is(deleted, ErrKept) {
			t.Fatalf("pin: %v, deletion: %v, reading: %v", pinned, deleted, err)
		}
	}
}

func TestPin(t *testing.T) {
	_, fsys, root := localFolder(t)
	dir := writeCheckpoint(t, fsys, root, 3, 40, 0)
	for range 2 {
		if err := Pin(t.Context(), fsys, dir); err != nil {
			t.Fatal(err)
		}
	}
	list, err := List(t.Context(), fsys, root, testJob)
	if err != nil || len(list) != 1 || !list[0].Pinned || list[0].Err != nil {
		t.Fatalf("%+v, %v", list, err)
	}
	if err := Delete(t.Context(), fsys, dir); !errors.Is(err, ErrKept) {
		t.Fatal(err)
	}
	// A deletion that was interrupted before its last look gives the folder back.
	if err := fsys.Rename(t.Context(), dir, dir+deletedSuffix); err != nil {
		t.Fatal(err)
	}
	if err := FinishDeletions(t.Context(), fsys, root, testJob); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := Unpin(t.Context(), fsys, dir); err != nil {
			t.Fatal(err)
		}
	}
	if err := Delete(t.Context(), fsys, dir); err != nil {
		t.Fatal(err)
	}
	if err := Pin(t.Context(), fsys, dir); !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	if err := Unpin(t.Context(), fsys, dir); !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	unfinished, err := CreateCheckpoint(t.Context(), fsys, root, testJob, 4)
	if err != nil {
		t.Fatal(err)
	}
	if err := Pin(t.Context(), fsys, unfinished); !errors.Is(err, ErrUnfinished) {
		t.Fatal(err)
	}
}

func TestClaim(t *testing.T) {
	_, fsys, root := localFolder(t)
	dir := writeCheckpoint(t, fsys, root, 3, 40, 0)
	a := Owner{JobID: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", JobName: "a", Application: "application_1_0001", User: "u", Since: 1}
	b := Owner{JobID: "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", JobName: "b", Application: "application_1_0002", User: "u", Since: 2}
	for range 2 {
		if err := Claim(t.Context(), fsys, dir, a); err != nil {
			t.Fatal(err)
		}
	}
	taken := (*ClaimedError)(nil)
	if err := Claim(t.Context(), fsys, dir, b); !errors.As(err, &taken) || taken.Owner != a {
		t.Fatal(err)
	}
	owners, err := Claims(t.Context(), fsys, dir)
	if diff := cmp.Diff([]Owner{a}, owners); diff != "" || err != nil {
		t.Fatal(diff, err)
	}
	if err := DeleteClaimed(t.Context(), fsys, dir, b.JobID, true); err == nil || errors.Is(err, ErrKept) {
		t.Fatalf("the other job's deletion: %v", err)
	}
	if err := Release(t.Context(), fsys, dir, a.JobID); err != nil {
		t.Fatal(err)
	}
	// A claim that cannot be read is one all the same.
	if err := writeJSON(t.Context(), fsys, path.Join(dir, claimPrefix+a.JobID), "nonsense"); err != nil {
		t.Fatal(err)
	}
	if err := Claim(t.Context(), fsys, dir, b); !errors.As(err, &taken) || taken.Owner.JobID != a.JobID {
		t.Fatal(err)
	}
	if err := Release(t.Context(), fsys, dir, a.JobID); err != nil {
		t.Fatal(err)
	}
	if err := Claim(t.Context(), fsys, dir, b); err != nil {
		t.Fatal(err)
	}
	for range 2 { // again: it is gone already
		if err := DeleteClaimed(t.Context(), fsys, dir, b.JobID, true); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := fsys.Stat(t.Context(), dir); !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
}

// Of jobs that claim a snapshot at the same moment, at most one has it.
func TestClaimAtOnce(t *testing.T) {
	_, fsys, root := localFolder(t)
	for id := range int64(50) {
		dir := writeCheckpoint(t, fsys, root, id+1, 40, 0)
		results := make([]error, 3)
		var group sync.WaitGroup
		for i := range results {
			group.Go(func() {
				results[i] = Claim(t.Context(), fsys, dir, Owner{JobID: fmt.Sprintf("%032x", i)})
			})
		}
		group.Wait()
		have := 0
		for _, err := range results {
			if err == nil {
				have++
			}
		}
		owners, err := Claims(t.Context(), fsys, dir)
		if err != nil || have > 1 || len(owners) != have {
			t.Fatalf("%d jobs have it, the folder says %v, %v: %v", have, owners, err, results)
		}
	}
}

func FuzzParseOwner(f *testing.F) {
	f.Add([]byte(`{"jobId":"a","jobName":"n","application":"application_1_0001","user":"u","since":1}`), "a")
	f.Add([]byte(`{"jobId":"b"}`), "a")
	f.Add([]byte(`{`), "")
	f.Fuzz(func(t *testing.T, text []byte, job string) {
		if o, err := parseOwner(text, job); err == nil && o.JobID != job {
			t.Fatalf("%q is job %q", text, o.JobID)
		}
	})
}
