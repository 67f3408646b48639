//go:build integration

package storage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"path"
	"sync/atomic"
	"testing"
	"time"
)

// hookConn is a connection to a NameNode that does something after a call of one
// method was sent and done, before its answer is read.
type hookConn struct {
	net.Conn
	method string
	sent   func()
}

func (c *hookConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	// The name stands in a protobuf string: length first.
	if bytes.Contains(p, append([]byte{byte(len(c.method))}, c.method...)) {
		time.Sleep(100 * time.Millisecond) // the NameNode does it meanwhile
		c.sent()
	}
	return n, err
}

// Every method's answer is lost once; each operation must succeed all the same,
// and take its own work for done rather than for somebody else's.
func TestHDFSLostAnswers(t *testing.T) {
	properties := sharedHadoop(t)
	for _, inPlace := range []bool{false, true} {
		t.Run(fmt.Sprintf("in place %v", inPlace), func(t *testing.T) { loseAnswers(t, properties, inPlace) })
	}
}

func loseAnswers(t *testing.T, properties map[string]string, inPlace bool) {
	for _, method := range []string{"getFileInfo", "getServerDefaults", "create", "addBlock", "updateBlockForPipeline", "complete", "rename2", "mkdirs", "delete", "setPermission", "getListing", "getBlockLocations"} {
		t.Run(method, func(t *testing.T) {
			var armed atomic.Bool
			armed.Store(true)
			fsys, dir := testFolder(t, Config{Hadoop: properties, NamenodeDial: func(ctx context.Context, network, addr string) (net.Conn, error) {
				conn, err := (&net.Dialer{}).DialContext(ctx, network, addr)
				if err != nil {
					return nil, err
				}
				return &hookConn{conn, method, func() {
					if armed.CompareAndSwap(true, false) {
						conn.Close()
					}
				}}, nil
			}})
			data := randomBytes(100_000)
			name, renamed := path.Join(dir, "sub/file"), path.Join(dir, "sub/renamed")
			if err := fsys.MkdirAll(t.Context(), path.Join(dir, "sub"), 0o755); err != nil {
				t.Fatal(err)
			}
			err := fsys.WriteFile(t.Context(), name, CreateOptions{InPlace: inPlace}, func(w io.Writer) error {
				_, err := w.Write(data)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			if err := fsys.SetPermission(t.Context(), name, 0o600); err != nil {
				t.Fatal(err)
			}
			wantNames(t, fsys, path.Join(dir, "sub"), "file")
			wantBytes(t, fsys, name, data)
			armed.Store(armed.Load() || method == "rename2")
			if err := fsys.Rename(t.Context(), name, renamed); err != nil {
				t.Fatal(err)
			}
			if err := fsys.Remove(t.Context(), renamed); err != nil {
				t.Fatal(err)
			}
			wantNames(t, fsys, path.Join(dir, "sub"))
			if armed.Load() {
				t.Fatalf("no %s was called", method)
			}
		})
	}
}

// Whoever asked for a file is gone when the NameNode's answer comes: the
// temporary file that it made is removed.
func TestHDFSCreateBrokenOff(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	fsys, dir := testFolder(t, Config{Hadoop: sharedHadoop(t), NamenodeDial: func(_ context.Context, network, addr string) (net.Conn, error) {
		conn, err := net.Dial(network, addr)
		return &hookConn{conn, "create", func() { cancel(); conn.Close() }}, err
	}})
	if _, err := fsys.Create(ctx, path.Join(dir, "file"), CreateOptions{}); !errors.Is(err, context.Canceled) {
		t.Fatalf("%v", err)
	}
	if list, err := Unfinished(t.Context(), fsys, dir); err != nil || len(list) != 0 {
		t.Fatalf("%v is left: %v", list, err)
	}
}
