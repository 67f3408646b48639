//go:build integration

package integration

import (
	"os"
	"slices"
	"testing"
	"time"

	"github.com/weft-stream/weft/appmaster/api"
	"github.com/weft-stream/weft/internal/storage"
)

func TestWorkerKilled(t *testing.T) {
	t.Parallel()
	roomForCopies(t)
	j, before := onCluster(t, sharedCluster(t)).start("-yn", "2", "-D", "execution.checkpointing.data-inline-threshold=0")
	kill(t, before.Workers[0].PID)
	began := time.Now()
	after := j.waitRestarted(before)
	t.Logf("worker killed → RUNNING: %s", since(began))
	checkRestored(t, before, after)
	survivor := before.Workers[1].ID
	if had, has := slotsOf(before, survivor), slotsOf(after, survivor); !slices.Equal(had, has) {
		t.Errorf("worker %s had the slots %d and has %d", survivor, had, has)
	}
	read := j.wait("the survivor to tell that it has read its own copy", func(v *api.Job) bool { return v.Restored != nil && v.Restored.Local > 0 })
	t.Logf("%d bytes were read from the survivor's disk, %d from HDFS", read.Restored.Local, read.Restored.Remote)
	j.waitWorking(before)
	j.finish()
}

// roomForCopies ends a test that waits for local copies on a machine where no worker would make any.
func roomForCopies(t *testing.T) {
	t.Helper()
	disk, _, err := storage.NewResolver(storage.Config{}).Resolve("file:///")
	if err != nil {
		t.Fatal(err)
	}
	if space, err := disk.Space(t.Context(), os.TempDir()); err != nil || space.Free < space.Total/8 {
		t.Fatalf("workers make local copies only on a disk of which an eighth is free; %s has %d of %d MB (%v)", os.TempDir(), space.Free>>20, space.Total>>20, err)
	}
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

// slotsOf are the subtasks that run on a worker.
func slotsOf(v *api.Job, worker string) []int {
	var slots []int
	for _, vertex := range v.Vertices {
		for _, s := range vertex.Subtasks {
			if s.Worker == worker {
				slots = append(slots, s.Index)
			}
		}
	}
	return slots
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
