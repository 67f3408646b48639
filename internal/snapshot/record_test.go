package snapshot

import (
	"errors"
	"io/fs"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSavepointRecords(t *testing.T) {
	_, fsys, root := localFolder(t)
	if err := CreateJob(t.Context(), fsys, root, testJob); err != nil {
		t.Fatal(err)
	}
	owner := Owner{JobID: testJob, JobName: "n", Application: "application_1_0001", User: "u", Since: 3}
	if err := WriteOwner(t.Context(), fsys, root, owner); err != nil {
		t.Fatal(err)
	}
	if got, err := ReadOwner(t.Context(), fsys, root, testJob); err != nil || got != owner {
		t.Fatal(got, err)
	}
	const a, b = "hdfs://h/backup/savepoint-012345-0123456789ab", "file:///tmp/savepoint-012345-0123456789ac"
	for _, uri := range []string{a, b, a} {
		if err := RecordSavepoint(t.Context(), fsys, root, testJob, SavepointRecord{Path: uri, Operation: "o"}); err != nil {
			t.Fatal(err)
		}
	}
	failed := SavepointRecord{Operation: "29cb3c7b9ab01c58ec397f11acc4bf52", Failure: "the job is CANCELED"}
	asked := SavepointRecord{Operation: "39cb3c7b9ab01c58ec397f11acc4bf52"}
	for _, r := range []SavepointRecord{{Operation: failed.Operation}, failed, asked} {
		if err := RecordSavepoint(t.Context(), fsys, root, testJob, r); err != nil {
			t.Fatal(err)
		}
	}
	// A job without checkpoints keeps its folder as long as a savepoint is known.
	if err := RemoveEmptyJob(t.Context(), fsys, root, testJob); err != nil {
		t.Fatal(err)
	}
	got, err := RecordedSavepoints(t.Context(), fsys, root, testJob)
	want := []SavepointRecord{failed, asked, {Path: a, Operation: "o"}, {Path: b, Operation: "o"}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Fatal(diff, err)
	}
	for _, uri := range []string{a, b, a} {
		if err := ForgetSavepoint(t.Context(), fsys, root, testJob, uri); err != nil {
			t.Fatal(err)
		}
	}
	if err := RemoveEmptyJob(t.Context(), fsys, root, testJob); err != nil {
		t.Fatal(err)
	}
	if _, err := fsys.Stat(t.Context(), JobDir(root, testJob)); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("the empty folder is left: %v", err)
	}
	if got, err := RecordedSavepoints(t.Context(), fsys, root, testJob); got != nil || err != nil {
		t.Fatal(got, err)
	}
}

func FuzzParseRecord(f *testing.F) {
	f.Add([]byte(`{"path":"hdfs://h/a"}`))
	f.Add([]byte(`{"operation":"29cb3c7b9ab01c58ec397f11acc4bf52","failure":"f"}`))
	f.Add([]byte(`{"operation":"29cb3c7b9ab01c58ec397f11acc4bf52"}`))
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if r, err := parseRecord(text); err == nil && r.name() == "" {
			t.Fatalf("%q gives %+v", text, r)
		}
	})
}
