package snapshot

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weft-stream/weft/internal/storage"
)

func TestResolve(t *testing.T) {
	r, fsys, root := localFolder(t)
	dir := writeCheckpoint(t, fsys, root, 56, 10, 0)
	writeCheckpoint(t, fsys, root, 57, 10, 0)
	unfinished, err := CreateCheckpoint(t.Context(), fsys, root, testJob, 58)
	if err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(root, "other")
	if err := os.WriteFile(other, []byte("no snapshot"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		given string
		kind  error
		want  string
	}{
		{root + "/absent", fs.ErrNotExist, "file://" + root + "/absent: no such file or folder"},
		{root + "/absent/_metadata", fs.ErrNotExist, "no such file or folder"},
		{unfinished, ErrUnfinished, "file://" + unfinished + " has no _metadata: the checkpoint is unfinished or was discarded"},
		{unfinished + "/_metadata", ErrUnfinished, "unfinished or was discarded"},
		{JobDir(root, testJob), ErrNotSnapshot, "it holds chk-56, chk-57, chk-58, name one of them"},
		{other, ErrNotSnapshot, "give the folder of a checkpoint or savepoint, or the _metadata in it"},
		{"chk-56", nil, "not an absolute path"},
		{"s3://b/chk-56", nil, "unknown scheme"},
	} {
		_, err := Resolve(t.Context(), r, test.given)
		if err == nil || test.kind != nil && !errors.Is(err, test.kind) || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", test.given, err)
		}
	}
	l, err := Resolve(t.Context(), r, dir+"/_metadata")
	if err != nil || l.URI() != "file://"+dir {
		t.Fatal(l, err)
	}
}

func TestReadErrors(t *testing.T) {
	_, fsys, root := localFolder(t)
	dir := writeCheckpoint(t, fsys, root, 1, 10, 0)
	name := filepath.Join(dir, MetadataName)
	good, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	newer := append([]byte(nil), good...)
	binary.BigEndian.PutUint32(newer[8:], 7)
	binary.BigEndian.PutUint32(newer[len(newer)-4:], crc32.Checksum(newer[:len(newer)-4], castagnoli))
	flipped := append([]byte(nil), good...)
	flipped[100] ^= 4
	for _, test := range []struct {
		data []byte
		kind error
		want string
	}{
		{newer, ErrNewer, "is of a newer format version: it has version 7, this build reads up to 2"},
		{flipped, ErrCorrupt, "is damaged: its checksum does not match"},
		{good[:len(good)-10], ErrTruncated, "is truncated: 10 bytes are missing"},
		{nil, ErrTruncated, "is truncated: only 0 bytes are left"},
		{[]byte("\x48\x93\xff\x5f something of flink"), ErrNotSnapshot, "is not a snapshot of weft"},
	} {
		if err := os.WriteFile(name, test.data, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Read(t.Context(), fsys, dir)
		if !errors.Is(err, test.kind) || err.Error() != "file://"+name+" "+test.want {
			t.Errorf("got %v, want %s", err, test.want)
		}
	}
}

// summaries are what a test says about a list: the number, and the kind of error.
func summaries(list []Retained) []string {
	out := []string{}
	for _, r := range list {
		text := fmt.Sprint(r.ID)
		for _, kind := range []error{ErrUnfinished, ErrTruncated, ErrCorrupt, ErrNotSnapshot} {
			if errors.Is(r.Err, kind) {
				text += " " + kind.Error()
				break
			}
		}
		out = append(out, text)
	}
	return out
}

// damagedJob is a job with checkpoints 8 to 13, of which only 8 and 9 are good.
func damagedJob(t *testing.T, fsys storage.FS, root string) {
	t.Helper()
	for id := int64(8); id <= 12; id++ {
		writeCheckpoint(t, fsys, root, id, 40, 0)
	}
	remove := func(name string) {
		if err := fsys.Remove(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	m, err := Read(t.Context(), fsys, CheckpointDir(root, testJob, 10))
	if err != nil {
		t.Fatal(err)
	}
	remove(path.Join(CheckpointDir(root, testJob, 10), m.dataFiles()[0].Name)) // 10: a data file is gone
	remove(path.Join(CheckpointDir(root, testJob, 11), MetadataName))          // 11: half deleted
	renamed := CheckpointDir(root, testJob, 13)                                // 13: really 12
	if err := fsys.Rename(t.Context(), CheckpointDir(root, testJob, 12), renamed); err != nil {
		t.Fatal(err)
	}
	if _, err := CreateCheckpoint(t.Context(), fsys, root, testJob, 12); err != nil { // 12: not finished yet
		t.Fatal(err)
	}
}

func testCatalogue(t *testing.T, fsys storage.FS, root string) {
	damagedJob(t, fsys, root)
	if err := CreateJob(t.Context(), fsys, root, testJob); err != nil {
		t.Fatal(err)
	}
	jobs, err := ListJobs(t.Context(), fsys, root)
	if err != nil || !cmp.Equal(jobs, []string{testJob}) {
		t.Fatal(jobs, err)
	}
	list, err := List(t.Context(), fsys, root, testJob)
	if err != nil {
		t.Fatal(err)
	}
	unfinished, corrupt := " "+ErrUnfinished.Error(), " "+ErrCorrupt.Error()
	if diff := cmp.Diff([]string{"8", "9", "10" + corrupt, "11" + unfinished, "12" + unfinished, "13" + corrupt}, summaries(list)); diff != "" {
		t.Fatal(diff)
	}
	if r := list[0]; r.Kind != Checkpoint || r.Size <= r.Meta.StateSize() || r.Meta.StateSize() < 10*40 ||
		r.Completed.UnixMilli() != 1_700_000_000_250 || r.URI != fsys.URI(CheckpointDir(root, testJob, 8)) {
		t.Fatalf("%+v", r)
	}
	latest, passedOver, err := Latest(t.Context(), fsys, root, testJob)
	if err != nil || latest.ID != 9 || latest.Meta == nil {
		t.Fatal(latest.ID, err)
	}
	if diff := cmp.Diff([]string{"13" + corrupt, "12" + unfinished, "11" + unfinished, "10" + corrupt}, summaries(passedOver)); diff != "" {
		t.Fatal(diff)
	}
	if err := Delete(t.Context(), fsys, list[0].Dir); err != nil {
		t.Fatal(err)
	}
	if list, err = List(t.Context(), fsys, root, testJob); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"9", "10" + corrupt, "11" + unfinished, "12" + unfinished, "13" + corrupt}, summaries(list)); diff != "" {
		t.Fatal(diff)
	}
	for _, r := range list {
		for range 2 { // again: it is gone already
			if err := Delete(t.Context(), fsys, r.Dir); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, _, err := Latest(t.Context(), fsys, root, testJob); !errors.Is(err, ErrNone) {
		t.Fatalf("got %v", err)
	}
	absent := strings.Repeat("0", 32)
	if _, _, err := Latest(t.Context(), fsys, root, absent); !errors.Is(err, ErrNone) {
		t.Fatalf("got %v", err)
	}
	if _, err := List(t.Context(), fsys, root, absent); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("got %v", err)
	}
}

func TestCatalogue(t *testing.T) {
	_, fsys, root := localFolder(t)
	testCatalogue(t, fsys, root)
}

// A checkpoint that a newer build wrote is good, only not for this one.
func TestLatestDoesNotPassOverNewer(t *testing.T) {
	_, fsys, root := localFolder(t)
	writeCheckpoint(t, fsys, root, 1, 10, 0)
	name := filepath.Join(writeCheckpoint(t, fsys, root, 2, 10, 0), MetadataName)
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	binary.BigEndian.PutUint32(data[8:], Version+1)
	if err := os.WriteFile(name, withChecksum(data), 0o600); err != nil {
		t.Fatal(err)
	}
	if r, _, err := Latest(t.Context(), fsys, root, testJob); !errors.Is(err, ErrNewer) {
		t.Fatalf("got checkpoint %d, %v", r.ID, err)
	}
}
