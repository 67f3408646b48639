package conf

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// site is a file of Hadoop's with the properties given as name, value, name, value.
func site(pairs ...string) string {
	var b strings.Builder
	b.WriteString("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<configuration>\n")
	for i := 0; i < len(pairs); i += 2 {
		fmt.Fprintf(&b, "<property><name>%s</name><value>%s</value></property>\n", pairs[i], pairs[i+1])
	}
	return b.String() + "</configuration>\n"
}

// cluster reads a folder with the files given as name, content, name, content.
func cluster(t *testing.T, files ...string) (*Hadoop, string) {
	t.Helper()
	dir := folder(t, files...)
	h, err := ReadHadoop(dir)
	must(t, err)
	return h, dir
}

// shownAddresses is how addresses look in messages.
func shownAddresses(t *testing.T, dir string, all []Address, err error) []string {
	t.Helper()
	if err != nil {
		return []string{"error: " + relative(dir, err.Error())}
	}
	var s []string
	for _, a := range all {
		s = append(s, relative(dir, a.String()))
	}
	return s
}

func TestOneMachineCluster(t *testing.T) {
	h, dir := cluster(t,
		"core-site.xml", site("fs.default.name", "hdfs://127.0.0.1:9000/"),
		"hdfs-site.xml", site("dfs.replication", "1", "dfs.client.use.datanode.hostname", "true"),
		"yarn-site.xml", site("yarn.resourcemanager.hostname", "rm.example", "yarn.resourcemanager.webapp.address", "${yarn.resourcemanager.hostname}:18088"))
	fs, err := h.DefaultFS()
	must(t, err)
	if fs.Value != "hdfs://127.0.0.1:9000" || relative(dir, fs.String()) != "fs.defaultFS in DIR/core-site.xml" {
		t.Errorf("default file system %q from %s", fs.Value, fs)
	}
	web, err := h.RMWebAddresses()
	want := []string{"rm.example:18088 (yarn.resourcemanager.webapp.address in DIR/yarn-site.xml)"}
	if diff := cmp.Diff(want, shownAddresses(t, dir, web, err)); diff != "" {
		t.Errorf("web (-want +got):\n%s", diff)
	}
	if got := web[0].URL(); got != "http://rm.example:18088" {
		t.Errorf("page at %s", got)
	}
	scheduler, err := h.RMSchedulerAddresses()
	want = []string{"rm.example:8030 (yarn.resourcemanager.hostname in DIR/yarn-site.xml)"}
	if diff := cmp.Diff(want, shownAddresses(t, dir, scheduler, err)); diff != "" {
		t.Errorf("scheduler (-want +got):\n%s", diff)
	}
	nn, err := h.NameNodes("")
	want = []string{"127.0.0.1:9000 (fs.defaultFS in DIR/core-site.xml)"}
	if diff := cmp.Diff(want, shownAddresses(t, dir, nn, err)); diff != "" {
		t.Errorf("namenode (-want +got):\n%s", diff)
	}
	replication, err := h.Replication()
	must(t, err)
	byName, err := h.UseDatanodeHostname()
	must(t, err)
	security, err := h.Security()
	must(t, err)
	protection, err := h.RPCProtection()
	must(t, err)
	if replication != 1 || !byName || security != "simple" || !cmp.Equal(protection, []string{"authentication"}) {
		t.Errorf("replication %d, by name %v, security %s, protection %v", replication, byName, security, protection)
	}
}

// pairFiles are those of a cluster in which both masters are pairs.
var pairFiles = []string{
	"core-site.xml", site("fs.defaultFS", "hdfs://ns1", "hadoop.security.authentication", "Kerberos", "hadoop.rpc.protection", "privacy,integrity",
		"hadoop.http.authentication.signature.secret", "hush", "fs.s3a.secret.key", "hush", "io.file.buffer.size", "4096"),
	"hdfs-site.xml", site("dfs.nameservices", "ns1, ns2,ns3", "dfs.ha.namenodes.ns1", "nn1,nn2",
		"dfs.namenode.rpc-address.ns1.nn1", "m1:8021", "dfs.namenode.rpc-address.ns1.nn2", "m2", "dfs.namenode.rpc-address.ns2", "m3:8022"),
	"yarn-site.xml", site("yarn.resourcemanager.ha.enabled", "true", "yarn.resourcemanager.ha.rm-ids", "rm1,rm2",
		"yarn.resourcemanager.hostname.rm1", "m1", "yarn.resourcemanager.webapp.address.rm2", "m2:18088",
		"yarn.resourcemanager.scheduler.address.rm2", "m2:18030", "yarn.resourcemanager.hostname.rm2", "m2"),
}

// TestPairs asks the same of the files and of the properties that travel.
func TestPairs(t *testing.T) {
	h, dir := cluster(t, pairFiles...)
	travelled := HadoopFromProperties(h.Properties())
	for name, c := range map[string]struct {
		h     *Hadoop
		where func(file string) string
	}{
		"files":     {h, func(file string) string { return "in DIR/" + file }},
		"travelled": {travelled, func(string) string { return "of the submitted job" }},
	} {
		t.Run(name, func(t *testing.T) {
			check := func(what string, all []Address, err error, want ...string) {
				t.Helper()
				if diff := cmp.Diff(want, shownAddresses(t, dir, all, err)); diff != "" {
					t.Errorf("%s (-want +got):\n%s", what, diff)
				}
			}
			hdfs, yarn := c.where("hdfs-site.xml"), c.where("yarn-site.xml")
			all, err := c.h.NameNodes("")
			check("default", all, err,
				"m1:8021 (dfs.namenode.rpc-address.ns1.nn1 "+hdfs+")", "m2:8020 (dfs.namenode.rpc-address.ns1.nn2 "+hdfs+")")
			all, err = c.h.NameNodes("ns2")
			check("ns2", all, err, "m3:8022 (dfs.namenode.rpc-address.ns2 "+hdfs+")")
			all, err = c.h.NameNodes("ns3")
			check("ns3", all, err, "error: nameservice ns3 (dfs.nameservices "+hdfs+"): dfs.namenode.rpc-address.ns3 is not set")
			all, err = c.h.NameNodes("other:9000")
			check("other", all, err, "other:9000 (hdfs://other:9000)")
			all, err = c.h.RMWebAddresses()
			check("web", all, err,
				"m1:8088 (yarn.resourcemanager.hostname.rm1 "+yarn+")", "m2:18088 (yarn.resourcemanager.webapp.address.rm2 "+yarn+")")
			all, err = c.h.RMSchedulerAddresses()
			check("scheduler", all, err,
				"m1:8030 (yarn.resourcemanager.hostname.rm1 "+yarn+")", "m2:18030 (yarn.resourcemanager.scheduler.address.rm2 "+yarn+")")
			security, err := c.h.Security()
			must(t, err)
			protection, err := c.h.RPCProtection()
			must(t, err)
			if security != "kerberos" || !cmp.Equal(protection, []string{"privacy", "integrity"}) {
				t.Errorf("security %s, protection %v", security, protection)
			}
		})
	}
	for name, value := range h.Properties() {
		if value == "hush" || name == "io.file.buffer.size" {
			t.Errorf("%s travels", name)
		}
	}
}

func TestSecureWebAddress(t *testing.T) {
	h, _ := cluster(t, "yarn-site.xml", site("yarn.http.policy", "HTTPS_ONLY", "yarn.resourcemanager.hostname", "rm"))
	web, err := h.RMWebAddresses()
	must(t, err)
	if got := web[0].URL(); got != "https://rm:8090" {
		t.Errorf("page at %s", got)
	}
}

func TestHadoopMistakes(t *testing.T) {
	for name, v := range map[string]struct {
		file, text string
		ask        func(*Hadoop) error
		want       string
	}{
		"no file system": {
			"yarn-site.xml", site(), func(h *Hadoop) error { _, err := h.DefaultFS(); return err },
			`fs.defaultFS by default is "file:///": hdfs://host:port or hdfs://nameservice is wanted in core-site.xml`,
		},
		"other file system": {
			"core-site.xml", site("fs.defaultFS", "viewfs://x"), func(h *Hadoop) error { _, err := h.NameNodes(""); return err },
			`fs.defaultFS in DIR/core-site.xml is "viewfs://x": hdfs://host:port or hdfs://nameservice is wanted in core-site.xml`,
		},
		"port": {
			"core-site.xml", site("fs.defaultFS", "hdfs://nn:99999"), func(h *Hadoop) error { _, err := h.NameNodes(""); return err },
			`fs.defaultFS in DIR/core-site.xml is "nn:99999": host:port is wanted`,
		},
		"variable": {
			"yarn-site.xml", site("yarn.resourcemanager.hostname", "${rm.host}"), func(h *Hadoop) error { _, err := h.RMWebAddresses(); return err },
			`yarn.resourcemanager.hostname in DIR/yarn-site.xml is "${rm.host}": host:port is wanted`,
		},
		"no ids": {
			"yarn-site.xml", site("yarn.resourcemanager.ha.enabled", "true"), func(h *Hadoop) error { _, err := h.RMWebAddresses(); return err },
			`yarn.resourcemanager.ha.enabled in DIR/yarn-site.xml is true, but yarn.resourcemanager.ha.rm-ids is not set`,
		},
		"id without host": {
			"yarn-site.xml", site("yarn.resourcemanager.ha.enabled", "true", "yarn.resourcemanager.ha.rm-ids", "a"),
			func(h *Hadoop) error { _, err := h.RMSchedulerAddresses(); return err },
			`neither yarn.resourcemanager.scheduler.address.a nor yarn.resourcemanager.hostname.a is set`,
		},
		"ha": {
			"yarn-site.xml", site("yarn.resourcemanager.ha.enabled", "perhaps"), func(h *Hadoop) error { _, err := h.RMWebAddresses(); return err },
			`yarn.resourcemanager.ha.enabled in DIR/yarn-site.xml is "perhaps", allowed is true or false`,
		},
		"security": {
			"core-site.xml", site("hadoop.security.authentication", "none"), func(h *Hadoop) error { _, err := h.Security(); return err },
			`hadoop.security.authentication in DIR/core-site.xml is "none", allowed is simple or kerberos`,
		},
		"protection": {
			"core-site.xml", site("hadoop.rpc.protection", "privacy, total"), func(h *Hadoop) error { _, err := h.RPCProtection(); return err },
			`hadoop.rpc.protection in DIR/core-site.xml is "privacy, total", allowed is authentication, integrity, privacy or several of them`,
		},
		"replication": {
			"hdfs-site.xml", site("dfs.replication", "0"), func(h *Hadoop) error { _, err := h.Replication(); return err },
			`dfs.replication in DIR/hdfs-site.xml is "0", allowed is a whole number from 1 to 512`,
		},
	} {
		h, dir := cluster(t, v.file, v.text)
		err := v.ask(h)
		if err == nil || relative(dir, err.Error()) != v.want {
			t.Errorf("%s:\ngot  %v\nwant %s", name, err, v.want)
		}
	}
}

func TestBadXML(t *testing.T) {
	for name, v := range map[string]struct{ text, want string }{
		"syntax":       {"<configuration>\n<property>\n</configuration>", "DIR/core-site.xml:3: element <property> closed by </configuration>"},
		"cut":          {"<configuration>\n", "DIR/core-site.xml:2: unexpected EOF"},
		"empty":        {"", "DIR/core-site.xml:1: no <configuration> in it"},
		"other":        {"<html>", "DIR/core-site.xml:1: <configuration> is wanted, <html> stands there"},
		"no name":      {"<configuration>\n<property><value>x</value></property>", "DIR/core-site.xml:2: a <property> has no <name>"},
		"encoding":     {`<?xml version="1.0" encoding="UTF-16"?><configuration/>`, `DIR/core-site.xml:1: xml: opening charset "UTF-16": the encoding is UTF-16, UTF-8 is wanted`},
		"entity":       {"<!DOCTYPE x [<!ENTITY a 'b'>]><configuration><property><name>&a;</name></property></configuration>", "DIR/core-site.xml:1: invalid character entity &a;"},
		"remote":       {`<configuration><xi:include href="http://x/y.xml"/></configuration>`, `DIR/core-site.xml:1: include of "http://x/y.xml": only local files can be included`},
		"not there":    {`<configuration><xi:include href="y.xml"/></configuration>`, `DIR/core-site.xml:1: included DIR/y.xml: no such file or directory`},
		"itself":       {`<configuration><xi:include href="core-site.xml"/></configuration>`, "DIR/core-site.xml: more than 100 files include each other"},
		"nested error": {`<configuration><xi:include href="bad.xml"/></configuration>`, "DIR/bad.xml:1: <configuration> is wanted, <x> stands there"},
	} {
		dir := folder(t, "core-site.xml", v.text, "bad.xml", "<x>")
		_, err := ReadHadoop(dir)
		if err == nil || relative(dir, err.Error()) != v.want {
			t.Errorf("%s:\ngot  %v\nwant %s", name, err, v.want)
		}
	}
}

// TestXMLForms reads what else Hadoop's files may look like.
func TestXMLForms(t *testing.T) {
	h, dir := cluster(t,
		"core-site.xml", `<?xml version="1.0" encoding="us-ascii"?><?xml-stylesheet type="text/xsl" href="configuration.xsl"?>
<configuration xmlns:xi="http://www.w3.org/2001/XInclude">
  <!-- a comment -->
  <property><name> a.final </name><value> one </value><final>true</final><description>x</description></property>
  <property name="a.attr" value="two"/>
  <property><name>a.novalue</name></property>
  <property><name>a.empty</name><value></value></property>
  <property><name>a.changed</name><value>core</value></property>
  <xi:include href="more.xml"/>
  <xi:include href="absent.xml"><xi:fallback><property><name>a.fallback</name><value>f</value></property></xi:fallback></xi:include>
</configuration>`,
		"more.xml", site("a.included", "three &amp; four", "a.changed", "more"),
		"hdfs-site.xml", site("a.final", "overridden", "a.changed", "hdfs"))
	want := map[string]string{
		"a.final": "one core-site.xml", "a.attr": "two core-site.xml", "a.empty": " core-site.xml", "a.included": "three & four more.xml",
		"a.changed": "hdfs hdfs-site.xml", "a.fallback": "f core-site.xml",
	}
	got := map[string]string{}
	for name := range h.properties {
		p, _ := h.Get(name)
		got[name] = p.Value + " " + strings.TrimPrefix(p.Source, "in "+dir+"/")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("properties (-want +got):\n%s", diff)
	}
}

func TestExpand(t *testing.T) {
	t.Setenv("HADOOP_USER_NAME", "alice")
	h := HadoopFromProperties(map[string]string{"a": "1", "b": "${a}2", "c": "${b}${b}", "loop": "${loop}", "name": "a", "grow": "${grow}${grow}"})
	h.environ = func(name string) (string, bool) {
		v, ok := map[string]string{"HOST": "h", "EMPTY": ""}[name]
		return v, ok
	}
	for text, want := range map[string]string{
		"":                  "",
		"${c}!":             "1212!",
		"${${name}}":        "1",
		"${env.HOST}:1":     "h:1",
		"${env.NONE}":       "${env.NONE}",
		"${env.NONE-x}":     "x",
		"${env.EMPTY-x}":    "",
		"${env.EMPTY:-x-y}": "x-y",
		"${unknown}/${a}":   "${unknown}/1",
		"${unknown${a}}":    "${unknown1}",
		"${loop}":           "${loop}",
		"/u/${user.name}":   "/u/alice",
		"${}${a}":           "${}1",
		"}${a":              "}${a",
	} {
		if got := h.expand(text); got != want {
			t.Errorf("%s expands to %s, want %s", text, got, want)
		}
	}
	if got := h.expand("${grow}"); len(got) > 2*maxExpanded {
		t.Errorf("grew to %d bytes", len(got))
	}
}

func TestLoadHadoop(t *testing.T) {
	core := folder(t, "core-site.xml", site("fs.defaultFS", "hdfs://nn"), "yarn-site.xml", site("yarn.resourcemanager.hostname", "stale"))
	yarn := folder(t, "yarn-site.xml", site("yarn.resourcemanager.hostname", "rm"))
	hostname := func(c *Conf) string {
		t.Helper()
		h, err := LoadHadoop(c)
		must(t, err)
		p, _ := h.Get("yarn.resourcemanager.hostname")
		return p.Value
	}
	t.Setenv(EnvHadoopDir, "")
	t.Setenv(EnvYARNDir, "")
	_, err := LoadHadoop(nil)
	want := "no hadoop cluster is known: set HADOOP_CONF_DIR or YARN_CONF_DIR to the folder that holds core-site.xml, hdfs-site.xml, yarn-site.xml"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	c := New()
	must(t, Put(c, HadoopConfDir, core, FromFlag("x")))
	if got := hostname(c); got != "stale" {
		t.Errorf("resource manager %q, want that of env.hadoop.conf.dir", got)
	}
	t.Setenv(EnvHadoopDir, core)
	t.Setenv(EnvYARNDir, yarn)
	if got := hostname(nil); got != "rm" {
		t.Errorf("resource manager %q, want that of YARN_CONF_DIR", got)
	}
	must(t, c.SetDynamic("flink.hadoop.fs.default.name=hdfs://mine:1", "-D"))
	h, err := LoadHadoop(c)
	must(t, err)
	nn, err := h.NameNodes("")
	must(t, err)
	if got := nn[0].String(); got != "mine:1 (fs.defaultFS from -D)" {
		t.Errorf("namenode %s", got)
	}
	t.Setenv(EnvHadoopDir, "/no/such")
	t.Setenv(EnvYARNDir, "")
	_, err = LoadHadoop(nil)
	want = "settings of hadoop (HADOOP_CONF_DIR, YARN_CONF_DIR): no core-site.xml, hdfs-site.xml or yarn-site.xml in /no/such"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func FuzzHadoopXML(f *testing.F) {
	for i := 1; i < len(pairFiles); i += 2 {
		f.Add([]byte(pairFiles[i]))
	}
	for _, s := range []string{
		"", "<configuration/>", `<configuration><property name="a" value="${a}${b}"/></configuration>`, "<configuration><property><final>true",
		`<configuration><include href="#"/></configuration>`,
		`<configuration><include href="file:///"/></configuration>`, `<configuration><include href="x"><fallback><include href="y"/></fallback></include></configuration>`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		h := HadoopFromProperties(nil)
		path := filepath.Join(os.DevNull, "core-site.xml") // nothing can be included from beside it
		if err := h.parseXML(path, b); err != nil && !strings.HasPrefix(err.Error(), "/") {
			t.Fatalf("error without its place: %v", err)
		}
		// None of these may panic, whatever the properties say.
		_, _ = h.NameNodes("")
		_, _ = h.RMWebAddresses()
		_, _ = h.RMSchedulerAddresses()
		_, _ = h.RPCProtection()
		h.Properties()
	})
}
