//go:build integration

package integration

import (
	"slices"
	"testing"
	"time"

	"github.com/weft-stream/weft/appmaster/api"
)

func TestWorkerKilled(t *testing.T) {
	t.Parallel()
	j, before := onCluster(t, sharedCluster(t)).start()
	kill(t, before.Workers[0].PID)
	began := time.Now()
	after := j.waitRestarted(before)
	t.Logf("worker killed → RUNNING: %s", since(began))
	checkRestored(t, before, after)
	j.waitWorking(before)
	j.finish()
}

func TestTwoWorkersKilled(t *testing.T) {
	t.Parallel()
	j, before := onCluster(t, sharedCluster(t)).start()
	kill(t, before.Workers[0].PID, before.Workers[1].PID)
	began := time.Now()
	after := j.waitRestarted(before)
	t.Logf("two workers killed → RUNNING: %s", since(began))
	checkRestored(t, before, after)
	for _, w := range after.Workers {
		if slices.Contains(workerPIDs(before), w.PID) {
			t.Errorf("worker %s (process %d) was killed", w.ID, w.PID)
		}
	}
	j.waitWorking(before)
	j.finish()
}

// checkRestored checks that the job went on from its latest checkpoint.
func checkRestored(t *testing.T, before, after *api.Job) {
	t.Helper()
	if after.Restored == nil || after.Restored.Checkpoint < before.Checkpoints.Last.ID {
		t.Errorf("restored from %+v, but checkpoint %d was complete", after.Restored, before.Checkpoints.Last.ID)
	}
}

func workerPIDs(v *api.Job) []int {
	var pids []int
	for _, w := range v.Workers {
		if w.State == "CONNECTED" {
			pids = append(pids, w.PID)
		}
	}
	slices.Sort(pids)
	return pids
}
