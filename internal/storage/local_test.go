package storage

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestLocal(t *testing.T) {
	fsys, dir, err := NewResolver(Config{}).Resolve(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	conformance(t, fsys, dir)
}

// A file that is cut short while it is read must not look like one that ended.
func TestLocalCutWhileRead(t *testing.T) {
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, make([]byte, 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	fsys := &localFS{}
	f, err := fsys.Open(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := os.Truncate(name, 500); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 1000)
	for n := 0; n < 500; {
		m, err := f.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		n += m
	}
	wantReason(t, readError(fsys, name, func() error { _, err := f.Read(buf); return err }()), Torn, name, "ends before its size")
	if _, err := f.ReadAt(buf, 100); err == nil {
		t.Fatal("read across the cut")
	}
}

func TestLocalFolderInTheWay(t *testing.T) {
	dir := t.TempDir()
	fsys := &localFS{}
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := fsys.Stat(t.Context(), filepath.Join(dir, "file", "below"))
	wantReason(t, err, NotDirectory, "", "not a directory")
	if errors.Is(err, fs.ErrNotExist) {
		t.Fatal("a file in the way is taken for a missing one")
	}
}
