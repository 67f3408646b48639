package storage

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/user"
	"path"
	"strings"
	"sync"
	"time"

	krb "github.com/jcmturner/gokrb5/v8/client"
)

// DialFunc opens a connection; its context bounds the dial and any login in it.
type DialFunc func(ctx context.Context, network, addr string) (net.Conn, error)

// DefaultRetryFor is how long an operation rides out faults: a NameNode that
// was killed, restarted and left safe mode takes more than a minute.
const DefaultRetryFor = 3 * time.Minute

// Config says how to reach file systems. The zero value serves local files.
type Config struct {
	// Hadoop holds the merged properties of core-site.xml and hdfs-site.xml.
	Hadoop map[string]string
	// User is who to be on a cluster without Kerberos. Empty means
	// $HADOOP_USER_NAME, else the user of the operating system, which in a YARN
	// container can be the NodeManager's: pass the submitting user there.
	User string
	// Kerberos logs in to a secure cluster. It must hold credentials.
	Kerberos *krb.Client
	// NamenodeDial opens connections to NameNodes, if set. On a secure cluster it
	// may log in with a delegation token and return a connection that drops the
	// client's own 7-byte preamble; User is then the token's owner.
	NamenodeDial DialFunc
	// DatanodeDial opens connections to DataNodes, if set.
	DatanodeDial DialFunc
	// RetryFor is how long one operation is tried again on faults that may
	// pass; 0 means DefaultRetryFor, less than 0 means not at all.
	RetryFor time.Duration
	// Log is told about retries; nil means slog.Default().
	Log *slog.Logger
}

func (c Config) withDefaults() Config {
	if c.RetryFor == 0 {
		c.RetryFor = DefaultRetryFor
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.User == "" {
		c.User = os.Getenv("HADOOP_USER_NAME")
	}
	if c.User == "" {
		if u, err := user.Current(); err == nil {
			c.User = u.Username
		}
	}
	return c
}

// Resolver hands out file systems by URI, one for each cluster. It may be used
// concurrently.
type Resolver struct {
	config Config

	mu    sync.Mutex
	local *localFS
	hdfs  map[string]*hdfsFS // by authority
}

// NewResolver makes a resolver. It connects to nothing yet.
func NewResolver(config Config) *Resolver {
	return &Resolver{config: config.withDefaults(), local: &localFS{}, hdfs: map[string]*hdfsFS{}}
}

// Resolve finds the file system of a URI and the cleaned path on it. A path
// without a scheme is one on fs.defaultFS, or a local one when that is not set.
// A URI that cannot be served is an error; whether the cluster answers is not
// tried.
func (r *Resolver) Resolve(uri string) (FS, string, error) {
	location, err := parseURI(uri)
	if err == nil && location.scheme == "" {
		location, err = r.onDefault(location)
	}
	if err == nil && location.scheme == "hdfs" && location.authority == "" {
		location, err = r.onDefaultHDFS(location)
	}
	if err != nil {
		return nil, "", &Error{Op: "resolve", URI: fmt.Sprintf("%q", uri), Reason: Invalid, Err: err}
	}
	if location.scheme == "file" {
		return r.local, location.path, nil
	}
	fsys, err := r.cluster(location.authority)
	if err != nil {
		return nil, "", &Error{Op: "resolve", URI: fmt.Sprintf("%q", uri), Reason: Invalid, Err: err}
	}
	return fsys, location.path, nil
}

// Close closes the idle connections of all file systems. Operations under way
// end normally.
func (r *Resolver) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var errs []error
	for _, fsys := range r.hdfs {
		errs = append(errs, fsys.Close())
	}
	return errors.Join(errs...)
}

func (r *Resolver) cluster(authority string) (*hdfsFS, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if fsys := r.hdfs[authority]; fsys != nil {
		return fsys, nil
	}
	fsys, err := newHDFS(r.config, authority)
	if err != nil {
		return nil, err
	}
	r.hdfs[authority] = fsys
	return fsys, nil
}

// onDefault places a path without a scheme on fs.defaultFS.
func (r *Resolver) onDefault(l location) (location, error) {
	name := r.defaultFS()
	if name == "" {
		l.scheme = "file"
		return l, nil
	}
	base, err := parseURI(name)
	if err != nil || base.scheme == "" {
		return l, fmt.Errorf("fs.defaultFS is %q, which is neither an hdfs:// nor a file:// uri", name)
	}
	l.scheme, l.authority = base.scheme, base.authority
	return l, nil
}

// onDefaultHDFS gives hdfs:///p the authority of fs.defaultFS.
func (r *Resolver) onDefaultHDFS(l location) (location, error) {
	base, err := parseURI(r.defaultFS())
	if err != nil || base.scheme != "hdfs" || base.authority == "" {
		return l, fmt.Errorf("names no NameNode, and fs.defaultFS (%q) names none either: write hdfs://host:port/path", r.defaultFS())
	}
	l.authority = base.authority
	return l, nil
}

func (r *Resolver) defaultFS() string {
	if name := strings.TrimSpace(r.config.Hadoop["fs.defaultFS"]); name != "" {
		return name
	}
	return strings.TrimSpace(r.config.Hadoop["fs.default.name"]) // its name before Hadoop 2
}

// location is a parsed URI.
type location struct{ scheme, authority, path string }

// parseURI splits a URI as Hadoop's Path does: nothing is percent-decoded, and
// "file:/p" is the same as "file:///p".
func parseURI(uri string) (location, error) {
	for _, c := range uri {
		if c < ' ' || c == 0x7f {
			return location{}, errors.New("holds a control character")
		}
	}
	var l location
	rest := uri
	if scheme, after, ok := strings.Cut(uri, ":"); ok && !strings.Contains(scheme, "/") {
		l.scheme, rest = strings.ToLower(scheme), after
		if l.scheme != "hdfs" && l.scheme != "file" {
			return location{}, fmt.Errorf("unknown scheme %q: use hdfs:// or file://", scheme)
		}
		if after, ok := strings.CutPrefix(rest, "//"); ok {
			l.authority, rest, _ = strings.Cut(after, "/")
			rest = "/" + rest
		}
	}
	if !strings.HasPrefix(rest, "/") {
		return location{}, errors.New("not an absolute path, nor a uri such as hdfs://host:8020/path or file:///path")
	}
	if l.scheme == "file" && l.authority == "localhost" {
		l.authority = ""
	}
	if l.scheme == "file" && l.authority != "" {
		return location{}, fmt.Errorf("names the host %q: a local file is file:///path, with three slashes", l.authority)
	}
	if strings.ContainsAny(l.authority, "@ ") {
		return location{}, fmt.Errorf("%q is not a host, host:port or nameservice", l.authority)
	}
	l.path = path.Clean(rest)
	return l, nil
}
