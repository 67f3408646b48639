//go:build integration

package storage

import (
	"bytes"
	"context"
	"net"
	"path"
	"sync/atomic"
	"testing"
	"time"
)

// deafConn is a connection to a NameNode that breaks once after a call of one
// method was sent, so that the call is done and its answer lost.
type deafConn struct {
	net.Conn
	method []byte
	armed  *atomic.Bool
}

func (c *deafConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	if bytes.Contains(p, c.method) && c.armed.CompareAndSwap(true, false) {
		time.Sleep(100 * time.Millisecond) // the NameNode does it meanwhile
		c.Conn.Close()
	}
	return n, err
}

// Every method's answer is lost once; each operation must succeed all the same,
// and take its own work for done rather than for somebody else's.
func TestHDFSLostAnswers(t *testing.T) {
	properties := sharedHadoop(t)
	for _, method := range []string{"getFileInfo", "getServerDefaults", "create", "addBlock", "updateBlockForPipeline", "complete", "rename2", "mkdirs", "delete", "setPermission", "getListing", "getBlockLocations"} {
		t.Run(method, func(t *testing.T) {
			var armed atomic.Bool
			armed.Store(true)
			fsys, dir := testFolder(t, Config{Hadoop: properties, NamenodeDial: func(ctx context.Context, network, addr string) (net.Conn, error) {
				conn, err := (&net.Dialer{}).DialContext(ctx, network, addr)
				if err != nil {
					return nil, err
				}
				// The name stands in a protobuf string: length first.
				return &deafConn{conn, append([]byte{byte(len(method))}, method...), &armed}, nil
			}})
			data := randomBytes(100_000)
			name, renamed := path.Join(dir, "sub/file"), path.Join(dir, "sub/renamed")
			if err := fsys.MkdirAll(t.Context(), path.Join(dir, "sub"), 0o755); err != nil {
				t.Fatal(err)
			}
			put(t, fsys, name, data)
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
