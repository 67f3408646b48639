//go:build integration

package integration

import (
	"slices"
	"testing"
	"time"

	"github.com/weft-stream/weft/appmaster/api"
)

func TestMasterKilled(t *testing.T) {
	t.Parallel()
	j, before := onCluster(t, sharedCluster(t)).start()
	kill(t, before.Master.PID)
	began := time.Now()
	after := j.wait("the second master", func(v *api.Job) bool { return runs(v) && v.Attempt == 2 })
	t.Logf("master killed → RUNNING: %s", since(began))
	if !slices.Equal(workerPIDs(after), workerPIDs(before)) {
		t.Errorf("worker processes %v, before %v", workerPIDs(after), workerPIDs(before))
	}
	working := j.waitWorking(before)
	for _, v := range []*api.Job{after, working} {
		if v.Restarts != 0 || v.Epoch != before.Epoch || v.Started != before.Started {
			t.Errorf("tasks were restarted: %d restarts, epoch %d (before %d), started %d (before %d)", v.Restarts, v.Epoch, before.Epoch, v.Started, before.Started)
		}
	}
	j.finish()
}

func TestMasterAndWorkersKilled(t *testing.T) {
	t.Parallel()
	j, before := onCluster(t, sharedCluster(t)).start()
	kill(t, append(workerPIDs(before), before.Master.PID)...)
	began := time.Now()
	after := j.waitRestarted(before)
	t.Logf("master and workers killed → RUNNING: %s", since(began))
	if after.Attempt != 2 {
		t.Errorf("attempt %d", after.Attempt)
	}
	checkRestored(t, before, after)
	j.waitWorking(before)
	j.finish()
}
