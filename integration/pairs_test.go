//go:build integration

package integration

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/weft-stream/weft/appmaster/api"
)

// TestPairs runs a job on a Hadoop with two NameNodes and two ResourceManagers,
// and has the active one of each give way.
func TestPairs(t *testing.T) {
	t.Parallel()
	c := ownCluster(t, "--ha")
	j, before := onCluster(t, c).start()

	direct := *j
	direct.page = "http://" + before.Master.Address // the proxy goes with its ResourceManager
	for _, takeOver := range []struct {
		name  string
		ready func(*testing.T, *cluster)
		run   func(*testing.T, *cluster)
	}{
		{"active ResourceManager killed", nil, resourceManagerGivesWay},
		{"active NameNode killed", nil, nameNodeKilledForPartner},
		{"NameNodes hand over, both alive", nameNodeBack, nameNodesHandOver},
	} {
		if takeOver.ready != nil {
			takeOver.ready(t, c)
		}
		at := direct.waitWorking(before)
		release := direct.holdCheckpoint(at)
		held := time.AfterFunc(mostHeld, release)
		takeOver.run(t, c)
		if held.Stop() {
			release()
		}
		began := time.Now()
		after := direct.waitWorking(at)
		t.Logf("%s → checkpoints are complete: %s, %d failed so far", takeOver.name, since(began), after.Checkpoints.Failed)
		checkUndisturbed(t, before, after)
		if list := j.weft("list"); !strings.Contains(list.stdout.String(), j.id) {
			t.Errorf("%s: the job is not listed:\n%s%s", takeOver.name, list.stdout, list.stderr)
		}
	}

	at := direct.waitWorking(before)
	kill(t, before.Workers[0].PID) // the ResourceManager that took over gives another
	after := direct.waitRestarted(at)
	checkRestored(t, at, after)
	direct.waitWorking(at)
	direct.finish()
}

// mostHeld is how long a worker is held at most: after eight seconds without an
// answer the master gives it up.
const mostHeld = 4 * time.Second

// checkUndisturbed checks that the same processes run the same tasks as before.
func checkUndisturbed(t *testing.T, before, after *api.Job) {
	t.Helper()
	if after.Epoch != before.Epoch || after.Attempt != before.Attempt || !slices.Equal(workerPIDs(after), workerPIDs(before)) {
		t.Errorf("after: epoch %d, attempt %d, workers %v; before: %d, %d, %v", after.Epoch, after.Attempt, workerPIDs(after),
			before.Epoch, before.Attempt, workerPIDs(before))
		if after.Failure != nil {
			t.Errorf("the failure: %+v", *after.Failure)
		}
	}
}

// resourceManagerGivesWay kills the active ResourceManager, whichever it is; the
// other one takes over by itself.
func resourceManagerGivesWay(t *testing.T, c *cluster) {
	members := map[string]string{}
	for _, name := range []string{"resourcemanager", "resourcemanager2"} {
		members[name] = "http://" + c.setting(t, "yarn-site.xml", "yarn.resourcemanager.webapp.address", "."+name)
	}
	active := func() string {
		for name, page := range members {
			if text, _ := get(page + "/ws/v1/cluster/info"); bytes.Contains(text, []byte(`"haState":"ACTIVE"`)) {
				return name
			}
		}
		return ""
	}
	first := active()
	c.script(t, "kill", first)
	eventually(t, "the other ResourceManager to be active", func() bool {
		now := active()
		return now != "" && now != first
	})
	c.rm = members[active()]
}

func nameNodeKilledForPartner(t *testing.T, c *cluster) {
	c.script(t, "kill", "namenode")
	c.activate(t, "namenode2")
}

func nameNodeBack(t *testing.T, c *cluster) { c.script(t, "restart", "namenode") }

func nameNodesHandOver(t *testing.T, c *cluster) { c.activate(t, "namenode") }

// activate makes a NameNode the active one, and the one that the test asks.
func (c *cluster) activate(t *testing.T, name string) {
	t.Helper()
	c.script(t, "activate", name)
	c.nn = "http://" + c.setting(t, "hdfs-site.xml", "dfs.namenode.http-address", ".weft."+name)
}
