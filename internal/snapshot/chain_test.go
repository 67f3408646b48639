package snapshot

import (
	"errors"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weft-stream/weft/internal/storage"
)

// writeChained writes two checkpoints, of which the second goes on from the first, and returns its folder.
func writeChained(t *testing.T, fsys storage.FS, root string) string {
	t.Helper()
	if err := CreateJob(t.Context(), fsys, root, testJob); err != nil {
		t.Fatal(err)
	}
	var before [][]Handle
	dir := ""
	for id, part := range []Part{Base, Delta} {
		b := [3]*Builder{NewBuilder(), NewBuilder(), NewBuilder()}
		var contributions []Contribution
		for i, b := range b {
			if i > 0 {
				first := (i - 1) * 64
				if part == Delta {
					b.Part("count", Deleted).Append(first, first+9, 2, frameOf("deleted", first, first+9, 30))
				}
				b.Part("count", part).Append(first, first+63, 10, frameOf("count"+string(part), first, first+63, 50))
			}
			contributions = append(contributions, finish(t, b))
		}
		handles, err := UploadShared(t.Context(), fsys, SharedDir(root, testJob), "worker-1", contributions, 0)
		if err != nil {
			t.Fatal(err)
		}
		if dir, err = CreateCheckpoint(t.Context(), fsys, root, testJob, int64(id+1)); err != nil {
			t.Fatal(err)
		}
		if before == nil {
			before = make([][]Handle, len(handles))
		}
		for i := range handles {
			handles[i] = append(before[i], handles[i]...)
			before[i] = nil
			for _, h := range handles[i] {
				before[i] = append(before[i], h.Carried(int64(id+1)))
			}
		}
		m := testMeta(int64(id + 1))
		attach(m, handles)
		if _, err := WriteMetadata(t.Context(), fsys, dir, m); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestChain(t *testing.T) {
	r, fsys, root := localFolder(t)
	dir := writeChained(t, fsys, root)
	list, err := List(t.Context(), fsys, root, testJob)
	if err != nil || len(list) != 2 || list[1].Err != nil {
		t.Fatal(list, err)
	}
	last := list[1]
	if len(last.Shared) != 2 || last.Added >= last.Size || last.Meta.AddedSize() >= last.Meta.StateSize() {
		t.Errorf("%d shared files, %d of %d bytes added", len(last.Shared), last.Added, last.Size)
	}
	want, err := readAll(t.Context(), fsys, dir, last.Meta, 0, 127)
	if err != nil {
		t.Fatal(err)
	}
	need, err := Needed(t.Context(), fsys, root, testJob)
	if err != nil || len(need) != 2 {
		t.Fatal(need, err)
	}

	// The copy is whole without the job's folder, and again from what an interrupted one has left.
	to := Location{fsys, path.Join(root, "copy")}
	for range 2 {
		if _, err := Copy(t.Context(), Location{fsys, dir}, to, nil); err != nil {
			t.Fatal(err)
		}
		os.Remove(path.Join(to.Dir, MetadataName))
	}
	if _, err := Copy(t.Context(), Location{fsys, dir}, to, nil); err != nil {
		t.Fatal(err)
	}
	away := path.Join(root, "away")
	if err := os.Rename(JobDir(root, testJob), away); err != nil {
		t.Fatal(err)
	}
	copied, err := Open(t.Context(), r, to.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := Verify(t.Context(), fsys, to.Dir); err != nil {
		t.Error(err)
	}
	got, err := readAll(t.Context(), fsys, to.Dir, copied.Meta, 0, 127)
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("-want +got:\n%s%v", diff, err)
	}

	// A shared file that is cut or gone is found.
	dir = path.Join(away, CheckpointName(2))
	if err := Verify(t.Context(), fsys, dir); err != nil {
		t.Error(err)
	}
	first, _ := filepath.Glob(path.Join(away, SharedName, "*"))
	if err := os.Truncate(first[0], 20); err != nil {
		t.Fatal(err)
	}
	if err := Verify(t.Context(), fsys, dir); !errors.Is(err, ErrTruncated) {
		t.Errorf("a cut file: %v", err)
	}
	os.Remove(first[0])
	if _, err := Open(t.Context(), r, dir); err == nil || !strings.Contains(err.Error(), "missing") {
		t.Errorf("a missing file: %v", err)
	}
}

// TestUnneeded: what is named by no checkpoint, what dead writers have left, and nothing that is not Weft's.
func TestUnneeded(t *testing.T) {
	_, fsys, root := localFolder(t)
	writeChained(t, fsys, root)
	shared := SharedDir(root, testJob)
	for _, name := range []string{"w-0123456789abcdef", "README", ".w-0123456789abcdef.00000000.tmp"} {
		if err := os.WriteFile(path.Join(shared, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	need, err := Needed(t.Context(), fsys, root, testJob)
	if err != nil {
		t.Fatal(err)
	}
	names, err := Unneeded(t.Context(), fsys, root, testJob, need)
	want := []string{".w-0123456789abcdef.00000000.tmp", "w-0123456789abcdef"}
	if diff := cmp.Diff(want, names); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if err := RemoveShared(t.Context(), fsys, root, testJob, append(names, "gone-0123456789abcdef")); err != nil {
		t.Error(err)
	}
}

// TestReleaseShared: a claimed checkpoint takes along what only it needs, also if its deletion was interrupted, and nothing
// of a job that may live.
func TestReleaseShared(t *testing.T) {
	_, fsys, root := localFolder(t)
	dir := writeChained(t, fsys, root)
	shared := func() int {
		t.Helper()
		files, err := fsys.List(t.Context(), SharedDir(root, testJob))
		if err != nil {
			t.Fatal(err)
		}
		return len(files)
	}
	claimer := Owner{JobID: strings.Repeat("c", 32)}
	first := path.Join(path.Dir(dir), CheckpointName(1))
	for _, d := range []string{first, dir} {
		if err := Claim(t.Context(), fsys, d, claimer); err != nil {
			t.Fatal(err)
		}
	}
	if err := DeleteClaimed(t.Context(), fsys, first, claimer.JobID, true); err != nil {
		t.Fatal(err)
	}
	if shared() != 2 {
		t.Fatal("what the second checkpoint needs is gone with the first")
	}
	if err := Verify(t.Context(), fsys, dir); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(dir, dir+deletedSuffix); err != nil { // interrupted, in the middle of the shared files
		t.Fatal(err)
	}
	list, _ := fsys.List(t.Context(), SharedDir(root, testJob))
	os.Remove(path.Join(SharedDir(root, testJob), list[0].Name))
	if err := FinishDeletion(t.Context(), fsys, dir, claimer.JobID, true); err != nil || shared() != 0 {
		t.Fatalf("%d shared files are left: %v", shared(), err)
	}

	dir = writeChained(t, fsys, root)
	if err := Claim(t.Context(), fsys, dir, claimer); err != nil {
		t.Fatal(err)
	}
	if err := DeleteClaimed(t.Context(), fsys, dir, claimer.JobID, false); err != nil || shared() != 2 {
		t.Fatalf("of a job that may live %d shared files are left: %v", shared(), err)
	}
}
