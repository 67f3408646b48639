package snapshot

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestNames(t *testing.T) {
	for name, id := range map[string]int64{"chk-1": 1, "chk-56": 56, "chk-9223372036854775807": 1<<63 - 1} {
		if got, ok := ParseCheckpointName(name); !ok || got != id {
			t.Errorf("%s: %d, %v", name, got, ok)
		}
	}
	for _, name := range []string{"", "chk-", "chk-0", "chk--1", "chk-01", "chk-+1", "chk-1 ", "Chk-1", "chk-9223372036854775808", "chk-1/_metadata", "savepoint-1"} {
		if _, ok := ParseCheckpointName(name); ok {
			t.Errorf("%q was taken for a checkpoint", name)
		}
	}
	name := NewSavepointName(testJob)
	if prefix, ok := ParseSavepointName(name); !ok || prefix != testJob[:6] || NewSavepointName(testJob) == name {
		t.Errorf("%s: %q, %v", name, prefix, ok)
	}
	for _, name := range []string{"", "savepoint-4be1bc", "savepoint-4be1bc-", "savepoint-4be1bc-f0b009ce751", "savepoint-4be1bc-F0b009ce7516", "savepoint-4be1b-f0b009ce7516", "savepoint-4be1bc-f0b009ce7516-"} {
		if _, ok := ParseSavepointName(name); ok {
			t.Errorf("%q was taken for a savepoint", name)
		}
	}
	if ValidJobID(testJob[1:]) || ValidJobID(testJob[1:]+"A") || !ValidJobID(testJob) {
		t.Error("job ids")
	}
}

func FuzzNames(f *testing.F) {
	for _, seed := range []string{"chk-1", "savepoint-4be1bc-f0b009ce7516", "chk-01", "a/b", "..", "worker-1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if id, ok := ParseCheckpointName(name); ok && CheckpointName(id) != name {
			t.Fatalf("%q reads as %d", name, id)
		}
		if prefix, ok := ParseSavepointName(name); ok && !strings.HasPrefix(name, "savepoint-"+prefix+"-") {
			t.Fatalf("%q reads as a savepoint of %q", name, prefix)
		}
		if validDataName(name) && (filepath.Base(name) != name || !fs.ValidPath(name) || name == MetadataName) {
			t.Fatalf("%q passes for a plain name", name)
		}
	})
}

func TestCreate(t *testing.T) {
	_, fsys, root := localFolder(t)
	for range 2 {
		if err := CreateJob(t.Context(), fsys, root, testJob); err != nil {
			t.Fatal(err)
		}
	}
	dir, err := CreateCheckpoint(t.Context(), fsys, root, testJob, 3)
	if err != nil || dir != CheckpointDir(root, testJob, 3) {
		t.Fatal(dir, err)
	}
	// What a dead attempt left is cleared, a complete checkpoint is not.
	if err := os.WriteFile(filepath.Join(dir, "left"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	writeCheckpoint(t, fsys, root, 3, 10, 0)
	if _, err := os.Stat(filepath.Join(dir, "left")); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("the leftover is still there: %v", err)
	}
	if _, err := CreateCheckpoint(t.Context(), fsys, root, testJob, 3); !errors.Is(err, fs.ErrExist) {
		t.Fatalf("over a complete checkpoint: %v", err)
	}
	if err := RemoveEmptyJob(t.Context(), fsys, root, testJob); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, MetadataName)); err != nil {
		t.Fatalf("a job with a checkpoint was removed: %v", err)
	}
	if err := Delete(t.Context(), fsys, dir); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := RemoveEmptyJob(t.Context(), fsys, root, testJob); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(JobDir(root, testJob)); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("the empty job is still there: %v", err)
	}
	if dir, err = CreateSavepoint(t.Context(), fsys, root+"/savepoints", testJob); err != nil {
		t.Fatal(err)
	}
	if _, ok := ParseSavepointName(filepath.Base(dir)); !ok {
		t.Fatal(dir)
	}
	if err := CreateJob(t.Context(), fsys, root, "../x"); err == nil {
		t.Fatal("a job id with a path was taken")
	}
	if _, err := CreateSavepoint(t.Context(), fsys, root, "x"); err == nil {
		t.Fatal("a short job id was taken")
	}
}
