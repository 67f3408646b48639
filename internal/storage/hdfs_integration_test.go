//go:build integration

package storage

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path"
	"path/filepath"
	"testing"
	"time"
)

// hadoopProperties reads the configuration of the Hadoop that tests may use.
func hadoopProperties(t testing.TB, conf string) map[string]string {
	t.Helper()
	properties := map[string]string{}
	for _, file := range []string{"core-site.xml", "hdfs-site.xml"} {
		data, err := os.ReadFile(filepath.Join(conf, file))
		if err != nil {
			t.Fatal(err)
		}
		var list struct {
			Property []struct {
				Name  string `xml:"name"`
				Value string `xml:"value"`
			} `xml:"property"`
		}
		if err := xml.Unmarshal(data, &list); err != nil {
			t.Fatal(err)
		}
		for _, p := range list.Property {
			properties[p.Name] = p.Value
		}
	}
	return properties
}

func sharedHadoop(t *testing.T) map[string]string {
	t.Helper()
	conf := os.Getenv("WEFT_TEST_HADOOP_CONF")
	if conf == "" {
		t.Fatal("WEFT_TEST_HADOOP_CONF is not set: it names the folder with core-site.xml and hdfs-site.xml")
	}
	return hadoopProperties(t, conf)
}

// testFolder makes an empty folder on the default file system.
func testFolder(t *testing.T, config Config) (FS, string) {
	t.Helper()
	r := NewResolver(config)
	t.Cleanup(func() { r.Close() })
	fsys, dir, err := r.Resolve(fmt.Sprintf("/tmp/weft-storage-test-%d-%d", os.Getpid(), time.Now().UnixNano()))
	if err != nil {
		t.Fatal(err)
	}
	if err := fsys.MkdirAll(t.Context(), dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := fsys.RemoveAll(ctx, dir); err != nil {
			t.Error(err)
		}
	})
	return fsys, dir
}

func TestHDFS(t *testing.T) {
	fsys, dir := testFolder(t, Config{Hadoop: sharedHadoop(t)})
	conformance(t, fsys, dir)
}

func TestHDFSModTimeIsExact(t *testing.T) {
	fsys, dir := testFolder(t, Config{Hadoop: sharedHadoop(t)})
	put(t, fsys, path.Join(dir, "f"), []byte("x"))
	first, err := fsys.Stat(t.Context(), path.Join(dir, "f"))
	if err != nil {
		t.Fatal(err)
	}
	if err := fsys.Rename(t.Context(), path.Join(dir, "f"), path.Join(dir, "g")); err != nil {
		t.Fatal(err)
	}
	second, err := fsys.Stat(t.Context(), path.Join(dir, "g"))
	if err != nil {
		t.Fatal(err)
	}
	list, err := fsys.List(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	ms := first.ModTime.UnixMilli()
	if second.ModTime.UnixMilli() != ms || list[0].ModTime.UnixMilli() != ms || ms == 0 || first.Owner == "" {
		t.Fatalf("modification times %v, %v, %v of owner %q", first.ModTime, second.ModTime, list[0].ModTime, first.Owner)
	}
}

func TestHDFSPermissionDenied(t *testing.T) {
	properties := sharedHadoop(t)
	fsys, dir := testFolder(t, Config{Hadoop: properties})
	if err := fsys.SetPermission(t.Context(), dir, 0o700); err != nil {
		t.Fatal(err)
	}
	nobody, _, err := NewResolver(Config{Hadoop: properties, User: "nobody-in-particular"}).Resolve("/")
	if err != nil {
		t.Fatal(err)
	}
	_, err = nobody.Create(t.Context(), path.Join(dir, "f"), CreateOptions{})
	wantReason(t, err, Permission, nobody.URI(path.Join(dir, "f")), "nobody-in-particular")
	if !errors.Is(err, fs.ErrPermission) {
		t.Fatal("not fs.ErrPermission")
	}
	_, err = nobody.List(t.Context(), dir)
	wantReason(t, err, Permission, nobody.URI(dir), "nobody-in-particular")
}

// A name in use by a writer that died is one thing, a dead cluster another.
func TestHDFSOutOfReach(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	fsys, name, err := NewResolver(Config{RetryFor: -1}).Resolve("hdfs://" + closed.Addr().String() + "/a")
	if err != nil {
		t.Fatal(err)
	}
	_, err = fsys.Stat(t.Context(), name)
	wantReason(t, err, Transient, fsys.URI("/a"), "connection refused")
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	patient, _, err := NewResolver(Config{}).Resolve(fsys.URI("/a"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = patient.Stat(ctx, "/a")
	wantReason(t, err, Transient, fsys.URI("/a"), "connection refused")
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got %v, want the deadline and the fault", err)
	}
}

// A NameNode that accepts and says nothing must not hold up a caller who has gone.
func TestHDFSSilentNamenode(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	fsys, name, err := NewResolver(Config{}).Resolve("hdfs://" + silent.Addr().String() + "/a")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	_, err = fsys.Stat(ctx, name)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got %v", err)
	}
}

// BenchmarkHDFSWriteFile is the floor of a checkpoint: one small file, made to appear.
func BenchmarkHDFSWriteFile(b *testing.B) {
	conf := os.Getenv("WEFT_TEST_HADOOP_CONF")
	if conf == "" {
		b.Fatal("WEFT_TEST_HADOOP_CONF is not set")
	}
	r := NewResolver(Config{Hadoop: hadoopProperties(b, conf)})
	defer r.Close()
	fsys, name, err := r.Resolve(fmt.Sprintf("/tmp/weft-storage-bench-%d", time.Now().UnixNano()))
	if err != nil {
		b.Fatal(err)
	}
	for _, size := range []int{1 << 10, 64 << 20} {
		data := make([]byte, size)
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			b.SetBytes(int64(size))
			for b.Loop() {
				err := fsys.WriteFile(b.Context(), name, CreateOptions{Overwrite: true}, func(w io.Writer) error {
					_, err := w.Write(data)
					return err
				})
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	if err := fsys.Remove(context.Background(), name); err != nil {
		b.Fatal(err)
	}
}
