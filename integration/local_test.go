//go:build integration

package integration

import (
	"strings"
	"testing"
	"time"
)

func TestLocalWorkerKilled(t *testing.T) {
	t.Parallel()
	j, before := onMachine(t).start()
	kill(t, before.Workers[0].PID)
	began := time.Now()
	after := j.waitRestarted(before)
	t.Logf("worker of this machine killed → RUNNING: %s", since(began))
	checkRestored(t, before, after)
	j.waitWorking(before)
	j.finish()
}

// TestLocalMasterKilled kills the process that everything on this machine hangs
// on: nothing may be left running, and the checkpoints are enough to go on, also
// into another folder: what they have prepared belongs into the first.
func TestLocalMasterKilled(t *testing.T) {
	t.Parallel()
	j, before := onMachine(t).start()
	kill(t, before.Master.PID)
	eventually(t, "the last process of the job", func() bool { return len(processes(j.id)) == 0 })
	if list := j.weft("list"); strings.Contains(list.stdout.String(), j.id) {
		t.Errorf("the job is still listed:\n%s", list.stdout)
	}
	j.finishInto("elsewhere", j.retained())
}
