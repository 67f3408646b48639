package snapshot

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// spoolMemory is what these spools have in memory.
const spoolMemory = 1 << 20

// spooled builds a contribution of many payloads, large and small, the first of them in the spool's memory.
func spooled(t *testing.T, s *Spool) (Contribution, [][]byte) {
	t.Helper()
	b := NewBuilder()
	b.SpoolTo(s)
	var want [][]byte
	for i := range 64 {
		data := bytes.Repeat([]byte{byte(i)}, []int{10, 1000, 60_000, 100_000}[i%4])
		want = append(want, data)
		b.State("count").Append(i, i, 1, bytes.Clone(data))
	}
	return finish(t, b), want
}

// TestSpooledStateIsTheSame: what a spool has held is in the snapshot as if it had been in memory, also when the write is
// done twice.
func TestSpooledStateIsTheSame(t *testing.T) {
	dir := t.TempDir()
	for _, inline := range []int64{0, 1 << 30} {
		s := NewSpool(dir, spoolMemory, nil)
		c, want := spooled(t, s)
		if s.file == nil || s.end < 1<<20 {
			t.Fatalf("%d bytes are in the spool", s.end)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Fatalf("%v, %v", left, err)
		}
		plain, _ := spooled(t, nil)
		_, fsys, folder := localFolder(t)
		for range 2 {
			handles, err := UploadWorker(t.Context(), fsys, folder, "w", []Contribution{c, plain}, inline)
			if err != nil {
				t.Fatal(err)
			}
			if len(handles) != 2 || handles[0][0].CRC32C != handles[1][0].CRC32C || handles[0][0].Length != handles[1][0].Length {
				t.Fatalf("handles differ: %+v", handles)
			}
			var got [][]byte
			for f, err := range Frames(t.Context(), fsys, folder, handles[0][0], 0, 127) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, bytes.Clone(f.Payload))
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatal(diff)
			}
		}
		s.Close()
		s.Close()
	}
}

// TestSpoolErrors: each is one line, and no snapshot comes of it.
func TestSpoolErrors(t *testing.T) {
	t.Run("full", func(t *testing.T) {
		s := NewSpool("/data", spoolMemory, nil)
		full, err := os.OpenFile("/dev/full", os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		s.file = full
		defer s.Close()
		b := NewBuilder()
		b.SpoolTo(s)
		for range 3 {
			b.State("count").Append(1, 1, 1, make([]byte, spoolMemory))
		}
		if _, err := b.Finish(); err == nil || err.Error() != "local disk: no room for a snapshot in /data: no space left on device" {
			t.Errorf("%v", err)
		}
	})
	t.Run("no folder", func(t *testing.T) {
		b := NewBuilder()
		b.SpoolTo(NewSpool(filepath.Join(t.TempDir(), "gone"), spoolMemory, nil))
		b.State("count").Append(1, 1, 1, make([]byte, 2*spoolMemory))
		if _, err := b.Finish(); err == nil || !strings.Contains(err.Error(), "no such file") {
			t.Errorf("%v", err)
		}
	})
	for name, damage := range map[string]func(f *os.File) error{
		"has changed":    func(f *os.File) error { _, err := f.WriteAt([]byte{77}, 3); return err },
		"read a snapsho": func(f *os.File) error { return f.Truncate(3) },
	} {
		t.Run(name, func(t *testing.T) {
			s := NewSpool(t.TempDir(), spoolMemory, nil)
			defer s.Close()
			c, _ := spooled(t, s)
			if err := damage(s.file); err != nil {
				t.Fatal(err)
			}
			_, fsys, folder := localFolder(t)
			for _, inline := range []int64{0, 1 << 30} {
				if _, err := UploadWorker(t.Context(), fsys, folder, "w", []Contribution{c}, inline); err == nil || !strings.Contains(err.Error(), name) {
					t.Errorf("%v", err)
				}
			}
		})
	}
}

// TestSpoolWithoutItsDisk: whoever can do without keeps all in memory, and is told why once.
func TestSpoolWithoutItsDisk(t *testing.T) {
	var told []error
	s := NewSpool(filepath.Join(t.TempDir(), "gone"), spoolMemory, func(err error) { told = append(told, err) })
	c, want := spooled(t, s)
	if len(told) != 1 || !strings.Contains(told[0].Error(), "gone") {
		t.Errorf("told %v", told)
	}
	var got [][]byte
	for _, p := range c.states[0].payloads {
		got = append(got, p.data)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
