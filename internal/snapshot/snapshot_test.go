package snapshot

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weft-stream/weft/internal/storage"
)

const testJob = "4be1bc0000000000000000000000abcd"

// localFolder is an empty folder of this machine.
func localFolder(t *testing.T) (*storage.Resolver, storage.FS, string) {
	t.Helper()
	r := storage.NewResolver(storage.Config{})
	fsys, dir, err := r.Resolve(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return r, fsys, dir
}

// testMeta is a job of a source and a keyed operator of parallelism 2, without handles.
func testMeta(id int64) *Metadata {
	return &Metadata{
		JobID: testJob, JobName: "count words", Class: "streaming.WordCount",
		CheckpointID: id, Kind: Checkpoint, Triggered: 1_700_000_000_000, Completed: 1_700_000_000_250,
		RestoredFrom: "hdfs://ns/flink/checkpoints/old/chk-3", MaxParallelism: 128, KeyHash: "xxh3-1",
		Operators: []Operator{
			{
				UID: "lines", Name: "Source: lines", Kind: "source", Parallelism: 1, MaxParallelism: 128,
				States: []StateInfo{{"offset", "list", "int64"}}, Subtasks: []Subtask{{Index: 0}},
			},
			{
				UID: "tot", Name: "Total", Kind: "reduce", Parallelism: 2, MaxParallelism: 128, KeySchema: "string",
				States:   []StateInfo{{"count", "value", "int64"}, {"timers", "timers", "int64"}},
				Subtasks: []Subtask{{Index: 0}, {Index: 1}},
			},
		},
	}
}

// frameOf is the payload of a frame, so that its content tells where it belongs.
func frameOf(state string, first, last, size int) []byte {
	text := fmt.Sprintf("%s %d-%d ", state, first, last)
	return []byte(strings.Repeat(text, size/len(text)+1)[:size])
}

// testContributions are the state of the three subtasks of testMeta.
func testContributions(t *testing.T, size int) []Contribution {
	t.Helper()
	source := NewBuilder()
	source.State("offset").AppendPlain(1, frameOf("offset", 0, 0, 8))
	contributions := []Contribution{finish(t, source)}
	for subtask := range 2 {
		b := NewBuilder()
		for first := subtask * 64; first < subtask*64+64; first += 16 {
			b.State("count").Append(first, first+15, 10, frameOf("count", first, first+15, size))
		}
		b.State("timers").Append(subtask*64, subtask*64+63, 3, nil)
		b.State("unused")
		contributions = append(contributions, finish(t, b))
	}
	return contributions
}

func finish(t *testing.T, b *Builder) Contribution {
	t.Helper()
	c, err := b.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// inlineOf are handles that carry all state themselves.
func inlineOf(t testing.TB, contributions []Contribution) [][]Handle {
	t.Helper()
	handles, err := inlineHandles(contributions)
	if err != nil {
		t.Fatal(err)
	}
	return handles
}

// attach gives the handles of testContributions to testMeta's subtasks.
func attach(m *Metadata, handles [][]Handle) {
	m.Operators[0].Subtasks[0].States = handles[0]
	m.Operators[1].Subtasks[0].States = handles[1]
	m.Operators[1].Subtasks[1].States = handles[2]
}

// writeCheckpoint writes a complete checkpoint and returns its folder.
func writeCheckpoint(t *testing.T, fsys storage.FS, checkpoints string, id int64, size int, inline int64) string {
	t.Helper()
	dir, err := CreateCheckpoint(t.Context(), fsys, checkpoints, testJob, id)
	if err != nil {
		t.Fatal(err)
	}
	m := testMeta(id)
	handles, err := UploadWorker(t.Context(), fsys, dir, "worker-1", testContributions(t, size), inline)
	if err != nil {
		t.Fatal(err)
	}
	attach(m, handles)
	if _, err := WriteMetadata(t.Context(), fsys, dir, m); err != nil {
		t.Fatal(err)
	}
	return dir
}

// readAll gives what the frames of key groups first to last say, per state.
func readAll(ctx context.Context, fsys storage.FS, dir string, m *Metadata, first, last int) (map[string][]string, error) {
	got := map[string][]string{}
	for h := range m.handles() {
		if !h.Overlaps(first, last) {
			continue
		}
		for f, err := range Frames(ctx, fsys, dir, *h, first, last) {
			if err != nil {
				return got, err
			}
			got[h.State] = append(got[h.State], fmt.Sprintf("%d-%d %q", f.First, f.Last, f.Payload))
		}
	}
	return got, nil
}

func TestRoundTrip(t *testing.T) {
	for name, inline := range map[string]int64{"in a file": 0, "inline": math.MaxInt64} {
		t.Run(name, func(t *testing.T) {
			r, fsys, root := localFolder(t)
			dir := writeCheckpoint(t, fsys, root, 7, 40, inline)
			for _, given := range []string{dir, dir + "/", dir + "/_metadata", "file://" + dir, "file:" + dir + "/_metadata"} {
				snap, err := Open(t.Context(), r, given)
				if err != nil {
					t.Fatal(err)
				}
				want := testMeta(7)
				clear := *snap.Meta
				clear.Operators = append([]Operator(nil), snap.Meta.Operators...)
				for o := range clear.Operators {
					clear.Operators[o].Subtasks = append([]Subtask(nil), clear.Operators[o].Subtasks...)
					for s := range clear.Operators[o].Subtasks {
						clear.Operators[o].Subtasks[s].States = nil
					}
				}
				if diff := cmp.Diff(want, &clear); diff != "" {
					t.Fatal(diff)
				}
				got, err := readAll(t.Context(), snap.FS, snap.Dir, snap.Meta, 40, 70)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(map[string][]string{
					"offset": {fmt.Sprintf("-1--1 %q", frameOf("offset", 0, 0, 8))},
					"count": {
						fmt.Sprintf("32-47 %q", frameOf("count", 32, 47, 40)),
						fmt.Sprintf("48-63 %q", frameOf("count", 48, 63, 40)),
						fmt.Sprintf("64-79 %q", frameOf("count", 64, 79, 40)),
					},
					"timers": {`0-63 ""`, `64-127 ""`},
				}, got); diff != "" {
					t.Fatal(diff)
				}
			}
			if err := Verify(t.Context(), fsys, dir); err != nil {
				t.Fatal(err)
			}
			m, _ := Read(t.Context(), fsys, dir)
			if got := m.Operator("tot").Subtasks[0].States[0].Entries; got != 40 {
				t.Fatalf("%d entries", got)
			}
			files, err := os.ReadDir(dir)
			if err != nil || len(files) != map[string]int{"in a file": 2, "inline": 1}[name] {
				t.Fatalf("%d files, %v", len(files), err)
			}
		})
	}
}

// A large state: frames longer than every buffer, most of them skipped.
func TestSkipsLargeFrames(t *testing.T) {
	_, fsys, root := localFolder(t)
	const size = 3*readBuffer + 17
	dir := writeCheckpoint(t, fsys, root, 1, size, 1<<10)
	m, err := Read(t.Context(), fsys, dir)
	if err != nil {
		t.Fatal(err)
	}
	for first := 0; first < 128; first += 16 {
		got, err := readAll(t.Context(), fsys, dir, m, first+3, first+3)
		if err != nil {
			t.Fatal(err)
		}
		want := fmt.Sprintf("%d-%d %q", first, first+15, frameOf("count", first, first+15, size))
		if len(got["count"]) != 1 || got["count"][0] != want {
			t.Fatalf("key group %d: %d frames", first+3, len(got["count"]))
		}
	}
	if err := Verify(t.Context(), fsys, dir); err != nil {
		t.Fatal(err)
	}
}

// A loop that is left early, and one over a broken context, end cleanly.
func TestFramesEndEarly(t *testing.T) {
	_, fsys, root := localFolder(t)
	dir := writeCheckpoint(t, fsys, root, 1, 100, 0)
	m, err := Read(t.Context(), fsys, dir)
	if err != nil {
		t.Fatal(err)
	}
	h := m.Operators[1].Subtasks[0].States[0]
	for range Frames(t.Context(), fsys, dir, h, 0, 127) {
		break
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range Frames(ctx, fsys, dir, h, 0, 127) {
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("got %v", err)
		}
	}
}

// Every truncation and every flipped bit of _metadata is found.
func TestDamagedMetadata(t *testing.T) {
	m := testMeta(7)
	attach(m, inlineOf(t, testContributions(t, 30)))
	data, err := encode(m)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := decode(data); err != nil {
		t.Fatal(err)
	}
	for n := range data {
		if _, err := decode(data[:n]); !errors.Is(err, ErrTruncated) {
			t.Fatalf("cut to %d of %d bytes: %v", n, len(data), err)
		}
	}
	for bit := range len(data) * 8 {
		damaged := bytes.Clone(data)
		damaged[bit/8] ^= 1 << (bit % 8)
		_, err := decode(damaged)
		if !errors.Is(err, ErrCorrupt) && !errors.Is(err, ErrTruncated) && !(bit < 64 && errors.Is(err, ErrNotSnapshot)) {
			t.Fatalf("bit %d: %v", bit, err)
		}
	}
	if _, err := decode(append(bytes.Clone(data), 0)); !errors.Is(err, ErrCorrupt) {
		t.Fatalf("a byte more: %v", err)
	}
}

// Every truncation of a data file is found before anything is read from it, and
// no flipped bit ever changes what a reader is given: it sees an error, or, if it
// skipped the damaged payload, the truth.
func TestDamagedData(t *testing.T) {
	r, fsys, root := localFolder(t)
	dir := writeCheckpoint(t, fsys, root, 7, 20, 0)
	m, err := Read(t.Context(), fsys, dir)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, m.dataFiles()[0].Name)
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	truth, err := readAll(t.Context(), fsys, dir, m, 20, 40)
	if err != nil {
		t.Fatal(err)
	}
	damage := func(data []byte) {
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for bit := range len(data) * 8 {
		damaged := bytes.Clone(data)
		damaged[bit/8] ^= 1 << (bit % 8)
		damage(damaged)
		if err := Verify(t.Context(), fsys, dir); !errors.Is(err, ErrCorrupt) {
			t.Fatalf("bit %d: verify says %v", bit, err)
		}
		got, err := readAll(t.Context(), fsys, dir, m, 20, 40)
		if err == nil && !cmp.Equal(got, truth) {
			t.Fatalf("bit %d: a wrong answer", bit)
		}
	}
	for n := range data {
		damage(data[:n])
		if _, err := Open(t.Context(), r, dir); !errors.Is(err, ErrTruncated) {
			t.Fatalf("cut to %d bytes: %v", n, err)
		}
		if err := Verify(t.Context(), fsys, dir); !errors.Is(err, ErrTruncated) {
			t.Fatalf("cut to %d bytes: verify says %v", n, err)
		}
	}
	damage(append(bytes.Clone(data), 0))
	if _, err := Open(t.Context(), r, dir); !errors.Is(err, ErrCorrupt) {
		t.Fatalf("a byte more: %v", err)
	}
}

// Frames that are whole but in another order, doubled or left out are found.
func TestMisplacedFrames(t *testing.T) {
	_, fsys, _ := localFolder(t)
	b := NewBuilder()
	for i := range 3 {
		b.State("s").Append(i, i, 1, []byte{byte(i)})
	}
	h := inlineOf(t, []Contribution{finish(t, b)})[0][0]
	size := len(h.Inline) / 3
	frames := [][]byte{h.Inline[:size], h.Inline[size : 2*size], h.Inline[2*size:]}
	for _, order := range [][]int{{1, 0, 2}, {0, 0, 2}, {0, 1}, {0, 1, 2, 2}, {}} {
		bad := h
		bad.Inline = nil
		for _, i := range order {
			bad.Inline = append(bad.Inline, frames[i]...)
		}
		bad.Length = int64(len(bad.Inline))
		var err error
		for _, err = range Frames(t.Context(), fsys, "/", bad, 0, 2) {
		}
		if !errors.Is(err, ErrCorrupt) {
			t.Fatalf("order %v: %v", order, err)
		}
	}
}

func TestBuilderRefuses(t *testing.T) {
	for want, build := range map[string]func(*StateBuilder){
		"key groups 5 to 4":      func(s *StateBuilder) { s.Append(5, 4, 1, nil) },
		"key groups -1 to 4":     func(s *StateBuilder) { s.Append(-1, 4, 1, nil) },
		"key groups 0 to 32768":  func(s *StateBuilder) { s.Append(0, MaxParallelism, 1, nil) },
		"keyed and other frames": func(s *StateBuilder) { s.Append(0, 1, 1, nil); s.AppendPlain(1, nil) },
		"keyed and other":        func(s *StateBuilder) { s.AppendPlain(1, nil); s.Append(0, 1, 1, nil) },
		"-1 entries":             func(s *StateBuilder) { s.AppendPlain(-1, nil) },
	} {
		b := NewBuilder()
		build(b.State("x"))
		if _, err := b.Finish(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// A checkpoint that was discarded meanwhile stays discarded.
func TestLateUpload(t *testing.T) {
	_, fsys, root := localFolder(t)
	_, err := UploadWorker(t.Context(), fsys, path.Join(root, testJob, "chk-1"), "w", testContributions(t, 10), 0)
	if !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("got %v", err)
	}
	if _, err := os.Stat(filepath.Join(root, testJob)); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("the folder came back: %v", err)
	}
	if _, err := UploadWorker(t.Context(), fsys, root, "../w", nil, 0); err == nil {
		t.Fatal("a worker id with a path was taken")
	}
}

// WriteMetadata refuses what Open would: the two cannot disagree.
func TestWriteMetadataChecks(t *testing.T) {
	_, fsys, root := localFolder(t)
	dir := writeCheckpoint(t, fsys, root, 1, 40, 0)
	m, err := Read(t.Context(), fsys, dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := WriteMetadata(t.Context(), fsys, dir, m); !errors.Is(err, fs.ErrExist) {
		t.Fatalf("a second time: %v", err)
	}
	if err := os.Remove(filepath.Join(dir, MetadataName)); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, m.dataFiles()[0].Name)
	if err := os.Truncate(file, m.dataFiles()[0].Size-1); err != nil {
		t.Fatal(err)
	}
	if _, err := WriteMetadata(t.Context(), fsys, dir, m); !errors.Is(err, ErrTruncated) {
		t.Fatalf("a short data file: %v", err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if _, err := WriteMetadata(t.Context(), fsys, dir, m); !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), "missing") {
		t.Fatalf("no data file: %v", err)
	}
}
