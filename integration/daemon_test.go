//go:build integration

package integration

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/weft-stream/weft/appmaster/api"
)

// TestDaemonFailures breaks one daemon after the other of a Hadoop of its own,
// and repairs each.
func TestDaemonFailures(t *testing.T) {
	t.Parallel()
	c := ownCluster(t)
	for _, test := range []struct {
		name string
		run  func(*testing.T, *cluster)
	}{
		{"NodeManagerLost", nodeManagerLost},
		{"ResourceManagerRestarted", resourceManagerRestarted},
		{"WorkersOutliveNoMaster", workersOutliveNoMaster},
		{"DataNodeLostDuringCheckpoint", dataNodeLostDuringCheckpoint},
		{"NameNodeStopped", nameNodeStopped},
		{"NameNodeKilled", nameNodeKilled},
	} {
		if !t.Run(test.name, func(t *testing.T) { test.run(t, c) }) {
			return // the next one would not find the cluster whole
		}
	}
}

// nodeManagerLost kills a NodeManager and all containers on its node.
func nodeManagerLost(t *testing.T, c *cluster) {
	j, before := onCluster(t, c).start()
	host := before.Workers[0].Host
	pids := []int{}
	for _, w := range before.Workers {
		if w.Host == host {
			pids = append(pids, w.PID)
		}
	}
	if strings.HasPrefix(before.Master.Address, host+":") {
		pids = append(pids, before.Master.PID)
	}
	name := "nodemanager" + host[strings.LastIndex(host, ".")+1:]
	c.script(t, "kill", name)
	kill(t, pids...)
	t.Cleanup(func() { c.script(t, "restart", name) })
	began := time.Now()
	after := j.waitRestarted(before)
	t.Logf("NodeManager with %d containers lost → RUNNING: %s", len(pids), since(began))
	for _, w := range after.Workers {
		if w.Host == host {
			t.Errorf("worker %s is said to be on the lost node", w.ID)
		}
	}
	checkRestored(t, before, after)
	j.waitWorking(before)
	j.finish()
}

// resourceManagerRestarted kills the ResourceManager and starts it again. The
// job must not notice, and its master must be known to the new one: it gets a new
// worker from it.
func resourceManagerRestarted(t *testing.T, c *cluster) {
	j, before := onCluster(t, c).start()
	c.script(t, "kill", "resourcemanager")
	direct := *j
	direct.page = "http://" + before.Master.Address // the way through the proxy is cut
	direct.waitWorking(before)
	c.script(t, "restart", "resourcemanager")
	meanwhile := j.waitWorking(before)
	if meanwhile.Epoch != before.Epoch || meanwhile.Attempt != before.Attempt || !slices.Equal(workerPIDs(meanwhile), workerPIDs(before)) {
		t.Errorf("after: epoch %d, attempt %d, workers %v; before: %d, %d, %v", meanwhile.Epoch, meanwhile.Attempt, workerPIDs(meanwhile),
			before.Epoch, before.Attempt, workerPIDs(before))
	}
	kill(t, before.Workers[0].PID)
	after := j.waitRestarted(before)
	checkRestored(t, meanwhile, after)
	j.waitWorking(meanwhile)
	j.finish()
}

// workersOutliveNoMaster kills the master while no ResourceManager can start
// another: the workers end by themselves when their lease is over. The next
// master goes on from the latest checkpoint.
func workersOutliveNoMaster(t *testing.T, c *cluster) {
	j, before := onCluster(t, c).start("-yn", "2", "-D", "heartbeat.timeout=4s")
	c.script(t, "kill", "resourcemanager")
	kill(t, before.Master.PID)
	for _, w := range before.Workers {
		page := strings.Replace(w.LogURL, "/node/containerlogs/"+w.ID+"/"+c.user, "/ws/v1/node/containers/"+w.ID+"/logs/stderr", 1)
		eventually(t, "worker "+w.ID+" to end by itself", func() bool {
			text, status := get(page)
			return status == http.StatusOK && strings.Contains(string(text), "heartbeat.timeout")
		})
		eventually(t, "the process of "+w.ID+" to end", func() bool { return len(processes(w.ID)) == 0 })
	}
	c.script(t, "restart", "resourcemanager")
	after := j.waitRestarted(before)
	if after.Attempt != 2 {
		t.Errorf("attempt %d", after.Attempt)
	}
	checkRestored(t, before, after)
	j.waitWorking(before)
	j.finish()
}

// dataNodeLostDuringCheckpoint kills a DataNode in the middle of a checkpoint.
func dataNodeLostDuringCheckpoint(t *testing.T, c *cluster) {
	j, before := onCluster(t, c).start()
	release := j.holdCheckpoint(before)
	c.script(t, "kill", "datanode1")
	t.Cleanup(func() { c.script(t, "restart", "datanode1") })
	release()
	j.waitStored(before, "DataNode lost")
	j.finish()
}

// nameNodeStopped has the NameNode answer nobody for 20 s, as one that hangs.
func nameNodeStopped(t *testing.T, c *cluster) {
	j, before := onCluster(t, c).start()
	release := j.holdCheckpoint(before)
	c.script(t, "pause", "namenode")
	t.Cleanup(func() { c.script(t, "resume", "namenode") })
	release()
	time.Sleep(20 * time.Second) // the failure itself
	c.script(t, "resume", "namenode")
	j.waitStored(before, "NameNode answers again")
	j.finish()
}

// nameNodeKilled has the NameNode away for 20 s.
func nameNodeKilled(t *testing.T, c *cluster) {
	j, before := onCluster(t, c).start()
	release := j.holdCheckpoint(before)
	c.script(t, "kill", "namenode")
	release()
	time.Sleep(20 * time.Second) // the failure itself
	c.script(t, "restart", "namenode")
	j.waitStored(before, "NameNode serves again")
	j.finish()
}

// holdCheckpoint brings the job into the middle of a checkpoint: one worker has
// written its part, the other one is held, and writes when release is called.
func (j *job) holdCheckpoint(before *api.Job) (release func()) {
	j.t.Helper()
	release = hold(j.t, before.Workers[1].PID)
	j.wait("a checkpoint that is held up", func(v *api.Job) bool {
		return v.Checkpoints.InProgress > 0 && v.Now-v.Checkpoints.Last.Completed > 1500
	})
	return release
}

// waitStored waits until checkpoints are complete again.
func (j *job) waitStored(before *api.Job, what string) {
	j.t.Helper()
	began := time.Now()
	after := j.waitWorking(before)
	j.t.Logf("%s → checkpoints are complete: %s, %d failed, %d restarts", what, since(began), after.Checkpoints.Failed, after.Restarts)
}
