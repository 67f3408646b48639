package stream

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weft-stream/weft/internal/storage"
)

const (
	ours   = "0123456789abcdef0123456789abcdef"
	theirs = "fedcba9876543210fedcba9876543210"
)

// openFileSink opens subtask 0 of 2 of a job's sink.
func openFileSink(t *testing.T, dir, job string, prepared ...[]byte) *fileSink[string] {
	t.Helper()
	sink := &fileSink[string]{folder: "file://" + dir, encode: func(dst []byte, v string) []byte { return append(dst, v...) }}
	ctx := &SinkContext{
		JobID: job, Subtask: 0, Parallelism: 2, Context: context.Background(),
		Log: slog.New(slog.DiscardHandler), files: storage.NewResolver(storage.Config{}),
	}
	if err := sink.Open(ctx, prepared != nil, prepared); err != nil {
		t.Fatal(err)
	}
	return sink
}

// prepare writes a record and prepares it for a checkpoint.
func prepare(t *testing.T, sink *fileSink[string], record string, checkpoint int64) [][]byte {
	t.Helper()
	if err := sink.Write(record); err != nil {
		t.Fatal(err)
	}
	prepared, err := sink.Prepare(checkpoint)
	if err != nil {
		t.Fatal(err)
	}
	return prepared
}

// wantFiles compares the names in a folder.
func wantFiles(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, e := range entries {
		left = append(left, e.Name())
	}
	if diff := cmp.Diff(want, left); diff != "" {
		t.Error(diff)
	}
}

// What earlier runs have left hidden goes, unless the restored checkpoint knows
// it, or another subtask of this run or another job looks after it.
func TestFileSinkCleans(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{
		"part-01234567-0-1-0", "note.txt", ".other", ".other.0123abcd.tmp",
		".pending-01234567-0-KNOWN", ".pending-01234567-0-OLD", "..pending-01234567-0-TORN.0123abcd.tmp",
		".pending-01234567-1-THEIRS", "..pending-01234567-1-THEIRS.0123abcd.tmp",
		".pending-01234567-2-GONE", "..pending-01234567-2-GONE.0123abcd.tmp",
		".pending-fedcba98-0-OTHER",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	openFileSink(t, dir, ours, []byte(`{"folder":"file://`+dir+`","pending":".pending-01234567-0-KNOWN","final":"part-01234567-0-2-0","checkpoint":2}`))
	wantFiles(t, dir, "..pending-01234567-1-THEIRS.0123abcd.tmp", ".other", ".other.0123abcd.tmp", ".pending-01234567-1-THEIRS",
		".pending-fedcba98-0-OTHER", "note.txt", "part-01234567-0-1-0", "part-01234567-0-2-0")
}

// A job may go on from a snapshot with another folder: what the snapshot has
// prepared appears in the folder that it was written to.
func TestFileSinkPublishesInTheFolderOfTheSnapshot(t *testing.T) {
	before, after := t.TempDir(), t.TempDir()
	prepared := prepare(t, openFileSink(t, before, theirs), "a", 7)
	sink := openFileSink(t, after, ours, prepared...)
	prepare(t, sink, "b", 8)
	if err := sink.Commit(8); err != nil {
		t.Fatal(err)
	}
	wantFiles(t, before, "part-fedcba98-0-7-0")
	wantFiles(t, after, "part-01234567-0-8-0")
}

// A job that goes back to an older checkpoint counts on from there: its files
// must not meet those that the other job has written under the same numbers.
func TestFileSinkGoesBackInTheSameFolder(t *testing.T) {
	dir := t.TempDir()
	first := openFileSink(t, dir, theirs)
	prepared := prepare(t, first, "a", 7)
	prepare(t, first, "b", 8)
	if err := first.Commit(8); err != nil {
		t.Fatal(err)
	}
	second := openFileSink(t, dir, ours, prepared...)
	prepare(t, second, "b", 8)
	if err := second.Commit(8); err != nil {
		t.Fatal(err)
	}
	wantFiles(t, dir, "part-01234567-0-8-0", "part-fedcba98-0-7-0", "part-fedcba98-0-8-1")
}

// Who reads a folder may take finished files away.
func TestFileSinkRestoresWithItsFilesReadAndRemoved(t *testing.T) {
	dir := t.TempDir()
	first := openFileSink(t, dir, theirs)
	prepared := prepare(t, first, "a", 7)
	if err := first.Commit(7); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "part-fedcba98-0-7-0")); err != nil {
		t.Fatal(err)
	}
	openFileSink(t, dir, ours, prepared...)
	wantFiles(t, dir)
}
