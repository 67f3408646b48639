package web

import (
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// maxBundle is what the page may weigh, uncompressed.
const maxBundle = 200_000

// TestFS reads the page as the master serves it: the index, and every file
// that the index names, by a relative address.
func TestFS(t *testing.T) {
	index := readServed(t, "/index.html")
	if !strings.Contains(index, "<head>") {
		t.Error("the index has no <head> to which a base address can be added")
	}
	links := regexp.MustCompile(`(?:src|href)="([^"]*)"`).FindAllStringSubmatch(index, -1)
	served := 0
	for _, link := range links {
		name, ours := strings.CutPrefix(link[1], "./")
		switch {
		case ours:
			if readServed(t, "/"+name) == "" {
				t.Errorf("%s is empty", name)
			}
			served++
		case strings.HasPrefix(link[1], "/"), strings.Contains(link[1], "://") && !strings.HasPrefix(link[1], "data:"):
			t.Errorf("the index refers to %s: only relative addresses work behind YARN's proxy", link[1])
		}
	}
	if served < 2 {
		t.Errorf("the index names %d files of the bundle, want a script and a style sheet", served)
	}
}

func readServed(t *testing.T, name string) string {
	t.Helper()
	file, err := FS().Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	text, err := io.ReadAll(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestBundle proves that dist was built from the sources that are here:
// dist.sha256 lists the digests of all of both.
func TestBundle(t *testing.T) {
	listed, err := os.ReadFile("dist.sha256")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	for line := range strings.Lines(string(listed)) {
		digest, name, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		if !ok {
			t.Fatalf("dist.sha256: %q is not a digest and a name", line)
		}
		want[name] = digest
	}
	for _, name := range bundled(t) {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprintf("%x", sha256.Sum256(text)); got != want[name] {
			t.Errorf("%s is not what the bundle was built from or to: run web/build", name)
		}
		delete(want, name)
	}
	for name := range want {
		t.Errorf("%s is gone since the bundle was built: run web/build", name)
	}
}

// bundled lists the files that web/build reads and writes.
func bundled(t *testing.T) []string {
	t.Helper()
	names := []string{"index.html", "package.json", "package-lock.json", "tsconfig.json", "vite.config.ts"}
	for _, root := range []string{"src", "dist"} {
		err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
			if err == nil && entry.Type().IsRegular() {
				names = append(names, filepath.ToSlash(name))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return names
}

// TestWeight keeps the page small: it is read through two proxies, and is in
// every program.
func TestWeight(t *testing.T) {
	var sum int64
	err := fs.WalkDir(dist, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		sum += info.Size()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if sum > maxBundle {
		t.Errorf("the page weighs %d bytes, want %d at most", sum, maxBundle)
	}
}
