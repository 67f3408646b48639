package snapshot

import (
	"encoding/binary"
	"flag"
	"hash/crc32"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weft-stream/weft/internal/storage"
)

var writeGolden = flag.Bool("golden", false, "write the golden snapshot of the current version, once per version")

// The snapshots in testdata were written by the builds that introduced their
// versions. Users keep theirs for years: they must be readable for ever, so
// these files are never written again.
func TestGolden(t *testing.T) {
	r := storage.NewResolver(storage.Config{})
	abs, err := filepath.Abs("testdata/v1/chk-7")
	if err != nil {
		t.Fatal(err)
	}
	if *writeGolden {
		newGolden(t, r, abs)
	}
	snap, err := Open(t.Context(), r, abs)
	if err != nil {
		t.Fatal(err)
	}
	if err := Verify(t.Context(), snap.FS, snap.Dir); err != nil {
		t.Fatal(err)
	}
	got, err := readAll(t.Context(), snap.FS, snap.Dir, snap.Meta, 0, 127)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{
		"offset": {`-1--1 "offset 0"`},
		"count": {
			`0-15 "count 0-15 count 0-1"`, `16-31 "count 16-31 count 16"`, `32-47 "count 32-47 count 32"`, `48-63 "count 48-63 count 48"`,
			`64-79 "count 64-79 count 64"`, `80-95 "count 80-95 count 80"`, `96-111 "count 96-111 count 9"`, `112-127 "count 112-127 count "`,
		},
		"timers": {`0-63 ""`, `64-127 ""`},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
	meta := testMeta(7)
	attach(meta, goldenHandles(t))
	if diff := cmp.Diff(meta, snap.Meta); diff != "" {
		t.Fatal(diff)
	}
}

// goldenHandles are the source's state inline and the others' in a file.
func goldenHandles(t *testing.T) [][]Handle {
	contributions := testContributions(t, 20)
	var offset int64
	handles := inlineOf(t, contributions)
	for i := 1; i < len(handles); i++ {
		for j := range handles[i] {
			handles[i][j].File, handles[i][j].Inline = "worker-1-0123456789abcdef", nil
			handles[i][j].Offset = offset
			offset += handles[i][j].Length
		}
	}
	return handles
}

func newGolden(t *testing.T, r *storage.Resolver, dir string) {
	fsys, dir, err := r.Resolve(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	handles, err := UploadWorker(t.Context(), fsys, dir, "worker-1", testContributions(t, 20)[1:], 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(dir, handles[0][0].File), filepath.Join(dir, "worker-1-0123456789abcdef")); err != nil {
		t.Fatal(err)
	}
	meta := testMeta(7)
	attach(meta, goldenHandles(t))
	if _, err := WriteMetadata(t.Context(), fsys, dir, meta); err != nil {
		t.Fatal(err)
	}
}

// What a build writes today has the bytes of the golden file: the version has not changed by accident.
func TestGoldenBytes(t *testing.T) {
	want, err := os.ReadFile("testdata/v1/chk-7/_metadata")
	if err != nil {
		t.Fatal(err)
	}
	meta := testMeta(7)
	attach(meta, goldenHandles(t))
	got, err := encode(meta)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal("the format of version 1 has changed: make it version 2 and keep reading version 1")
	}
}

func FuzzDecode(f *testing.F) {
	golden, err := os.ReadFile("testdata/v1/chk-7/_metadata")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(golden, true)
	f.Add(golden[:40], false)
	chained, err := os.ReadFile("testdata/v2/savepoint/_metadata")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(chained, true)
	f.Add([]byte(magic), true)
	f.Add([]byte{}, false)
	f.Fuzz(func(t *testing.T, data []byte, repair bool) {
		if repair { // let the fuzzer get past the checksum
			data = withChecksum(data)
		}
		m, err := decode(data)
		if err != nil {
			return
		}
		again, err := encode(m)
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		if m2, err := decode(again); err != nil || !cmp.Equal(m.dataFiles(), m2.dataFiles()) {
			t.Fatalf("what was written cannot be read: %v", err)
		}
	})
}

func FuzzFrames(f *testing.F) {
	b := NewBuilder()
	for i := range 4 {
		b.State("s").Append(i*4, i*4+3, 1, frameOf("s", i, i, 10+i))
	}
	c, err := b.Finish()
	if err != nil {
		f.Fatal(err)
	}
	h := inlineOf(f, []Contribution{c})[0][0]
	f.Add(h.Inline, h.CRC32C, 0, 15, 2, 9)
	f.Add(h.Inline[:20], h.CRC32C, 0, 15, 0, math.MaxInt)
	f.Add([]byte{}, uint32(0), -1, -1, 0, 0)
	f.Fuzz(func(t *testing.T, data []byte, crc uint32, firstOf, lastOf, first, last int) {
		h := Handle{State: "s", Length: int64(len(data)), Inline: data, CRC32C: crc, FirstKeyGroup: firstOf, LastKeyGroup: lastOf}
		total := 0
		fsys, _, err := storage.NewResolver(storage.Config{}).Resolve("/")
		if err != nil {
			t.Fatal(err)
		}
		for frame, err := range Frames(t.Context(), fsys, "/", h, first, last) {
			if err != nil {
				return
			}
			if h.Keyed() && (frame.First < firstOf || frame.Last > lastOf || frame.First > last || frame.Last < first) {
				t.Fatalf("key groups %d to %d of a handle of %d to %d, asked for %d to %d", frame.First, frame.Last, firstOf, lastOf, first, last)
			}
			total += frameHeader + len(frame.Payload)
		}
		if total > len(data) {
			t.Fatalf("%d bytes of frames in %d", total, len(data))
		}
	})
}

func withChecksum(data []byte) []byte {
	if len(data) < checksumBytes {
		return data
	}
	body := data[: len(data)-checksumBytes : len(data)-checksumBytes]
	return binary.BigEndian.AppendUint32(body, crc32.Checksum(body, castagnoli))
}
