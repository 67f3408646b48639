//go:build integration

package yarnipc_test

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/weft-stream/weft/yarnipc"
)

// These tests speak to a real ResourceManager and real NodeManagers on this machine. They submit an application whose
// first container only hands its token file over and sleeps. The test itself is the application master then: YARN knows
// a master by its token, not by where it runs.

// patience bounds waiting for something that must happen. It is a safety net, no assertion.
const patience = 2 * time.Minute

// cluster is the Hadoop that WEFT_TEST_HADOOP_CONF leads to.
type cluster struct {
	conf      string // the folder
	scheduler string // host:port
	rest      string // URL of the ResourceManager's web server
}

func openCluster(t *testing.T) *cluster {
	t.Helper()
	c := &cluster{conf: os.Getenv("WEFT_TEST_HADOOP_CONF")}
	if c.conf == "" {
		t.Fatal("set WEFT_TEST_HADOOP_CONF to the conf folder of a running Hadoop (scripts/hadoop up)")
	}
	data, err := os.ReadFile(filepath.Join(c.conf, "yarn-site.xml"))
	if err != nil {
		t.Fatal(err)
	}
	var site struct {
		Property []struct {
			Name  string `xml:"name"`
			Value string `xml:"value"`
		} `xml:"property"`
	}
	if err := xml.Unmarshal(data, &site); err != nil {
		t.Fatal(err)
	}
	keys := map[string]string{}
	for _, p := range site.Property {
		keys[p.Name] = p.Value
	}
	address := func(key, port string) string {
		if keys[key] != "" {
			return keys[key]
		}
		return keys["yarn.resourcemanager.hostname"] + ":" + port
	}
	c.scheduler = address("yarn.resourcemanager.scheduler.address", "8030")
	c.rest = "http://" + address("yarn.resourcemanager.webapp.address", "8088")
	return c
}

// call sends JSON to the ResourceManager's REST API and decodes the answer into out, if there is one. While the
// ResourceManager is away it tries again.
func (c *cluster) call(t *testing.T, method, path string, in, out any) {
	t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	var response *http.Response
	await(t, "the resource manager's REST API", func() bool {
		request, err := http.NewRequest(method, c.rest+"/ws/v1/cluster"+path, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/json")
		response, err = http.DefaultClient.Do(request)
		return err == nil
	})
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode >= 300 {
		t.Fatalf("%s %s: %s %v\n%s", method, path, response.Status, err, text)
	}
	if out != nil {
		if err := json.Unmarshal(text, out); err != nil {
			t.Fatalf("%s %s: %v\n%s", method, path, err, text)
		}
	}
}

// app is an application whose first container does nothing.
type app struct {
	cluster *cluster
	id      string
	dir     string // where its containers put files, named by container id and kind
}

// keepScript gives a file of the container and its process id to the test, and runs on under that id.
func keepScript(dir string) string {
	return fmt.Sprintf(`umask 077; cp $HADOOP_TOKEN_FILE_LOCATION %[1]s/new.$CONTAINER_ID && echo $$ > %[1]s/$CONTAINER_ID.pid && `+
		`mv %[1]s/new.$CONTAINER_ID %[1]s/$CONTAINER_ID.token; exec sleep 1000`, dir)
}

// submit starts an application and has it killed when the test ends. command is empty for a first container that does
// nothing.
func (c *cluster) submit(t *testing.T, command string) *app {
	t.Helper()
	var created struct {
		ID string `json:"application-id"`
	}
	c.call(t, "POST", "/apps/new-application", nil, &created)
	a := &app{cluster: c, id: created.ID, dir: t.TempDir()}
	if command == "" {
		command = keepScript(a.dir)
	}
	c.call(t, "POST", "/apps", map[string]any{
		"application-id":    a.id,
		"application-name":  t.Name(),
		"application-type":  "WEFT-TEST",
		"max-app-attempts":  4,
		"resource":          map[string]any{"memory": 128, "vCores": 1},
		"am-container-spec": map[string]any{"commands": map[string]any{"command": command}},
		"keep-containers-across-application-attempts": true,
	}, nil)
	t.Cleanup(func() {
		if state, _ := a.state(t); state != "FINISHED" && state != "FAILED" && state != "KILLED" {
			c.call(t, "PUT", "/apps/"+a.id+"/state", map[string]any{"state": "KILLED"}, nil)
			await(t, "the application's end", func() bool { state, _ = a.state(t); return state == "KILLED" })
		}
	})
	return a
}

// state returns the application's state and final status, as users see them.
func (a *app) state(t *testing.T) (state, final string) {
	t.Helper()
	var answer struct {
		App struct{ State, FinalStatus, Diagnostics string }
	}
	a.cluster.call(t, "GET", "/apps/"+a.id, nil, &answer)
	if answer.App.State == "FAILED" {
		t.Errorf("application failed: %s", answer.App.Diagnostics)
	}
	return answer.App.State, answer.App.FinalStatus
}

// runningContainers counts what the ResourceManager counts, the first container included.
func (a *app) runningContainers(t *testing.T) int {
	t.Helper()
	var answer struct {
		App struct{ RunningContainers int }
	}
	a.cluster.call(t, "GET", "/apps/"+a.id, nil, &answer)
	return answer.App.RunningContainers
}

// attempt waits for the first container of an attempt and returns its id and token file.
func (a *app) attempt(t *testing.T, number int32) (yarnipc.ContainerID, *yarnipc.Credentials) {
	t.Helper()
	var id yarnipc.ContainerID
	await(t, fmt.Sprintf("attempt %d", number), func() bool {
		files, err := filepath.Glob(filepath.Join(a.dir, "container_*.token"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			id, err = yarnipc.ParseContainerID(strings.TrimSuffix(filepath.Base(file), ".token"))
			if err != nil {
				t.Fatal(err)
			}
			if id.Attempt.Number == number && id.Sequence() == 1 {
				return true
			}
		}
		return false
	})
	credentials, err := yarnipc.ReadCredentials(a.path(id, "token"))
	if err != nil {
		t.Fatal(err)
	}
	return id, credentials
}

func (a *app) path(id yarnipc.ContainerID, kind string) string {
	return filepath.Join(a.dir, id.String()+"."+kind)
}

// kill sends SIGKILL to a container's process, as a crash would.
func (a *app) kill(t *testing.T, id yarnipc.ContainerID) {
	t.Helper()
	text := awaitFile(t, a.path(id, "pid"))
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || pid < 2 {
		t.Fatalf("process id %q: %v", text, err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}

// master registers a master for an attempt and runs it until the test ends.
func (a *app) master(t *testing.T, credentials *yarnipc.Credentials) (*yarnipc.Master, yarnipc.Registered) {
	t.Helper()
	rm, err := yarnipc.NewResourceManager(yarnipc.RMConfig{
		// Nobody listens on the first address: finding the second is what a standby demands.
		Addresses:   []string{"127.0.0.1:1", a.cluster.scheduler},
		Credentials: credentials,
	})
	if err != nil {
		t.Fatal(err)
	}
	master := yarnipc.NewMaster(rm, yarnipc.MasterConfig{})
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	registered, err := master.Register(ctx, yarnipc.Registration{Host: "127.0.0.1", TrackingURL: "http://127.0.0.1:1/"})
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		master.Run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
		master.Nodes().Close()
		rm.Close()
	})
	return master, registered
}

// next returns the next event, which must be a T. Changes of nodes may come in between.
func next[T yarnipc.Event](t *testing.T, master *yarnipc.Master) T {
	t.Helper()
	timeout := time.After(patience)
	for {
		select {
		case event, open := <-master.Events():
			if wanted, ok := event.(T); ok {
				return wanted
			}
			if _, node := event.(yarnipc.NodeChanged); !node {
				var want T
				t.Fatalf("got event %T %+v (channel open: %v), want %T", event, event, open, want)
			}
		case <-timeout:
			var want T
			t.Fatalf("no %T came", want)
		}
	}
}

// await repeats a check until it is true.
func await(t *testing.T, what string, check func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !check(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited too long for %s", what)
		}
	}
}

func awaitFile(t *testing.T, path string) []byte {
	t.Helper()
	var data []byte
	await(t, filepath.Base(path), func() bool {
		var err error
		data, err = os.ReadFile(path)
		return err == nil && len(data) > 0
	})
	return data
}
