//go:build integration

package snapshot

import (
	"fmt"
	"io"
	"path"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/weft-stream/weft/internal/storage"
)

// A thousand checkpoints of twenty jobs are listed, pinned and deleted on HDFS. The time is for the reader of the log.
func TestThousandOnHDFS(t *testing.T) {
	_, fsys, root := hdfsFolder(t)
	const jobs, each = 20, 50
	group, ctx := errgroup.WithContext(t.Context())
	group.SetLimit(8)
	for j := range jobs {
		job := fmt.Sprintf("%032x", j+1)
		if err := CreateJob(ctx, fsys, root, job); err != nil {
			t.Fatal(err)
		}
		if err := WriteOwner(ctx, fsys, root, Owner{JobID: job, JobName: fmt.Sprint("job ", j)}); err != nil {
			t.Fatal(err)
		}
		for id := int64(1); id <= each; id++ {
			group.Go(func() error {
				dir, err := CreateCheckpoint(ctx, fsys, root, job, id)
				if err != nil {
					return err
				}
				m := testMeta(id)
				m.JobID = job
				if _, err := WriteMetadata(ctx, fsys, dir, m); err != nil || id != 3 {
					return err
				}
				return Pin(ctx, fsys, dir)
			})
		}
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		began := time.Now()
		entries, err := Tree(t.Context(), fsys, root, nil)
		if err != nil || len(entries) != jobs*each {
			t.Fatal(len(entries), err)
		}
		t.Logf("%d checkpoints listed in %v", len(entries), time.Since(began).Round(time.Millisecond))
		for _, e := range entries {
			if e.Err != nil || e.Pinned != (e.ID == 3) || e.Owner.JobName == "" {
				t.Fatalf("%+v", e)
			}
		}
	}
}

// TestNoteSparesMetadata: what a catalogue tells comes from the note, as long as
// it is that of the _metadata that is there.
func TestNoteSparesMetadata(t *testing.T) {
	_, fsys, root := hdfsFolder(t)
	inTree(t, fsys, root, testJob, "noted", 1)
	dir := CheckpointDir(root, testJob, 1)
	list, err := fsys.List(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	note, err := fsys.Note(t.Context(), path.Join(dir, MetadataName))
	if s, bad := parseNote(note); err != nil || bad != nil || s.Length != list[0].Size || s.Header.JobName != "noted" {
		t.Fatalf("%s, %v, %v", note, err, bad)
	}
	write := func(name string, note []byte) {
		t.Helper()
		err := fsys.WriteFile(t.Context(), name, storage.CreateOptions{Overwrite: true, Note: note}, func(w io.Writer) error {
			_, err := io.WriteString(w, "garbage")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, stale := range [][]byte{note, nil, []byte("garbage")} {
		write(path.Join(dir, MetadataName), stale)
		if got, err := Tree(t.Context(), fsys, root, nil); err != nil || len(got) != 1 || got[0].Err == nil {
			t.Fatalf("with the note %q: %+v, %v", stale, got, err)
		}
	}
}

func TestKeptWhileDeletedOnHDFS(t *testing.T) {
	_, fsys, root := hdfsFolder(t)
	testKeptWhileDeleted(t, fsys, root)
}
