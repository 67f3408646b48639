package snapshot

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// filesOf are the names and contents of a folder's files.
func filesOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, entry := range entries {
		text, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[entry.Name()] = string(text)
	}
	return files
}

// twoFiles is a checkpoint with two data files.
func twoFiles(t *testing.T, root string) Location {
	t.Helper()
	_, fsys, _ := localFolder(t)
	dir, err := CreateCheckpoint(t.Context(), fsys, root, testJob, 9)
	if err != nil {
		t.Fatal(err)
	}
	m := testMeta(9)
	all := testContributions(t, 300_000)
	first, err := UploadWorker(t.Context(), fsys, dir, "worker-1", all[:2], 0)
	if err != nil {
		t.Fatal(err)
	}
	second, err := UploadWorker(t.Context(), fsys, dir, "worker-2", all[2:], 0)
	if err != nil {
		t.Fatal(err)
	}
	attach(m, append(first, second...))
	if _, err := WriteMetadata(t.Context(), fsys, dir, m); err != nil {
		t.Fatal(err)
	}
	return Location{fsys, dir}
}

func TestCopyIsCompleteAndSaysHowFarItIs(t *testing.T) {
	from := twoFiles(t, t.TempDir())
	to := Location{from.FS, filepath.Join(t.TempDir(), "deep", "copy")}
	var last, total int64
	copied, err := Copy(t.Context(), from, to, func(done, of int64) {
		if done < last || done > of {
			t.Fatalf("%d after %d of %d", done, last, of)
		}
		last, total = done, of
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(filesOf(t, from.Dir), filesOf(t, to.Dir)); diff != "" {
		t.Error(diff)
	}
	var size int64
	for _, text := range filesOf(t, to.Dir) {
		size += int64(len(text))
	}
	if want := (Copied{Files: 3, Bytes: size}); copied != want || last != size || total != size {
		t.Errorf("got %+v, want %+v; told %d of %d", copied, want, last, total)
	}
	again, err := Copy(t.Context(), from, to, nil)
	if want := (Copied{Files: 3, Bytes: size, Reused: 3}); err != nil || again != want {
		t.Errorf("a second time: %+v, %v", again, err)
	}
}

func TestCopyGoesOnWhereItWasInterrupted(t *testing.T) {
	from := twoFiles(t, t.TempDir())
	to := Location{from.FS, filepath.Join(t.TempDir(), "copy")}
	names := []string{}
	for name := range filesOf(t, from.Dir) {
		if name != MetadataName {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	ctx, cancel := context.WithCancel(t.Context())
	half := int64(len(filesOf(t, from.Dir)[names[0]])) + 1000
	if _, err := Copy(ctx, from, to, func(done, _ int64) {
		if done > half {
			cancel()
		}
	}); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if _, err := Read(t.Context(), to.FS, to.Dir); !errors.Is(err, ErrUnfinished) {
		t.Errorf("an interrupted copy: %v", err)
	}
	// A copy that was killed leaves a temporary file; one whose disk is bad, a damaged file.
	if err := os.WriteFile(filepath.Join(to.Dir, "."+names[1]+".01234567.tmp"), []byte("left"), 0o600); err != nil {
		t.Fatal(err)
	}
	copied, err := Copy(t.Context(), from, to, nil)
	if err != nil || copied.Reused != 1 {
		t.Fatalf("%+v, %v", copied, err)
	}
	if diff := cmp.Diff(filesOf(t, from.Dir), filesOf(t, to.Dir)); diff != "" {
		t.Error(diff)
	}
	if err := os.WriteFile(filepath.Join(to.Dir, names[0]), []byte(strings.Repeat("x", len(filesOf(t, from.Dir)[names[0]]))), 0o600); err != nil {
		t.Fatal(err)
	}
	if copied, err := Copy(t.Context(), from, to, nil); err != nil || copied.Reused != 2 {
		t.Fatalf("%+v, %v", copied, err)
	}
	if diff := cmp.Diff(filesOf(t, from.Dir), filesOf(t, to.Dir)); diff != "" {
		t.Error("a damaged copy is not made good: " + diff)
	}
}

func TestCopyRefusesWhatIsNotItsOwn(t *testing.T) {
	from := twoFiles(t, t.TempDir())
	for _, make := range []func(dir string) error{
		func(dir string) error { return os.WriteFile(filepath.Join(dir, "thesis.tex"), nil, 0o600) },
		func(dir string) error { return os.Mkdir(filepath.Join(dir, "photos"), 0o700) },
		func(dir string) error { return os.WriteFile(filepath.Join(dir, MetadataName), []byte("x"), 0o600) },
	} {
		dir := t.TempDir()
		if err := make(dir); err != nil {
			t.Fatal(err)
		}
		before := filesOfNames(t, dir)
		if _, err := Copy(t.Context(), from, Location{from.FS, dir}, nil); err == nil {
			t.Error("a foreign folder was written to")
		}
		if diff := cmp.Diff(before, filesOfNames(t, dir)); diff != "" {
			t.Error(diff)
		}
	}
}

func filesOfNames(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

func TestCopyDoesNotSpreadDamage(t *testing.T) {
	from := twoFiles(t, t.TempDir())
	for name, text := range filesOf(t, from.Dir) {
		if name == MetadataName {
			continue
		}
		damaged := []byte(text)
		damaged[len(damaged)/2] ^= 1
		if err := os.WriteFile(filepath.Join(from.Dir, name), damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		to := Location{from.FS, filepath.Join(t.TempDir(), "copy")}
		if _, err := Copy(t.Context(), from, to, nil); !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := Read(t.Context(), to.FS, to.Dir); !errors.Is(err, ErrUnfinished) {
			t.Error(err)
		}
		if err := os.WriteFile(filepath.Join(from.Dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRemoveLeavesWhatIsNotItsOwn(t *testing.T) {
	from := twoFiles(t, t.TempDir())
	for _, name := range []string{"worker-9-0123456789abcdef", ".worker-3-0123456789abcdef.01234567.tmp", "notes.txt"} {
		if err := os.WriteFile(filepath.Join(from.Dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	left, err := Remove(t.Context(), from.FS, from.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"notes.txt"}; !slices.Equal(left, want) || !slices.Equal(filesOfNames(t, from.Dir), want) {
		t.Errorf("left %q, there is %q", left, filesOfNames(t, from.Dir))
	}
	if err := os.Remove(filepath.Join(from.Dir, "notes.txt")); err != nil {
		t.Fatal(err)
	}
	if left, err := Remove(t.Context(), from.FS, from.Dir); err != nil || left != nil {
		t.Error(left, err)
	}
	if _, err := os.Stat(from.Dir); !os.IsNotExist(err) {
		t.Error(err)
	}
	if left, err := Remove(t.Context(), from.FS, from.Dir); err != nil || left != nil {
		t.Error("a second time:", left, err)
	}
}
