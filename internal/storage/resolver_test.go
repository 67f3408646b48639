package storage

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var pair = map[string]string{
	"fs.defaultFS":                       "hdfs://ns1",
	"dfs.nameservices":                   "ns1, ns2 ,broken",
	"dfs.ha.namenodes.ns1":               "nn1, nn2",
	"dfs.namenode.rpc-address.ns1.nn1":   "host1:9000",
	"dfs.namenode.rpc-address.ns1.nn2":   "host2:9000",
	"dfs.namenode.rpc-address.ns2":       "host3",
	"dfs.ha.namenodes.half":              "nn1",
	"dfs.client.use.datanode.hostname":   "true",
	"dfs.namenode.kerberos.principal":    "nn/_HOST@REALM",
	"dfs.replication":                    "2",
	"hadoop.security.authentication":     "simple",
	"dfs.namenode.rpc-address.other.nn1": "host4:9000",
}

func TestResolve(t *testing.T) {
	single := map[string]string{"fs.defaultFS": "hdfs://host:9000/"}
	for _, test := range []struct {
		properties map[string]string
		uri        string
		want       string // the URI again, and the NameNodes
	}{
		{nil, "/a/b", "file:///a/b"},
		{nil, "file:///a//b/", "file:///a/b"},
		{nil, "file:/a", "file:///a"},
		{nil, "FILE://localhost/a/../b", "file:///b"},
		{nil, "hdfs://host:9000/a", "hdfs://host:9000/a host:9000"},
		{nil, "hdfs://host/a", "hdfs://host/a host:8020"},
		{nil, "hdfs://[::1]:9000/a", "hdfs://[::1]:9000/a [::1]:9000"},
		{nil, "hdfs://host", "hdfs://host/ host:8020"},
		{nil, "/with:colon", "file:///with:colon"},
		{single, "/a/chk-1/", "hdfs://host:9000/a/chk-1 host:9000"},
		{single, "hdfs:///a", "hdfs://host:9000/a host:9000"},
		{single, "hdfs:/a", "hdfs://host:9000/a host:9000"},
		{single, "file:///a", "file:///a"},
		{map[string]string{"fs.defaultFS": "file:///"}, "/a", "file:///a"},
		{pair, "/a", "hdfs://ns1/a host1:9000 host2:9000"},
		{pair, "hdfs://ns1/a", "hdfs://ns1/a host1:9000 host2:9000"},
		{pair, "hdfs://ns2/a", "hdfs://ns2/a host3:8020"},
		{pair, "hdfs://host2:9000/a", "hdfs://host2:9000/a host2:9000"},
	} {
		fsys, name, err := NewResolver(Config{Hadoop: test.properties}).Resolve(test.uri)
		if err != nil {
			t.Errorf("%s: %v", test.uri, err)
			continue
		}
		got := fsys.URI(name)
		if h, ok := fsys.(*hdfsFS); ok {
			got += " " + strings.Join(h.pool.options.Addresses, " ")
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: %s", test.uri, diff)
		}
	}
}

func TestResolveRefuses(t *testing.T) {
	for _, test := range []struct {
		properties map[string]string
		uri, want  string
	}{
		{nil, "", "not an absolute path"},
		{nil, "a/b", "not an absolute path"},
		{nil, "./chk-1", "not an absolute path"},
		{nil, "s3://bucket/a", `unknown scheme "s3": use hdfs:// or file://`},
		{nil, "hdfs:///a", "names no NameNode, and fs.defaultFS"},
		{nil, "file://host/a", "three slashes"},
		{nil, "hdfs://host:port/a", "not a host, host:port or nameservice"},
		{nil, "hdfs://:9000/a", "not a host, host:port or nameservice"},
		{nil, "hdfs://user@host/a", "not a host, host:port or nameservice"},
		{nil, "/a\x00b", "control character"},
		{nil, "/a\nb", "control character"},
		{pair, "hdfs://half/a", "dfs.namenode.rpc-address.half.nn1 is not set"},
		{pair, "hdfs://broken/a", `nameservice "broken" has neither`},
		{map[string]string{"fs.defaultFS": "viewfs://x/"}, "/a", "neither an hdfs:// nor a file:// uri"},
		{map[string]string{"dfs.replication": "many"}, "hdfs://h/a", `dfs.replication is "many"`},
		{map[string]string{"fs.permissions.umask-mode": "u=rwx"}, "hdfs://h/a", "not an octal number such as 022"},
		{map[string]string{"hadoop.security.authentication": "kerberos"}, "hdfs://h/a", "neither a Kerberos login nor a token"},
	} {
		_, _, err := NewResolver(Config{Hadoop: test.properties}).Resolve(test.uri)
		wantReason(t, err, Invalid, "", test.want)
	}
}

func TestResolverHandsOutOneFSForACluster(t *testing.T) {
	r := NewResolver(Config{Hadoop: pair})
	a, _, _ := r.Resolve("/a")
	b, _, _ := r.Resolve("hdfs://ns1/b")
	c, _, _ := r.Resolve("hdfs://ns2/b")
	if a != b || a == c {
		t.Fatal("file systems are not shared by cluster")
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
}

func FuzzParseURI(f *testing.F) {
	for _, seed := range []string{"/a", "hdfs://h:1/a/../b", "hdfs:/a", "file:///", "hdfs://[::1]/x", ":", "hdfs:", "//a//b", "hdfs://"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, uri string) {
		l, err := parseURI(uri)
		if err != nil {
			return
		}
		if !strings.HasPrefix(l.path, "/") || strings.Contains(l.path+"/", "/../") || strings.Contains(l.path, "//") {
			t.Fatalf("%q gives the path %q", uri, l.path)
		}
		if l.scheme == "" {
			return
		}
		again, err := parseURI(l.scheme + "://" + l.authority + l.path)
		if err != nil || again != l {
			t.Fatalf("%q: %+v reads back as %+v, %v", uri, l, again, err)
		}
	})
}
