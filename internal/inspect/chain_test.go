package inspect

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weft-stream/weft/internal/codec"
	"github.com/weft-stream/weft/internal/keygroup"
	"github.com/weft-stream/weft/internal/snapshot"
	"github.com/weft-stream/weft/internal/state"
	"github.com/weft-stream/weft/internal/storage"
)

// TestEntriesOfAChain: keys that were changed, deleted, brought back or added after the base count as they are last.
func TestEntriesOfAChain(t *testing.T) {
	table := state.NewTable(must(codec.Of[string]()), must(codec.Of[uint64]()), must(codec.Hasher[string]()), maxParallelism)
	hash := must(codec.Hasher[string]())
	set := func(k string, v uint64) { p, _ := table.Ref(hash(k), k); *p = v }
	b := snapshot.NewBuilder()
	to := func(part snapshot.Part) func(int, int, []byte) {
		return func(first, last int, frame []byte) {
			b.Part("values", part).Append(first, last, state.Entries(frame), frame)
		}
	}
	want := map[string]uint64{}
	for i := range 500 {
		set(fmt.Sprint("key-", i), uint64(i))
		want[fmt.Sprint("key-", i)] = uint64(i)
	}
	table.Segments.BeginBase(to(snapshot.Base))
	for !table.Segments.StepSnapshot(100) {
	}
	table.Segments.Confirm()
	for i := range 40 {
		k := fmt.Sprint("key-", i)
		switch i % 4 {
		case 0:
			set(k, 1000)
			want[k] = 1000
		case 1:
			table.Delete(hash(k), k)
			delete(want, k)
		case 2:
			table.Delete(hash(k), k)
			set(k, 2000)
			want[k] = 2000
		default:
			set("new "+k, 3000)
			want["new "+k] = 3000
		}
	}
	table.Segments.BeginDelta(to(snapshot.Deleted), to(snapshot.Delta))
	for !table.Segments.StepSnapshot(100) {
	}

	files := storage.NewResolver(storage.Config{})
	defer files.Close()
	fsys, dir, err := files.Resolve(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	handles := must(snapshot.UploadWorker(t.Context(), fsys, dir, "w", []snapshot.Contribution{must(b.Finish())}, 0))
	meta := &snapshot.Metadata{
		JobID: strings.Repeat("ab", 16), CheckpointID: 1, Kind: snapshot.Checkpoint, MaxParallelism: maxParallelism, KeyHash: keygroup.HashName,
		Operators: []snapshot.Operator{{
			UID: "o", Name: "O", Kind: "process", Parallelism: 1, MaxParallelism: maxParallelism, KeySchema: "string",
			States: []snapshot.StateInfo{{Name: "values", Kind: "value", Schema: "uint64"}}, Subtasks: []snapshot.Subtask{{States: handles[0]}},
		}},
	}
	if _, err := snapshot.WriteMetadata(t.Context(), fsys, dir, meta); err != nil {
		t.Fatal(err)
	}
	values := open(t, must(snapshot.Open(t.Context(), files, filepath.Clean(dir))), "values")
	for _, in := range [][]Hashes{{All}, {{0, 1 << 62}, {1<<62 + 1, 1<<64 - 1}}} {
		got := map[string]uint64{}
		for _, in := range in {
			for e, err := range values.Entries(t.Context(), in) {
				if err != nil {
					t.Fatal(err)
				}
				var k string
				var v uint64
				if _, err := must(codec.Of[string]()).OwnDecoder().Decode(e.Key, &k); err != nil {
					t.Fatal(err)
				}
				if _, err := must(codec.Of[uint64]()).OwnDecoder().Decode(e.Value, &v); err != nil {
					t.Fatal(err)
				}
				if _, twice := got[k]; twice {
					t.Errorf("%s is there twice", k)
				}
				got[k] = v
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	}
}
