//go:build integration

package snapshot

import (
	"context"
	"encoding/xml"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"testing"
	"time"

	"github.com/weft-stream/weft/internal/storage"
)

// hdfsFolder is an empty folder on the Hadoop that tests may use.
func hdfsFolder(t *testing.T) (*storage.Resolver, storage.FS, string) {
	t.Helper()
	conf := os.Getenv("WEFT_TEST_HADOOP_CONF")
	if conf == "" {
		t.Fatal("WEFT_TEST_HADOOP_CONF is not set: it names the folder with core-site.xml and hdfs-site.xml")
	}
	properties := map[string]string{}
	for _, file := range []string{"core-site.xml", "hdfs-site.xml"} {
		var list struct {
			Property []struct {
				Name  string `xml:"name"`
				Value string `xml:"value"`
			} `xml:"property"`
		}
		data, err := os.ReadFile(filepath.Join(conf, file))
		if err == nil {
			err = xml.Unmarshal(data, &list)
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range list.Property {
			properties[p.Name] = p.Value
		}
	}
	r := storage.NewResolver(storage.Config{Hadoop: properties})
	t.Cleanup(func() { r.Close() })
	fsys, dir, err := r.Resolve(fmt.Sprintf("/tmp/weft-snapshot-test-%d-%d", os.Getpid(), time.Now().UnixNano()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := fsys.RemoveAll(ctx, dir); err != nil {
			t.Error(err)
		}
	})
	return r, fsys, dir
}

func TestCatalogueOnHDFS(t *testing.T) {
	_, fsys, root := hdfsFolder(t)
	testCatalogue(t, fsys, root)
}

// A checkpoint on HDFS is read by parts, and a copy of its folder elsewhere as well.
func TestRoundTripOnHDFS(t *testing.T) {
	r, fsys, root := hdfsFolder(t)
	const size = 300_000
	dir := writeCheckpoint(t, fsys, root, 7, size, 1<<10)
	moved := path.Join(root, "elsewhere")
	if err := fsys.Rename(t.Context(), dir, moved); err != nil {
		t.Fatal(err)
	}
	snap, err := Open(t.Context(), r, fsys.URI(moved)+"/_metadata")
	if err != nil {
		t.Fatal(err)
	}
	got, err := readAll(t.Context(), snap.FS, snap.Dir, snap.Meta, 70, 90)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		fmt.Sprintf("64-79 %q", frameOf("count", 64, 79, size)),
		fmt.Sprintf("80-95 %q", frameOf("count", 80, 95, size)),
	}
	if len(got["count"]) != 2 || got["count"][0] != want[0] || got["count"][1] != want[1] {
		t.Fatalf("read %d frames, not the two that were written", len(got["count"]))
	}
	if err := Verify(t.Context(), fsys, moved); err != nil {
		t.Fatal(err)
	}
}
