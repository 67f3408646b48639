package snapshot

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weft-stream/weft/internal/storage"
)

// oneCopy is a worker that has a copy of one file, and was told what is wrong with it.
type oneCopy struct {
	uri     string
	copy    *LocalCopy
	dropped []error
}

func (o *oneCopy) Find(uri string, h *Handle) *LocalCopy {
	if uri == o.uri && o.copy.Holds(h) {
		return o.copy
	}
	return nil
}

func (o *oneCopy) Drop(_ string, err error) { o.dropped = append(o.dropped, err) }

// twice is a file system whose first try of each write fails at its end.
type twice struct{ storage.FS }

func (f twice) WriteFile(ctx context.Context, name string, opts storage.CreateOptions, fill func(io.Writer) error) error {
	if err := fill(io.Discard); err != nil {
		return err
	}
	return f.FS.WriteFile(ctx, name, opts, fill)
}

// uploadCopied uploads frames of some KiB with a copy, and returns the one handle and the frames.
func uploadCopied(t *testing.T, fsys storage.FS, dir string) (*oneCopy, Handle, []Frame) {
	t.Helper()
	b := NewBuilder()
	var want []Frame
	for i := range 20 {
		data := frameOf("count", i, i, 5000+i)
		want = append(want, Frame{i, i, data})
		b.State("count").Append(i, i, 1, bytes.Clone(data))
	}
	local := t.TempDir()
	c := NewLocalCopy(local)
	t.Cleanup(c.Close)
	handles, err := UploadWorker(t.Context(), c.Over(twice{fsys}), dir, "w", []Contribution{finish(t, b)}, 0)
	if err != nil {
		t.Fatal(err)
	}
	uri, err := c.Seal(handles)
	h := handles[0][0]
	if err != nil || uri != fsys.URI(filepath.Join(dir, h.File)) {
		t.Fatalf("%q, %v", uri, err)
	}
	if left, err := os.ReadDir(local); err != nil || len(left) > 0 {
		t.Errorf("%v, %v: the copy has a name", left, err)
	}
	return &oneCopy{uri: uri, copy: c}, h, want
}

func framesOf(t *testing.T, r *Reader, h Handle) []Frame {
	t.Helper()
	var got []Frame
	for f, err := range r.Frames(t.Context(), h, 0, MaxParallelism-1) {
		if err != nil {
			t.Fatal(err)
		}
		f.Payload = bytes.Clone(f.Payload)
		got = append(got, f)
	}
	return got
}

func TestCopyIsReadInsteadOfTheFile(t *testing.T) {
	_, fsys, dir := localFolder(t)
	copies, h, want := uploadCopied(t, fsys, dir)
	if err := os.Remove(filepath.Join(dir, h.File)); err != nil {
		t.Fatal(err)
	}
	r := &Reader{Location: Location{fsys, dir}, Copies: copies}
	if diff := cmp.Diff(want, framesOf(t, r, h)); diff != "" {
		t.Error(diff)
	}
	if local, remote := r.Read(); local != h.Length || remote != 0 || copies.dropped != nil {
		t.Errorf("%d of %d bytes were read from the copy and %d from the file, %v", local, h.Length, remote, copies.dropped)
	}
}

// TestWrongCopyIsLeft damages a copy in each way that a disk has: what comes out is right, and of the frames before the
// damage none is read twice.
func TestWrongCopyIsLeft(t *testing.T) {
	_, fsys, dir := localFolder(t)
	for name, damage := range map[string]func(*LocalCopy, Handle) error{
		"a bit of a payload": func(c *LocalCopy, h Handle) error { return flip(c.file, h.Length/2) },
		"a bit of a header":  func(c *LocalCopy, _ Handle) error { return flip(c.file, 3) },
		"the last byte":      func(c *LocalCopy, h Handle) error { return flip(c.file, h.Length-1) },
		"cut short":          func(c *LocalCopy, h Handle) error { return c.file.Truncate(h.Length - 7000) },
		"empty":              func(c *LocalCopy, _ Handle) error { return c.file.Truncate(0) },
		"zeros":              func(c *LocalCopy, h Handle) error { return errors.Join(c.file.Truncate(0), c.file.Truncate(h.Length)) },
		"closed":             func(c *LocalCopy, _ Handle) error { c.Close(); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			copies, h, want := uploadCopied(t, fsys, dir)
			if err := damage(copies.copy, h); err != nil {
				t.Fatal(err)
			}
			r := &Reader{Location: Location{fsys, dir}, Copies: copies}
			if diff := cmp.Diff(want, framesOf(t, r, h)); diff != "" {
				t.Error(diff)
			}
			local, remote := r.Read()
			if local+remote != h.Length || remote == 0 || len(copies.dropped) != 1 {
				t.Errorf("%d bytes of the copy and %d of the file were read, of %d; dropped for %v", local, remote, h.Length, copies.dropped)
			}
			if err := os.Remove(filepath.Join(dir, h.File)); err != nil {
				t.Fatal(err)
			}
			for _, err := range r.Frames(t.Context(), h, 0, MaxParallelism-1) {
				if err != nil {
					return // as it must be: neither of both is right
				}
			}
			t.Error("a file that is missing was read through a copy that is wrong")
		})
	}
}

func flip(f *os.File, at int64) error {
	var b [1]byte
	if _, err := f.ReadAt(b[:], at); err != nil {
		return err
	}
	b[0] ^= 4
	_, err := f.WriteAt(b[:], at)
	return err
}

// TestCopyOfAnotherFileIsNotTaken: of one name, but with other state in it.
func TestCopyOfAnotherFileIsNotTaken(t *testing.T) {
	_, fsys, dir := localFolder(t)
	copies, h, _ := uploadCopied(t, fsys, dir)
	for what, change := range map[string]func(*Handle){
		"offset":   func(h *Handle) { h.Offset++ },
		"length":   func(h *Handle) { h.Length-- },
		"checksum": func(h *Handle) { h.CRC32C++ },
	} {
		other := h
		change(&other)
		if copies.copy.Holds(&other) {
			t.Errorf("a copy is taken for one of a file with another %s", what)
		}
	}
}

// TestCopyThatFailsHarmsNothing: the upload does not notice that there is no room for a copy.
func TestCopyThatFailsHarmsNothing(t *testing.T) {
	_, fsys, dir := localFolder(t)
	gone := filepath.Join(t.TempDir(), "gone")
	contributions := testContributions(t, 5000)
	for _, c := range []*LocalCopy{NewLocalCopy(gone), full(t)} {
		handles, err := UploadWorker(t.Context(), c.Over(fsys), dir, "w", contributions, 0)
		if err != nil {
			t.Fatal(err)
		}
		if uri, err := c.Seal(handles); uri != "" || err == nil {
			t.Errorf("%q, %v: a copy was made where none can be", uri, err)
		}
		c.Close()
		for _, list := range handles {
			for _, h := range list {
				for _, err := range Frames(t.Context(), fsys, dir, h, 0, MaxParallelism-1) {
					if err != nil {
						t.Fatal(err)
					}
				}
			}
		}
	}
}

// full is a copy in a file that takes nothing.
func full(t *testing.T) *LocalCopy {
	t.Helper()
	f, err := os.OpenFile("/dev/full", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	c := NewLocalCopy(t.TempDir())
	c.begin("")
	c.file.Close()
	c.file = f
	return c
}

// TestInlineStateHasNoCopy, nor a file for one.
func TestInlineStateHasNoCopy(t *testing.T) {
	_, fsys, dir := localFolder(t)
	c := NewLocalCopy(filepath.Join(t.TempDir(), "gone"))
	handles, err := UploadWorker(t.Context(), c.Over(fsys), dir, "w", testContributions(t, 10), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if uri, err := c.Seal(handles); uri != "" || err != nil {
		t.Errorf("%q, %v", uri, err)
	}
}
