//go:build integration

package integration

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"testing"
)

// cluster is a Hadoop that scripts/hadoop runs on this machine.
type cluster struct {
	dir  string // of scripts/hadoop
	conf string
	rm   string // address of the ResourceManager's pages
	nn   string // of the NameNode's
	user string
}

// sharedCluster is the Hadoop that nobody may break.
func sharedCluster(t *testing.T) *cluster {
	t.Helper()
	conf := os.Getenv("WEFT_TEST_HADOOP_CONF")
	if conf == "" {
		t.Fatal("WEFT_TEST_HADOOP_CONF is not set: start a cluster with scripts/hadoop up")
	}
	return newCluster(t, filepath.Dir(conf))
}

// ownCluster starts a Hadoop for the test alone, with the options of scripts/hadoop.
func ownCluster(t *testing.T, options ...string) *cluster {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "hadoop")
	t.Cleanup(func() { exec.Command(script(), "--dir", dir, "down", "--purge").Run() })
	if out, err := exec.Command(script(), append(options, "--dir", dir, "up")...).CombinedOutput(); err != nil {
		t.Fatalf("scripts/hadoop up: %v\n%s", err, out)
	}
	return newCluster(t, dir)
}

func script() string { return filepath.Join(repository, "scripts", "hadoop") }

func newCluster(t *testing.T, dir string) *cluster {
	t.Helper()
	c := &cluster{dir: dir, conf: filepath.Join(dir, "conf")}
	c.rm = "http://" + c.setting(t, "yarn-site.xml", "yarn.resourcemanager.webapp.address", ".resourcemanager")
	c.nn = "http://" + c.setting(t, "hdfs-site.xml", "dfs.namenode.http-address", ".weft.namenode")
	who, err := user.Current()
	check(t, err)
	c.user = who.Username
	return c
}

// setting reads a value from one of the cluster's files. Where daemons come in
// pairs, the name ends in which one is meant.
func (c *cluster) setting(t *testing.T, file, name, member string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(c.conf, file))
	check(t, err)
	var settings struct {
		Property []struct {
			Name  string `xml:"name"`
			Value string `xml:"value"`
		} `xml:"property"`
	}
	check(t, xml.Unmarshal(text, &settings))
	for _, p := range settings.Property {
		if p.Name == name || p.Name == name+member {
			return p.Value
		}
	}
	t.Fatalf("%s has no %s", file, name)
	return ""
}

// script runs a command of scripts/hadoop.
func (c *cluster) script(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.Command(script(), append([]string{"--dir", c.dir}, args...)...).CombinedOutput(); err != nil {
		t.Fatalf("scripts/hadoop %v: %v\n%s", args, err, out)
	}
}

// application is what YARN knows of one.
type application struct {
	State       string `json:"state"`
	FinalStatus string `json:"finalStatus"`
	Diagnostics string `json:"diagnostics"`
}

// application asks the ResourceManager; it answers false when there is none.
func (c *cluster) application(id string) (application, bool) {
	text, status := get(c.rm + "/ws/v1/cluster/apps/" + id)
	answer := struct {
		App application `json:"app"`
	}{}
	err := json.Unmarshal(text, &answer)
	return answer.App, status == http.StatusOK && err == nil
}

// awaitEnd waits for an application's end, and until no process and no staging
// file of it is left.
func (c *cluster) awaitEnd(t *testing.T, id string) application {
	t.Helper()
	var app application
	eventually(t, "the end of "+id, func() bool {
		var known bool
		app, known = c.application(id)
		return known && (app.State == "FINISHED" || app.State == "FAILED" || app.State == "KILLED")
	})
	eventually(t, "the last process of "+id, func() bool { return len(processes(id)) == 0 })
	staging := c.folder("/user/" + c.user + "/.weft/" + id)
	eventually(t, "the end of the staging files of "+id, func() bool { return !staging.exists() })
	return app
}

// kill ends an application that a failed test has left.
func (c *cluster) kill(id string) {
	request, err := http.NewRequest(http.MethodPut, c.rm+"/ws/v1/cluster/apps/"+id+"/state?user.name="+url.QueryEscape(c.user), strings.NewReader(`{"state":"KILLED"}`))
	if err != nil {
		return
	}
	request.Header.Set("Content-Type", "application/json")
	if answer, err := http.DefaultClient.Do(request); err == nil {
		answer.Body.Close()
	}
}

// folder is a folder in HDFS, read over WebHDFS.
func (c *cluster) folder(path string) folder { return &hdfsFolder{c, path} }

// put changes a folder in HDFS over WebHDFS.
func (c *cluster) put(t *testing.T, path, operation string) {
	t.Helper()
	request, err := http.NewRequest(http.MethodPut, c.webHDFS(path, operation), nil)
	check(t, err)
	answer, err := http.DefaultClient.Do(request)
	check(t, err)
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("%s of %s: %s", operation, path, answer.Status)
	}
}

func (c *cluster) delete(path string) {
	request, err := http.NewRequest(http.MethodDelete, c.webHDFS(path, "DELETE")+"&recursive=true", nil)
	if err != nil {
		return
	}
	if answer, err := http.DefaultClient.Do(request); err == nil {
		answer.Body.Close()
	}
}

func (c *cluster) webHDFS(path, operation string) string {
	return c.nn + "/webhdfs/v1" + (&url.URL{Path: path}).EscapedPath() + "?op=" + operation + "&user.name=" + url.QueryEscape(c.user)
}

// folder is where files are.
type folder interface {
	exists() bool
	list() ([]string, error) // names
	read(name string) ([]byte, error)
	sub(name string) folder
}

type hdfsFolder struct {
	cluster *cluster
	path    string
}

func (f *hdfsFolder) sub(name string) folder { return &hdfsFolder{f.cluster, f.path + "/" + name} }

func (f *hdfsFolder) exists() bool {
	_, status := get(f.cluster.webHDFS(f.path, "GETFILESTATUS"))
	return status != http.StatusNotFound // an answer that did not come proves nothing
}

func (f *hdfsFolder) list() ([]string, error) {
	text, status := get(f.cluster.webHDFS(f.path, "LISTSTATUS"))
	if status != http.StatusOK {
		return nil, fmt.Errorf("list %s: status %d: %s", f.path, status, text)
	}
	answer := struct {
		FileStatuses struct {
			FileStatus []struct {
				PathSuffix string `json:"pathSuffix"`
			}
		}
	}{}
	err := json.Unmarshal(text, &answer)
	var names []string
	for _, file := range answer.FileStatuses.FileStatus {
		names = append(names, file.PathSuffix)
	}
	return names, err
}

func (f *hdfsFolder) read(name string) ([]byte, error) {
	text, status := get(f.cluster.webHDFS(f.path+"/"+name, "OPEN"))
	if status != http.StatusOK {
		return nil, fmt.Errorf("read %s/%s: status %d: %s", f.path, name, status, text)
	}
	return text, nil
}

// localFolder is a folder of this machine.
type localFolder string

func (f localFolder) sub(name string) folder { return localFolder(filepath.Join(string(f), name)) }

func (f localFolder) exists() bool {
	_, err := os.Stat(string(f))
	return err == nil
}

func (f localFolder) list() ([]string, error) {
	entries, err := os.ReadDir(string(f))
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names, err
}

func (f localFolder) read(name string) ([]byte, error) {
	return os.ReadFile(filepath.Join(string(f), name))
}
