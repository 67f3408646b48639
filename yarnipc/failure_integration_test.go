//go:build integration

package yarnipc_test

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weft-stream/weft/yarnipc"
)

// daemon lets scripts/hadoop do something to a daemon of the instance that the conf folder belongs to.
func (c *cluster) daemon(t *testing.T, command, name string) {
	t.Helper()
	script := exec.Command("../scripts/hadoop", "--dir", filepath.Dir(c.conf), command, name)
	if out, err := script.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", script, err, out)
	}
}

// nodeManager returns the daemon's name: node N of an instance has an address that ends in N.
func nodeManager(node yarnipc.NodeID) string {
	return "nodemanager" + node.Host[strings.LastIndexByte(node.Host, '.')+1:]
}

// TestProgram lets YARN run a master of its own process, and kills one of its containers.
func TestProgram(t *testing.T) {
	c := openCluster(t)
	binary := filepath.Join(t.TempDir(), "testmaster")
	build := exec.Command("go", "build", "-o", binary, "./internal/testmaster")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	pids := t.TempDir()
	worker := fmt.Sprintf("echo $$ > %s/$CONTAINER_ID.pid; exec sleep 1000", pids)
	a := c.submit(t, fmt.Sprintf("exec %s %s 2 %s 2>%s/stderr", binary, c.scheduler, yarnipc.ShellWord(worker), pids))
	a.dir = pids
	var files []string
	await(t, "two containers", func() bool {
		files, _ = filepath.Glob(filepath.Join(pids, "*.pid"))
		return len(files) == 2
	})
	id, err := yarnipc.ParseContainerID(strings.TrimSuffix(filepath.Base(files[0]), ".pid"))
	if err != nil {
		t.Fatal(err)
	}
	a.kill(t, id)
	var state, final string
	await(t, "the application's end", func() bool {
		state, final = a.state(t)
		return state == "FINISHED" || state == "FAILED"
	})
	if final != "SUCCEEDED" {
		text, _ := os.ReadFile(filepath.Join(pids, "stderr"))
		t.Errorf("final status %s; the master said: %s", final, text)
	}
}

// TestResourceManagerRestart kills the ResourceManager. What is asked for meanwhile is served after it, what died
// meanwhile is told after it, and the other containers are kept.
func TestResourceManagerRestart(t *testing.T) {
	c := openCluster(t)
	a := c.submit(t, "")
	_, credentials := a.attempt(t, 1)
	master, _ := a.master(t, credentials)
	kept, killed, released := run(t, a, master), run(t, a, master), run(t, a, master)

	c.daemon(t, "kill", "resourcemanager")
	a.kill(t, killed.ID)
	id, err := master.Request(small)
	if err != nil {
		t.Fatal(err)
	}
	cancelled, err := master.Request(small)
	if err != nil {
		t.Fatal(err)
	}
	if !master.CancelRequest(cancelled) {
		t.Error("request is not open")
	}
	master.Release(released.ID)
	c.daemon(t, "restart", "resourcemanager")

	next[yarnipc.Reregistered](t, master)
	seen := map[yarnipc.ContainerID]bool{}
	var fresh yarnipc.Container
	for len(seen) < 2 || fresh.ID.IsZero() {
		switch e := next[yarnipc.Event](t, master).(type) {
		case yarnipc.Completed:
			seen[e.Container.ID] = e.Released
		case yarnipc.Allocated:
			fresh = e.Container
		case yarnipc.NodeChanged: // nodes come back
		default:
			t.Fatalf("event %T %+v", e, e)
		}
	}
	if diff := cmp.Diff(map[yarnipc.ContainerID]bool{killed.ID: false, released.ID: true}, seen); diff != "" {
		t.Errorf("completed, true if released (-want +got):\n%s", diff)
	}
	if fresh.RequestID != id {
		t.Errorf("allocated %v for request %d, want %d", fresh, fresh.RequestID, id)
	}
	if fresh.ID.Epoch() == kept.ID.Epoch() {
		t.Errorf("epoch of %v did not change", fresh.ID)
	}
	start(t, a, master, fresh)
	await(t, "the container count", func() bool { return a.runningContainers(t) == 3 })
	if owned := master.Containers(); len(owned) != 2 || owned[0].ID != kept.ID || owned[1].ID != fresh.ID {
		t.Errorf("owned: %v", owned)
	}
	if err := master.Finish(t.Context(), yarnipc.Failed, "as tested", ""); err != nil {
		t.Fatal(err)
	}
	if _, final := a.state(t); final != "FAILED" {
		t.Errorf("final status %s", final)
	}
}

// TestNodeManagerRestart restarts a NodeManager within the time that YARN waits for it: its containers run on, and it is
// spoken to again with the token that is known.
func TestNodeManagerRestart(t *testing.T) {
	c := openCluster(t)
	a := c.submit(t, "")
	_, credentials := a.attempt(t, 1)
	master, _ := a.master(t, credentials)
	container := run(t, a, master)
	c.daemon(t, "kill", nodeManager(container.Node))
	if _, err := master.Nodes().Status(t.Context(), container.Node, container.ID); err == nil {
		t.Error("a killed node answers")
	}
	c.daemon(t, "restart", nodeManager(container.Node))
	await(t, "the container's status", func() bool {
		status, err := master.Nodes().Status(t.Context(), container.Node, container.ID)
		return err == nil && status.State == yarnipc.ContainerRunning
	})
	if err := master.Nodes().Stop(t.Context(), container.Node, container.ID); err != nil {
		t.Fatal(err)
	}
	next[yarnipc.Completed](t, master)
}

// TestLostNode kills a NodeManager for good: YARN tells it after its expiry interval.
func TestLostNode(t *testing.T) {
	c := openCluster(t)
	a := c.submit(t, "")
	_, credentials := a.attempt(t, 1)
	master, _ := a.master(t, credentials)

	var answer struct {
		App struct{ AMRPCAddress, AMHostHTTPAddress string }
	}
	c.call(t, "GET", "/apps/"+a.id, nil, &answer)
	own, err := url.Parse("http://" + answer.App.AMHostHTTPAddress)
	if err != nil {
		t.Fatal(err)
	}
	// A scheduler may fill one node first: large containers see to it that it comes to the other one.
	large := small
	large.Resource.MemoryMB = 2048
	var others, same []yarnipc.Container
	var node yarnipc.NodeID
	await(t, "containers on the other node", func() bool {
		c := runAsk(t, a, master, large)
		if host, _, _ := net.SplitHostPort(own.Host); c.Node.Host == host {
			same = append(same, c)
			return false
		}
		others, node = append(others, c), c.Node
		return len(others) == 2
	})
	for _, c := range same { // room for the replacement
		master.Release(c.ID)
		if e := next[yarnipc.Completed](t, master); e.Container.ID != c.ID || !e.Released {
			t.Fatalf("released %v, completed: %+v", c.ID, e)
		}
	}
	lost := map[yarnipc.ContainerID]bool{others[0].ID: true, others[1].ID: true}

	c.daemon(t, "kill", nodeManager(node))
	t.Cleanup(func() {
		c.daemon(t, "restart", nodeManager(node))
		await(t, "the node's return", func() bool {
			var answer struct {
				ClusterMetrics struct{ ActiveNodes int }
			}
			c.call(t, "GET", "/metrics", nil, &answer)
			return answer.ClusterMetrics.ActiveNodes == 2
		})
	})
	for told := false; !told || len(lost) > 0; {
		switch e := next[yarnipc.Event](t, master).(type) {
		case yarnipc.NodeChanged:
			if e.Node == node && e.State == yarnipc.NodeLost {
				told = true
			}
		case yarnipc.Completed:
			if !lost[e.Container.ID] || e.Status.ExitCode != yarnipc.ExitReleased || e.Released {
				t.Errorf("completed: %+v", e)
			}
			delete(lost, e.Container.ID)
		default:
			t.Fatalf("event %T %+v", e, e)
		}
	}
	run(t, a, master)
}
