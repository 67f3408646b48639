//go:build integration

package integration

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/weft-stream/weft/appmaster/api"
)

// TestRescaled takes the job from two subtasks to four and back to two, by
// savepoints.
func TestRescaled(t *testing.T) {
	t.Parallel()
	j, _ := onCluster(t, sharedCluster(t)).start()
	wide, before := j.start("-s", j.cancelWithSavepoint(), "-yn", "2", "-ys", "2")
	if before.Parallelism != 4 || len(before.Workers) != 2 || before.Restored == nil {
		t.Errorf("parallelism %d on %d workers, restored from %+v", before.Parallelism, len(before.Workers), before.Restored)
	}
	wide.began = j.began // it goes on from there
	wide.finishFrom(wide.cancelWithSavepoint(), "-yn", "1", "-ys", "2")
}

var completedPath = regexp.MustCompile(`Savepoint completed\. Path: (\S+)`)

func TestStoppedWithSavepoint(t *testing.T) {
	t.Parallel()
	j, _ := onCluster(t, sharedCluster(t)).start()
	path := j.found(completedPath, j.weft("stop", "-p", j.root+"/stopped", j.id))
	if !strings.Contains(path, "/stopped/savepoint-") {
		t.Errorf("savepoint in %s", path)
	}
	if app := j.cluster.awaitEnd(t, j.app); app.State != "FINISHED" || app.FinalStatus != "SUCCEEDED" {
		t.Errorf("the application ended as %+v", app)
	}
	j.lines(j.files.sub("out").sub("books"), j.finished) // all committed: nothing hidden is left
	j.finishFrom(path)
}

// TestStoppedWithWindowsEnded drains a job: what was booked is in the turnovers,
// though the time of their windows has not come.
func TestStoppedWithWindowsEnded(t *testing.T) {
	t.Parallel()
	j, _ := onCluster(t, sharedCluster(t)).start()
	path := j.found(completedPath, j.weft("stop", "-d", "-p", j.root+"/stopped", j.id))
	if app := j.cluster.awaitEnd(t, j.app); app.State != "FINISHED" || app.FinalStatus != "SUCCEEDED" {
		t.Errorf("the application ended as %+v", app)
	}
	count := j.bound()
	o := j.output(j.finished, "out")
	if len(o.books) < rate/2 || len(o.turnovers) == 0 {
		t.Errorf("%d lines in the books, %d turnovers", len(o.books), len(o.turnovers))
	}
	j.complain(&o, o.compare(count).problems, count)
	if !j.files.sub("stopped").sub(filepath.Base(path)).sub("_metadata").exists() {
		t.Errorf("%s is no savepoint", path)
	}
}

// TestClientKilledWhileItWaits kills a client that waits for a savepoint, and
// asks again. A worker is held for so long, so that the savepoint cannot be
// complete before.
func TestClientKilledWhileItWaits(t *testing.T) {
	t.Parallel()
	j, before := onCluster(t, sharedCluster(t)).start()
	release := hold(t, before.Workers[1].PID)

	first := j.command("savepoint", j.id)
	check(t, first.Start())
	asked := savepoint(j.wait("the savepoint to be in progress", func(v *api.Job) bool { return savepoint(v) != nil }))
	check(t, first.Process.Kill())
	first.Wait()

	second := j.command("savepoint", j.id)
	check(t, second.Start())
	eventually(t, "the second client to find it", func() bool { return strings.Contains(second.stderr.String(), "was asked for before") })
	release()
	if err := second.Wait(); err != nil {
		t.Fatalf("savepoint: %v\n%s%s", err, second.stdout, second.stderr)
	}
	path := j.found(completedPath, second)
	view, err := j.view()
	check(t, err)
	if len(view.Operations) != 1 || view.Operations[0].ID != asked.ID || view.Operations[0].Path != path {
		t.Errorf("operations %+v, want one, %s, of %s", view.Operations, asked.ID, path)
	}
	if !j.files.sub("savepoints").sub(filepath.Base(path)).sub("_metadata").exists() {
		t.Errorf("%s is no savepoint", path)
	}
	j.finish()
}

var triggered = regexp.MustCompile(`triggerId: ([0-9a-f]{32})`)

// TestStatusOfDetachedSavepoints asks for savepoints without waiting, one of them
// into a folder that cannot be made, and later how they stand: while the job runs,
// while its master is being replaced, and when the job is over.
func TestStatusOfDetachedSavepoints(t *testing.T) {
	t.Parallel()
	j, before := onCluster(t, sharedCluster(t)).start()
	good := j.found(triggered, j.weft("savepoint", "--detached", j.id))
	bad := j.found(triggered, j.weft("savepoint", "--detached", j.id, j.root+"/checkpoints/"+j.id+"/_job"))
	ended := func(v *api.Job, id string) bool {
		return slices.ContainsFunc(v.Operations, func(o api.Operation) bool { return o.ID == id && o.State != api.InProgress })
	}
	j.wait("both savepoints to end", func(v *api.Job) bool { return ended(v, good) && ended(v, bad) })
	path := ""
	both := func() {
		t.Helper()
		now := j.found(completedPath, j.weft("savepoint", "--status", good))
		if path == "" {
			path = now
		}
		if now != path || !j.files.sub("savepoints").sub(filepath.Base(path)).sub("_metadata").exists() {
			t.Errorf("%s is no savepoint, or not %s", now, path)
		}
		c := j.command("savepoint", "--status", bad, "--output", "json")
		if err := c.Run(); err == nil || !strings.Contains(c.stdout.String(), `"state": "FAILED"`) || !strings.Contains(c.stderr.String(), "_job") {
			t.Errorf("of a savepoint that failed it says, with %v:\n%s%s", err, c.stdout, c.stderr)
		}
	}
	both()
	kill(t, before.Master.PID)
	both()
	j.wait("the next master", func(v *api.Job) bool { return runs(v) && v.Attempt > 1 })
	both()
	j.weft("cancel", j.id)
	both()
}

// TestStatusOfSavepointKilledWithItsApplication asks for a savepoint that cannot
// be complete, because a worker is held, and kills the application: the id that
// was given out has an answer all the same.
func TestStatusOfSavepointKilledWithItsApplication(t *testing.T) {
	t.Parallel()
	j, before := onCluster(t, sharedCluster(t)).start()
	hold(t, before.Workers[1].PID)
	id := j.found(triggered, j.weft("savepoint", "--detached", j.id))
	if c := j.weft("savepoint", "--status", id); !strings.Contains(c.stdout.String(), "in progress") {
		t.Errorf("while it is written:\n%s%s", c.stdout, c.stderr)
	}
	j.cluster.kill(j.app)
	j.cluster.awaitEnd(t, j.app)
	c := j.command("savepoint", "--status", id, "--output", "json")
	if err := c.Run(); err == nil || !strings.Contains(c.stdout.String(), `"state": "FAILED"`) ||
		!strings.Contains(c.stderr.String(), j.app+" was killed before it was complete") {
		t.Errorf("after the kill it says, with %v:\n%s%s", err, c.stdout, c.stderr)
	}
}

// savepoint returns the job's latest savepoint in whatever state, nil if nobody
// has asked for one.
func savepoint(v *api.Job) *api.Operation {
	for i := range v.Operations {
		if v.Operations[i].Kind == api.Savepoint {
			return &v.Operations[i]
		}
	}
	return nil
}
