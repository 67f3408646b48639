package snapshot

import (
	"errors"
	"fmt"
	"path"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weft-stream/weft/internal/storage"
)

// inTree writes checkpoints of a job with metadata only.
func inTree(t *testing.T, fsys storage.FS, root, job, name string, ids ...int64) {
	t.Helper()
	if err := CreateJob(t.Context(), fsys, root, job); err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		dir, err := CreateCheckpoint(t.Context(), fsys, root, job, id)
		if err != nil {
			t.Fatal(err)
		}
		m := testMeta(id)
		m.JobID, m.JobName, m.RestoredFrom = job, name, "hdfs://elsewhere"
		if _, err := WriteMetadata(t.Context(), fsys, dir, m); err != nil {
			t.Fatal(err)
		}
	}
}

// entryLines is what a test says about a catalogue.
func entryLines(entries []Entry) []string {
	lines := []string{}
	for _, e := range entries {
		line := fmt.Sprintf("%s %s %s %s %d", e.Owner.JobID[:2], e.Owner.JobName, e.Owner.Application, e.Kind, e.ID)
		switch {
		case e.Pinned:
			line += " pinned"
		case errors.Is(e.Err, ErrUnfinished):
			line += " unfinished"
		case e.Err != nil:
			line += " bad"
		}
		lines = append(lines, line)
	}
	return lines
}

func TestTree(t *testing.T) {
	r, fsys, root := localFolder(t)
	a, b := strings.Repeat("aa", 16), strings.Repeat("bb", 16)
	inTree(t, fsys, root, b, "second", 7)
	inTree(t, fsys, root, a, "first", 1, 2, 3)
	if err := WriteOwner(t.Context(), fsys, root, Owner{JobID: a, JobName: "first", Application: "application_1_0001"}); err != nil {
		t.Fatal(err)
	}
	if err := Pin(t.Context(), fsys, CheckpointDir(root, a, 2)); err != nil {
		t.Fatal(err)
	}
	if _, err := CreateCheckpoint(t.Context(), fsys, root, a, 4); err != nil {
		t.Fatal(err)
	}
	if err := fsys.Rename(t.Context(), CheckpointDir(root, a, 3), CheckpointDir(root, a, 5)); err != nil {
		t.Fatal(err) // chk-5 holds checkpoint 3: it was moved by hand
	}
	all := []string{
		"aa first application_1_0001 checkpoint 1", "aa first application_1_0001 checkpoint 2 pinned",
		"aa first application_1_0001 checkpoint 4 unfinished", "aa first application_1_0001 checkpoint 5 bad",
		"bb second  checkpoint 7",
	}
	for _, test := range []struct {
		jobs []string
		want []string
	}{
		{nil, all},
		{[]string{b}, all[4:]},
		{[]string{b, a}, append(all[4:5:5], all[:4]...)},
		{[]string{strings.Repeat("0", 32)}, []string{}},
		{[]string{}, []string{}},
	} {
		got, err := Tree(t.Context(), fsys, root, test.jobs)
		if diff := cmp.Diff(test.want, entryLines(got)); diff != "" || err != nil {
			t.Errorf("%v: %v %s", test.jobs, err, diff)
		}
		for _, e := range got {
			if e.Err == nil && (e.RestoredFrom() != "hdfs://elsewhere" || e.Meta.Operators != nil || e.Size == 0 || e.Completed.IsZero()) {
				t.Errorf("%+v", e)
			}
		}
	}
	// A savepoint in the folder of savepoints, one elsewhere, one that is gone, and others' folders.
	place := func(dir, name string) string {
		if err := fsys.MkdirAll(t.Context(), dir, folderPerm); err != nil {
			t.Fatal(err)
		}
		m := testMeta(9)
		m.Kind, m.JobID, m.JobName = Savepoint, a, name
		if _, err := WriteMetadata(t.Context(), fsys, dir, m); err != nil {
			t.Fatal(err)
		}
		return fsys.URI(dir)
	}
	folder := path.Join(root, "sp")
	place(path.Join(folder, "savepoint-aaaaaa-000000000001"), "in")
	place(path.Join(folder, "renamed by hand"), "renamed")
	elsewhere := place(path.Join(root, "x/savepoint-aaaaaa-000000000002"), "elsewhere")
	for _, name := range []string{"savepoint-aaaaaa-000000000003", "others", strings.Repeat("cc", 16)} {
		if err := fsys.MkdirAll(t.Context(), path.Join(folder, name), folderPerm); err != nil {
			t.Fatal(err)
		}
	}
	got, err := Savepoints(t.Context(), r, []Location{{fsys, folder}, {fsys, path.Join(root, "none")}}, []string{elsewhere, elsewhere, elsewhere + "x"})
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, e := range got {
		lines = append(lines, fmt.Sprint(path.Base(e.Dir), " ", e.Owner.JobName, " ", e.ID, " ", e.Err != nil))
	}
	if diff := cmp.Diff([]string{
		"renamed by hand renamed 9 false", "savepoint-aaaaaa-000000000001 in 9 false", "savepoint-aaaaaa-000000000003  0 true",
		"savepoint-aaaaaa-000000000002 elsewhere 9 false",
	}, lines); diff != "" {
		t.Error(diff)
	}
}
