//go:build integration

package integration

import (
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestOneRegionRestartsAlone kills a worker of a job whose workers exchange nothing:
// the other one's tasks go on as if nothing had happened, but with full failover,
// with which they restart too.
func TestOneRegionRestartsAlone(t *testing.T) {
	t.Parallel()
	check(t, build("apart", "./integration/apart"))
	for strategy, survivors := range map[string]bool{"region": true, "full": false} {
		t.Run(strategy, func(t *testing.T) {
			t.Parallel()
			killOneOfTwo(t, strategy, survivors)
		})
	}
}

func killOneOfTwo(t *testing.T, strategy string, survivors bool) {
	p := onCluster(t, sharedCluster(t))
	p.program = "apart"
	p.configure(p.settings() + "jobmanager.execution.failover-strategy: " + strategy + "\n")
	j, before := p.start()
	victim := before.Workers[0]
	kill(t, victim.PID)
	began := time.Now()
	after := j.waitRestarted(before)
	t.Logf("worker killed → RUNNING: %s", since(began))
	checkRestored(t, before, after)
	if after.Restarts != 1 {
		t.Errorf("%d restarts", after.Restarts)
	}
	others := 0
	for v := range before.Vertices {
		for i, was := range before.Vertices[v].Subtasks {
			is := after.Vertices[v].Subtasks[i]
			if was.Worker == victim.ID {
				if is.Worker == was.Worker || is.Since <= was.Since {
					t.Errorf("subtask %d was killed: %+v", i, is)
				}
				continue
			}
			others++
			went := is.Worker == was.Worker && is.Since == was.Since && is.RecordsOut >= was.RecordsOut
			if survivors && !went {
				t.Errorf("subtask %d did not go on: before %+v, after %+v", i, was, is)
			}
			if !survivors && is.Since <= was.Since {
				t.Errorf("subtask %d was not restarted: before %+v, after %+v", i, was, is)
			}
		}
	}
	if others == 0 {
		t.Error("the other worker had no tasks")
	}
	j.waitWorking(before)
	j.finishNumbers(j.cancelWithSavepoint())
}

// finishNumbers lets the job go on from a snapshot to an end, and checks that each
// number was written once.
func (j *job) finishNumbers(snapshot string) {
	j.t.Helper()
	count := j.bound()
	c := j.weft(j.runArguments([]string{"-s", snapshot, "-yn", "2"}, "--count", strconv.FormatInt(count, 10))...)
	if !strings.Contains(c.stdout.String(), "has finished") {
		j.t.Errorf("the job has not finished:\n%s%s", c.stdout, c.stderr)
	}
	seen := make([]int, count)
	for _, line := range j.lines(j.files.sub("out"), j.visible) {
		n, err := strconv.ParseInt(line, 10, 64)
		if err != nil || n < 0 || n >= count {
			j.t.Fatalf("%q is none of the numbers", line)
		}
		seen[n]++
	}
	for n, times := range seen {
		if times != 1 {
			j.t.Fatalf("number %d was written %d times", n, times)
		}
	}
}
