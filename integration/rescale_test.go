//go:build integration

package integration

import (
	"fmt"
	"testing"
	"time"

	"github.com/weft-stream/weft/appmaster/api"
)

// TestRescale takes a job through 2, 4, 1 and 3 subtasks in one application while
// records flow. It loses a worker between, and its master twice: while the
// operation is under way, and just when it is decided.
func TestRescale(t *testing.T) {
	t.Parallel()
	p := onCluster(t, sharedCluster(t))
	p.configure(p.settings() + fmt.Sprintf("yarn.application-attempts: %d\n", masterAttempts))
	j, before := p.start("-yn", "2", "-ys", "1", "-p", "2")

	began := time.Now()
	j.weft("rescale", j.id, "-p", "4", "-yid", j.app)
	t.Logf("2 → 4, with 2 more containers: %s", since(began))
	wide := j.checkWidth(4)
	if wide.Attempt != 1 || wide.Started != before.Started || wide.Restarts != 0 {
		t.Errorf("it is another job, or counts as a failure: attempt %d, started %d (before %d), %d restarts", wide.Attempt, wide.Started, before.Started, wide.Restarts)
	}
	kill(t, wide.Workers[3].PID)
	j.waitRestarted(wide)
	j.checkWidth(4)

	j.rescaleAndKill(1, func(v *api.Job) bool { return rescales(v, api.InProgress) || v.Parallelism == 1 }) // or it is over too fast to be seen
	j.checkWidth(1)
	j.rescaleAndKill(3, func(v *api.Job) bool { return v.Parallelism == 3 })
	last := j.checkWidth(3)
	if last.Attempt != 3 {
		t.Errorf("attempt %d: the master was to die twice", last.Attempt)
	}
	j.finish()
}

// rescales tells whether the job's latest operation is a rescale in a state.
func rescales(v *api.Job, state string) bool {
	return len(v.Operations) > 0 && v.Operations[0].Kind == api.Rescale && v.Operations[0].State == state
}

// rescaleAndKill rescales the job and kills its master as soon as it is seen in
// some state; the command must succeed all the same.
func (j *job) rescaleAndKill(parallelism int, when func(*api.Job) bool) {
	j.t.Helper()
	c := j.command("rescale", j.id, "-p", fmt.Sprint(parallelism), "-yid", j.app)
	began := time.Now()
	check(j.t, c.Start())
	kill(j.t, j.wait("the moment to kill the master", when).Master.PID)
	if err := c.Wait(); err != nil {
		j.t.Fatalf("rescale to %d, with the master killed: %v\n%s%s", parallelism, err, c.stdout, c.stderr)
	}
	j.t.Logf("→ %d, with the master killed: %s", parallelism, since(began))
}

// checkWidth waits until the job completes checkpoints with as many workers of
// one slot as it is to have, and none more.
func (j *job) checkWidth(parallelism int) *api.Job {
	j.t.Helper()
	was := j.wait("the job to run", runs)
	return j.wait(fmt.Sprintf("checkpoints with %d workers", parallelism), func(v *api.Job) bool {
		widest := 0
		for _, vertex := range v.Vertices {
			widest = max(widest, vertex.Parallelism, len(vertex.Subtasks))
		}
		return runs(v) && v.Parallelism == parallelism && widest == parallelism && len(v.Workers) == parallelism &&
			v.WorkersWanted == parallelism && v.Checkpoints.Last != nil && (was.Checkpoints.Last == nil || v.Checkpoints.Last.ID > was.Checkpoints.Last.ID+1)
	})
}
