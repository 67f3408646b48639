package orphans

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/weft-stream/weft/internal/snapshot"
	"github.com/weft-stream/weft/internal/storage"
)

// TestSharedFilesOfDeadJobs: those that a checkpoint needs stay; while one cannot be read, all do.
func TestSharedFilesOfDeadJobs(t *testing.T) {
	files := storage.NewResolver(storage.Config{})
	defer files.Close()
	fsys, root, err := files.Resolve(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	job := strings.Repeat("ab", 16)
	if err := snapshot.CreateJob(t.Context(), fsys, root, job); err != nil {
		t.Fatal(err)
	}
	dir, err := snapshot.CreateCheckpoint(t.Context(), fsys, root, job, 1)
	if err != nil {
		t.Fatal(err)
	}
	b := snapshot.NewBuilder()
	b.State("s").Append(0, 1, 1, []byte("entries"))
	c, err := b.Finish()
	if err != nil {
		t.Fatal(err)
	}
	shared := snapshot.SharedDir(root, job)
	handles, err := snapshot.UploadShared(t.Context(), fsys, shared, "w", []snapshot.Contribution{c}, 0)
	if err != nil {
		t.Fatal(err)
	}
	meta := &snapshot.Metadata{
		JobID: job, CheckpointID: 1, Kind: snapshot.Checkpoint, MaxParallelism: 2, KeyHash: "h",
		Operators: []snapshot.Operator{{
			UID: "o", Parallelism: 1, MaxParallelism: 2, KeySchema: "string", States: []snapshot.StateInfo{{Name: "s"}},
			Subtasks: []snapshot.Subtask{{States: handles[0]}},
		}},
	}
	if _, err := snapshot.WriteMetadata(t.Context(), fsys, dir, meta); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"w-00000000000000aa", "notes.txt"} {
		if err := os.WriteFile(filepath.Join(shared, name), []byte("x"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	find := func() (f *Finder, names []string) {
		f = &Finder{Before: time.Now().Add(time.Hour), Living: func(string) bool { return false }}
		if err := f.Checkpoints(t.Context(), fsys, root); err != nil {
			t.Fatal(err)
		}
		for _, o := range f.Found {
			names = append(names, filepath.Base(o.URI))
		}
		return f, names
	}
	f, names := find()
	if !slices.Equal(names, []string{"w-00000000000000aa"}) {
		t.Fatalf("found %v", names)
	}
	if err := os.WriteFile(filepath.Join(dir, snapshot.MetadataName), []byte("WEFTSNAP damaged, and long enough to be told apart"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, names := find(); len(names) > 0 {
		t.Errorf("found %v though nobody knows what the checkpoint needs", names)
	}
	if err := f.Found[0].Remove(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(shared, handles[0][0].File)); err != nil {
		t.Error(err)
	}
}
