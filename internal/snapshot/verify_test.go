package snapshot

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// faults verifies a folder and counts what is found; it must be no doubt about the storage.
func faults(t *testing.T, dir string) int {
	t.Helper()
	_, fsys, _ := localFolder(t)
	reports, err := VerifyFiles(t.Context(), fsys, dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, r := range reports {
		n += len(r.Faults)
	}
	return n
}

// Every byte of every file is covered by a checksum, and every length by what stands elsewhere.
func TestVerifyFindsEveryFlipAndEveryCut(t *testing.T) {
	_, fsys, root := localFolder(t)
	flips, cuts := 0, 0
	for _, inline := range []int64{0, 1 << 20} { // all state in files, all of it in _metadata
		dir := writeCheckpoint(t, fsys, filepath.Join(root, filepath.Base(t.TempDir())), 5, 40, inline)
		if n := faults(t, dir); n != 0 {
			t.Fatalf("%d faults in a whole snapshot", n)
		}
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range entries {
			name := filepath.Join(dir, entry.Name())
			whole, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			try := func(what string, at int, data []byte) {
				if err := os.WriteFile(name, data, 0o600); err != nil {
					t.Fatal(err)
				}
				if faults(t, dir) == 0 {
					t.Errorf("%s: %s at %d of %d is not found", entry.Name(), what, at, len(whole))
				}
			}
			for i := range whole {
				damaged := slices.Clone(whole)
				damaged[i] ^= 1 << (i % 8)
				try("a flip", i, damaged)
				try("a cut", i, whole[:i])
				flips, cuts = flips+1, cuts+1
			}
			try("a byte more", len(whole), append(slices.Clone(whole), 0))
			if err := os.Remove(name); err != nil {
				t.Fatal(err)
			}
			if faults(t, dir) == 0 {
				t.Errorf("%s: that it is missing is not found", entry.Name())
			}
			if err := os.WriteFile(name, whole, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if n := faults(t, dir); n != 0 {
			t.Fatalf("%d faults in a snapshot that was repaired", n)
		}
	}
	t.Logf("%d flips and %d cuts found", flips, cuts)
}

func TestVerifyTellsAnUnusedFileFromADamagedOne(t *testing.T) {
	_, fsys, root := localFolder(t)
	dir := writeCheckpoint(t, fsys, root, 5, 40, 0)
	for _, name := range []string{"worker-9-0123456789abcdef", "notes.txt"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("left"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var read int64
	reports, err := VerifyFiles(t.Context(), fsys, dir, func(n int64) { read += n })
	if err != nil {
		t.Fatal(err)
	}
	var unused []string
	var size int64
	for _, r := range reports {
		if len(r.Faults) > 0 {
			t.Error(r.Faults)
		}
		if r.Unused {
			unused = append(unused, r.Name)
		} else {
			size += r.Size
		}
	}
	if !slices.Equal(unused, []string{"worker-9-0123456789abcdef"}) || len(reports) != 3 {
		t.Errorf("unused %q of %d files", unused, len(reports))
	}
	if read != size {
		t.Errorf("%d of %d bytes were told", read, size)
	}
}

func TestVerifyWantsEachByteInOneState(t *testing.T) {
	_, fsys, root := localFolder(t)
	dir := writeCheckpoint(t, fsys, root, 5, 40, 0)
	m, err := Read(t.Context(), fsys, dir)
	if err != nil {
		t.Fatal(err)
	}
	all := m.Operators[1].Subtasks[1].States
	for _, change := range []func(){
		func() { m.Operators[1].Subtasks[1].States = all[1:] },                           // a gap
		func() { m.Operators[1].Subtasks[1].States = append(all, all[0]) },               // twice
		func() { m.Operators[1].Subtasks[1].States = all[:0]; m.Operators[0].UID = "x" }, // cut at the end
	} {
		change()
		data, err := encode(m)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, MetadataName), data, 0o600); err != nil {
			t.Fatal(err)
		}
		if faults(t, dir) != 1 {
			t.Errorf("%d faults", faults(t, dir))
		}
	}
}
