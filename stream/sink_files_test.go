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

// What earlier runs have left hidden goes, unless the restored checkpoint knows
// it or another subtask of this run looks after it.
func TestFileSinkCleans(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{
		"part-0-1-0", "note.txt", ".other", ".other.0123abcd.tmp",
		".pending-0-KNOWN", ".pending-0-OLD", "..pending-0-TORN.0123abcd.tmp",
		".pending-1-THEIRS", "..pending-1-THEIRS.0123abcd.tmp",
		".pending-2-GONE", "..pending-2-GONE.0123abcd.tmp",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	sink := &fileSink[string]{folder: "file://" + dir}
	ctx := &SinkContext{Subtask: 0, Parallelism: 2, Context: context.Background(), Log: slog.New(slog.DiscardHandler), files: storage.NewResolver(storage.Config{})}
	prepared := []byte(`{"pending":".pending-0-KNOWN","final":"part-0-2-0","checkpoint":2}`)
	if err := sink.Open(ctx, true, [][]byte{prepared}); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, e := range entries {
		left = append(left, e.Name())
	}
	want := []string{"..pending-1-THEIRS.0123abcd.tmp", ".other", ".other.0123abcd.tmp", ".pending-1-THEIRS", "note.txt", "part-0-1-0", "part-0-2-0"}
	if diff := cmp.Diff(want, left); diff != "" {
		t.Error(diff)
	}
}
