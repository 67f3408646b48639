package storage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"path"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// conformance is what every FS must do; root is an empty folder on it.
func conformance(t *testing.T, fsys FS, root string) {
	for name, test := range map[string]func(*testing.T, FS, string){
		"write and read":     testWriteRead,
		"nothing half-done":  testAtomic,
		"unfinished":         testUnfinished,
		"in place":           testInPlace,
		"read at and seek":   testReadAt,
		"names":              testNames,
		"rename and replace": testRename,
		"folders":            testFolders,
		"reasons":            testReasons,
		"context":            testContext,
		"concurrent":         testConcurrent,
		"torn":               testTorn,
		"space":              testSpace,
	} {
		t.Run(name, func(t *testing.T) {
			dir := path.Join(root, strings.ReplaceAll(name, " ", "-"))
			if err := fsys.MkdirAll(t.Context(), dir, 0o755); err != nil {
				t.Fatal(err)
			}
			test(t, fsys, dir)
		})
	}
}

func testWriteRead(t *testing.T, fsys FS, dir string) {
	for _, size := range []int{0, 1, 511, 512, 65536, 65537, 300_000, 5 << 20} {
		want := randomBytes(size)
		name := path.Join(dir, fmt.Sprint(size))
		put(t, fsys, name, want)
		got, err := ReadFile(t.Context(), fsys, name, 10<<20)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Fatalf("%d bytes: read back %d other bytes", size, len(got))
		}
		info, err := fsys.Stat(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		if info.Size != int64(size) || info.IsDir || info.Name != fmt.Sprint(size) || info.Perm != 0o644 || info.ModTime.IsZero() {
			t.Fatalf("stat says %+v", info)
		}
	}
	_, err := ReadFile(t.Context(), fsys, path.Join(dir, "512"), 511)
	wantReason(t, err, Invalid, fsys.URI(path.Join(dir, "512")), "512 bytes, more than the 511")
}

func testAtomic(t *testing.T, fsys FS, dir string) {
	name := path.Join(dir, "file")
	w, err := fsys.Create(t.Context(), name, CreateOptions{Perm: 0o600})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	write(t, w, randomBytes(200_000))
	wantNames(t, fsys, dir)
	if err := w.Abort(); err != nil {
		t.Fatal(err)
	}
	wantNames(t, fsys, dir)

	if w, err = fsys.Create(t.Context(), name, CreateOptions{Perm: 0o600}); err != nil {
		t.Fatal(err)
	}
	write(t, w, []byte("one"))
	wantNames(t, fsys, dir)
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	wantNames(t, fsys, dir, "file")
	if info, err := fsys.Stat(t.Context(), name); err != nil || info.Perm != 0o600 {
		t.Fatalf("permission %o, %v", info.Perm, err)
	}
	if err := w.Abort(); err != nil {
		t.Fatalf("abort after commit: %v", err)
	}
	if err := w.Commit(); err == nil {
		t.Fatal("a second commit succeeded")
	}
	wantContent(t, fsys, name, "one")

	_, err = fsys.Create(t.Context(), name, CreateOptions{})
	wantReason(t, err, Exists, fsys.URI(name), "already exists")
	err = fsys.WriteFile(t.Context(), name, CreateOptions{}, func(io.Writer) error { return nil })
	wantReason(t, err, Exists, fsys.URI(name), "already exists")
	err = fsys.WriteFile(t.Context(), name, CreateOptions{Overwrite: true}, func(w io.Writer) error {
		_, err := io.WriteString(w, "two")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	wantContent(t, fsys, name, "two")

	mine := errors.New("mine")
	runs := 0
	err = fsys.WriteFile(t.Context(), path.Join(dir, "failed"), CreateOptions{}, func(w io.Writer) error {
		runs++
		io.WriteString(w, "some")
		return mine
	})
	if err != mine || runs != 1 {
		t.Fatalf("error of fill: got %v after %d runs", err, runs)
	}
	wantNames(t, fsys, dir, "file")

	// One that came first is not overwritten by one that was open before.
	late, err := fsys.Create(t.Context(), path.Join(dir, "late"), CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	put(t, fsys, path.Join(dir, "late"), []byte("first"))
	write(t, late, []byte("second"))
	wantReason(t, late.Commit(), Exists, fsys.URI(path.Join(dir, "late")), "already exists")
	wantContent(t, fsys, path.Join(dir, "late"), "first")
}

func testUnfinished(t *testing.T, fsys FS, dir string) {
	put(t, fsys, path.Join(dir, "done"), []byte("done"))
	w, err := fsys.Create(t.Context(), path.Join(dir, ".half.a"), CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	if _, err := w.Write([]byte("half")); err != nil {
		t.Fatal(err)
	}
	left, err := Unfinished(t.Context(), fsys, dir)
	if err != nil || len(left) != 1 {
		t.Fatalf("unfinished: %+v, %v", left, err)
	}
	if of, ok := TemporaryOf(left[0].Name); of != ".half.a" || !ok {
		t.Errorf("%s is to become %q, %v", left[0].Name, of, ok)
	}
	if err := w.Abort(); err != nil {
		t.Fatal(err)
	}
	if left, err := Unfinished(t.Context(), fsys, dir); err != nil || len(left) != 0 {
		t.Errorf("unfinished after Abort: %+v, %v", left, err)
	}
	for _, name := range []string{"done", ".tmp", ".a.tmp", ".12345678.tmp", "a.12345678.tmp"} {
		if of, ok := TemporaryOf(name); ok {
			t.Errorf("%s is said to become %q", name, of)
		}
	}
}

// testInPlace: however it is written, the file is there as a whole, or not at all
// once WriteFile has returned.
func testInPlace(t *testing.T, fsys FS, dir string) {
	want := randomBytes(300_000)
	name := path.Join(dir, "whole")
	err := fsys.WriteFile(t.Context(), name, CreateOptions{InPlace: true}, func(w io.Writer) error {
		_, err := w.Write(want)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	wantContent(t, fsys, name, string(want))
	mine := errors.New("mine")
	err = fsys.WriteFile(t.Context(), path.Join(dir, "failed"), CreateOptions{InPlace: true}, func(w io.Writer) error {
		w.Write(want)
		return mine
	})
	if err != mine {
		t.Fatalf("error of fill: %v", err)
	}
	wantNames(t, fsys, dir, "whole")
	if left, err := Unfinished(t.Context(), fsys, dir); err != nil || len(left) != 0 {
		t.Errorf("unfinished: %+v, %v", left, err)
	}
	late := path.Join(dir, "gone", "file")
	err = fsys.WriteFile(t.Context(), late, CreateOptions{InPlace: true}, func(io.Writer) error { return nil })
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("into a folder that is not there: %v", err)
	}
}

func testReadAt(t *testing.T, fsys FS, dir string) {
	data := randomBytes(200_000)
	put(t, fsys, path.Join(dir, "file"), data)
	f, err := fsys.Open(t.Context(), path.Join(dir, "file"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, off := range []int64{0, 150_000, 10, 199_990, 70_000} {
		buf := make([]byte, 10)
		if n, err := f.ReadAt(buf, off); n != 10 || err != nil || !bytes.Equal(buf, data[off:off+10]) {
			t.Fatalf("at %d: %d bytes, %v", off, n, err)
		}
	}
	buf := make([]byte, 10)
	if n, err := f.ReadAt(buf, 199_995); n != 5 || err != io.EOF || !bytes.Equal(buf[:5], data[199_995:]) {
		t.Fatalf("across the end: %d bytes, %v", n, err)
	}
	if n, err := f.ReadAt(buf, 200_000); n != 0 || err != io.EOF {
		t.Fatalf("at the end: %d bytes, %v", n, err)
	}
	if at, err := f.Seek(-100, io.SeekEnd); at != 199_900 || err != nil {
		t.Fatal(at, err)
	}
	rest, err := io.ReadAll(f)
	if err != nil || !bytes.Equal(rest, data[199_900:]) {
		t.Fatalf("after seek: %d bytes, %v", len(rest), err)
	}
	if _, err := f.Seek(-1, io.SeekStart); err == nil {
		t.Fatal("sought before the start")
	}
	f.Close()
	if _, err := f.Read(buf); err == nil || err == io.EOF {
		t.Fatalf("read of a closed file: %v", err)
	}
}

func testNames(t *testing.T, fsys FS, dir string) {
	names := []string{"with space", "ünï", "a%20b", "_metadata", "chk-1", "x+y=z", "#?&"}
	for _, name := range names {
		put(t, fsys, path.Join(dir, name), []byte(name))
	}
	for _, name := range names {
		wantContent(t, fsys, path.Join(dir, name), name)
	}
	wantNames(t, fsys, dir, "#?&", "_metadata", "a%20b", "chk-1", "with space", "x+y=z", "ünï")
}

func testRename(t *testing.T, fsys FS, dir string) {
	a, b, sub := path.Join(dir, "a"), path.Join(dir, "b"), path.Join(dir, "sub")
	put(t, fsys, a, []byte("a"))
	put(t, fsys, b, []byte("b"))
	wantReason(t, fsys.Rename(t.Context(), a, b), Exists, fsys.URI(b), "already exists")
	wantContent(t, fsys, b, "b")
	if err := fsys.Replace(t.Context(), a, b); err != nil {
		t.Fatal(err)
	}
	wantContent(t, fsys, b, "a")
	wantReason(t, fsys.Rename(t.Context(), a, path.Join(dir, "c")), NotFound, fsys.URI(a), "no such file or folder")
	if err := fsys.MkdirAll(t.Context(), sub, 0o755); err != nil {
		t.Fatal(err)
	}
	put(t, fsys, path.Join(sub, "x"), []byte("x"))
	if err := fsys.Rename(t.Context(), sub, path.Join(dir, "moved")); err != nil {
		t.Fatal(err)
	}
	wantContent(t, fsys, path.Join(dir, "moved", "x"), "x")
	wantNames(t, fsys, dir, "b", "moved")
}

func testFolders(t *testing.T, fsys FS, dir string) {
	deep := path.Join(dir, "x/y/z")
	for range 2 {
		if err := fsys.MkdirAll(t.Context(), deep, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	info, err := fsys.Stat(t.Context(), deep)
	if err != nil || !info.IsDir || info.Perm != 0o700 || info.Size != 0 {
		t.Fatalf("%+v, %v", info, err)
	}
	if err := fsys.SetPermission(t.Context(), deep, 0o755); err != nil {
		t.Fatal(err)
	}
	if info, _ := fsys.Stat(t.Context(), deep); info.Perm != 0o755 {
		t.Fatalf("permission %o", info.Perm)
	}
	put(t, fsys, path.Join(deep, "f"), nil)
	wantReason(t, fsys.Remove(t.Context(), deep), NotEmpty, fsys.URI(deep), "not empty")
	wantReason(t, fsys.MkdirAll(t.Context(), path.Join(deep, "f"), 0o755), NotDirectory, "", "")
	if err := fsys.Remove(t.Context(), path.Join(deep, "f")); err != nil {
		t.Fatal(err)
	}
	if err := fsys.Remove(t.Context(), deep); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := fsys.RemoveAll(t.Context(), path.Join(dir, "x")); err != nil {
			t.Fatal(err)
		}
	}
	wantNames(t, fsys, dir)
}

func testReasons(t *testing.T, fsys FS, dir string) {
	absent, file := path.Join(dir, "absent"), path.Join(dir, "file")
	put(t, fsys, file, []byte("x"))
	_, err := fsys.Open(t.Context(), absent)
	wantReason(t, err, NotFound, fsys.URI(absent), "no such file or folder")
	if !errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrExist) || IsTransient(err) {
		t.Fatalf("%v is not taken for what it is", err)
	}
	_, err = fsys.Open(t.Context(), dir)
	wantReason(t, err, Invalid, fsys.URI(dir), "is a folder")
	_, err = fsys.Stat(t.Context(), absent)
	wantReason(t, err, NotFound, fsys.URI(absent), "")
	_, err = fsys.List(t.Context(), absent)
	wantReason(t, err, NotFound, fsys.URI(absent), "")
	_, err = fsys.List(t.Context(), file)
	wantReason(t, err, NotDirectory, fsys.URI(file), "")
	wantReason(t, fsys.Remove(t.Context(), absent), NotFound, fsys.URI(absent), "")
	_, err = fsys.Create(t.Context(), dir, CreateOptions{Overwrite: true})
	wantReason(t, err, Exists, fsys.URI(dir), "")
	// The parent is gone: the file must not bring it back.
	err = fsys.WriteFile(t.Context(), path.Join(absent, "f"), CreateOptions{}, func(io.Writer) error { return nil })
	wantReason(t, err, NotFound, "", "no such file or folder")
	if _, err := fsys.Stat(t.Context(), absent); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("the parent came back: %v", err)
	}
}

func testContext(t *testing.T, fsys FS, dir string) {
	put(t, fsys, path.Join(dir, "file"), randomBytes(100_000))
	ctx, cancel := context.WithCancel(t.Context())
	f, err := fsys.Open(ctx, path.Join(dir, "file"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w, err := fsys.Create(ctx, path.Join(dir, "new"), CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	write(t, w, randomBytes(100_000))
	cancel()
	if _, err := f.Read(make([]byte, 10)); !errors.Is(err, context.Canceled) {
		t.Fatalf("read: %v", err)
	}
	if err := w.Commit(); !errors.Is(err, context.Canceled) {
		t.Fatalf("commit: %v", err)
	}
	if _, err := fsys.Stat(ctx, dir); !errors.Is(err, context.Canceled) {
		t.Fatalf("stat: %v", err)
	}
	wantNames(t, fsys, dir, "file")
}

func testConcurrent(t *testing.T, fsys FS, dir string) {
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			name := path.Join(dir, fmt.Sprint(i))
			want := bytes.Repeat([]byte{byte(i)}, 100_000)
			err := fsys.WriteFile(t.Context(), name, CreateOptions{}, func(w io.Writer) error {
				_, err := w.Write(want)
				return err
			})
			if err != nil {
				t.Error(err)
				return
			}
			if got, err := ReadFile(t.Context(), fsys, name, 1<<20); err != nil || !bytes.Equal(got, want) {
				t.Errorf("file %d: %d bytes, %v", i, len(got), err)
			}
		})
	}
	wg.Wait()
}

func testTorn(t *testing.T, fsys FS, dir string) {
	name := path.Join(dir, "file")
	put(t, fsys, name, []byte("12345"))
	f, err := OpenSized(t.Context(), fsys, name, 5)
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	_, err = OpenSized(t.Context(), fsys, name, 6)
	wantReason(t, err, Torn, fsys.URI(name), "5 bytes long instead of 6")
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	random := rand.NewChaCha8([32]byte{byte(n)})
	random.Read(b)
	return b
}

func put(t *testing.T, fsys FS, name string, data []byte) {
	t.Helper()
	err := fsys.WriteFile(t.Context(), name, CreateOptions{}, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, w io.Writer, data []byte) {
	t.Helper()
	if n, err := w.Write(data); n != len(data) || err != nil {
		t.Fatalf("wrote %d of %d bytes: %v", n, len(data), err)
	}
}

func wantContent(t *testing.T, fsys FS, name, want string) {
	t.Helper()
	got, err := ReadFile(t.Context(), fsys, name, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Fatal(diff)
	}
}

func wantNames(t *testing.T, fsys FS, dir string, want ...string) {
	t.Helper()
	list, err := fsys.List(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, info := range list {
		got = append(got, info.Name)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
}

// wantReason checks an error's reason, that it is one line, and that it names uri and text.
func wantReason(t *testing.T, err error, reason Reason, uri, text string) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want an *Error", err)
	}
	line := e.Error()
	if e.Reason != reason || !strings.Contains(line, uri) || !strings.Contains(line, text) || strings.Contains(line, "\n") {
		t.Fatalf("got reason %d: %s\nwant reason %d, %q and %q", e.Reason, line, reason, uri, text)
	}
}

func testSpace(t *testing.T, fsys FS, dir string) {
	space, err := fsys.Space(t.Context(), dir)
	if err != nil || space.Total <= 0 || space.Free < 0 || space.Free > space.Total || space.Names != -1 {
		t.Errorf("%+v, %v", space, err)
	}
	if _, err := fsys.Space(t.Context(), path.Join(dir, "nowhere")); ReasonOf(err) != NotFound {
		t.Errorf("of a folder that is not there: %v", err)
	}
}
