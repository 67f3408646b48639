//go:build integration

package storage

import (
	"bytes"
	"context"
	"io"
	"os/exec"
	"path"
	"path/filepath"
	"testing"
	"time"
)

// ownHadoop is a Hadoop that only this test uses, so that it may break it.
type ownHadoop struct {
	t      *testing.T
	script string
	dir    string
}

func startHadoop(t *testing.T) *ownHadoop {
	t.Helper()
	script, err := filepath.Abs("../../scripts/hadoop")
	if err != nil {
		t.Fatal(err)
	}
	h := &ownHadoop{t: t, script: script, dir: t.TempDir()}
	t.Cleanup(func() { h.run("down", "--purge") })
	h.run("up")
	return h
}

func (h *ownHadoop) run(args ...string) {
	h.t.Helper()
	out, err := exec.Command(h.script, append([]string{"--dir", h.dir}, args...)...).CombinedOutput()
	if err != nil {
		h.t.Errorf("scripts/hadoop %v: %v\n%s", args, err, out)
	}
}

func (h *ownHadoop) properties() map[string]string {
	return hadoopProperties(h.t, filepath.Join(h.dir, "conf"))
}

// slowly writes data in pieces and calls between after each of them.
func slowly(w io.Writer, data []byte, between func()) error {
	const piece = 256 << 10
	for len(data) > 0 {
		n := min(piece, len(data))
		if _, err := w.Write(data[:n]); err != nil {
			return err
		}
		data = data[n:]
		between()
	}
	return nil
}

func once(f func()) func() {
	called := false
	return func() {
		if !called {
			called = true
			f()
		}
	}
}

// TestHDFSFaults breaks a real HDFS in every way that a checkpoint must survive.
func TestHDFSFaults(t *testing.T) {
	hadoop := startHadoop(t)
	fsys, dir := testFolder(t, Config{Hadoop: hadoop.properties()})
	data := randomBytes(8 << 20)

	t.Run("DataNode killed during a write", func(t *testing.T) {
		name := path.Join(dir, "datanode")
		kill := once(func() { hadoop.run("kill", "datanode1") })
		writeThrough(t, fsys, name, data, kill)
		wantBytes(t, fsys, name, data)
	})
	t.Run("DataNode killed during a read", func(t *testing.T) {
		hadoop.run("restart", "datanode1")
		name := path.Join(dir, "read")
		writeThrough(t, fsys, name, data, func() {})
		f, err := fsys.Open(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		got := make([]byte, len(data))
		if _, err := io.ReadFull(f, got[:1<<20]); err != nil {
			t.Fatal(err)
		}
		hadoop.run("kill", "datanode2")
		if _, err := io.ReadFull(f, got[1<<20:]); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, data) {
			t.Fatal("read other bytes")
		}
		hadoop.run("restart", "datanode2")
	})
	t.Run("DataNode frozen during a write", func(t *testing.T) {
		name := path.Join(dir, "frozen")
		writeThrough(t, fsys, name, data, once(func() { hadoop.run("pause", "datanode2") }))
		hadoop.run("resume", "datanode2")
		wantBytes(t, fsys, name, data)
	})
	t.Run("NameNode down for 20 s during a write", func(t *testing.T) {
		name := path.Join(dir, "namenode")
		back := make(chan struct{})
		kill := once(func() {
			hadoop.run("kill", "namenode")
			go func() {
				defer close(back)
				time.Sleep(20 * time.Second)
				hadoop.run("restart", "namenode")
			}()
		})
		writeThrough(t, fsys, name, data, kill)
		<-back
		wantBytes(t, fsys, name, data)
	})
	t.Run("NameNode down for small operations and reads", func(t *testing.T) {
		f, err := fsys.Open(t.Context(), path.Join(dir, "namenode"))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		hadoop.run("kill", "namenode")
		back := make(chan struct{})
		go func() {
			defer close(back)
			hadoop.run("restart", "namenode")
		}()
		got := make([]byte, len(data))
		if _, err := f.ReadAt(got, 0); err != nil || !bytes.Equal(got, data) {
			t.Fatalf("read: %v", err)
		}
		if err := fsys.Rename(t.Context(), path.Join(dir, "namenode"), path.Join(dir, "renamed")); err != nil {
			t.Fatal(err)
		}
		if err := fsys.MkdirAll(t.Context(), path.Join(dir, "sub"), 0o755); err != nil {
			t.Fatal(err)
		}
		<-back
		wantBytes(t, fsys, path.Join(dir, "renamed"), data)
	})
	t.Run("NameNode frozen", func(t *testing.T) {
		hadoop.run("pause", "namenode")
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		if _, err := fsys.Stat(ctx, dir); err == nil {
			t.Fatal("a frozen NameNode answered")
		}
		hadoop.run("resume", "namenode")
		if _, err := fsys.Stat(t.Context(), dir); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("nothing left behind", func(t *testing.T) {
		out, err := exec.Command(hadoop.script, "--dir", hadoop.dir, "fs", "-ls", "-R", dir).CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if bytes.Contains(out, []byte(temporarySuffix)) {
			t.Fatalf("temporary files are left:\n%s", out)
		}
	})
}

func writeThrough(t *testing.T, fsys FS, name string, data []byte, between func()) {
	t.Helper()
	start, runs := time.Now(), 0
	err := fsys.WriteFile(t.Context(), name, CreateOptions{InPlace: true}, func(w io.Writer) error {
		runs++
		return slowly(w, data, between)
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("written after %d runs and %s", runs, time.Since(start).Round(time.Millisecond))
}

func wantBytes(t *testing.T, fsys FS, name string, want []byte) {
	t.Helper()
	got, err := ReadFile(t.Context(), fsys, name, 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Fatalf("%d other bytes than the %d written", len(got), len(want))
	}
}
