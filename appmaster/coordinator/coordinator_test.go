package coordinator

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weft-stream/weft/internal/control"
)

func TestRestartStrategies(t *testing.T) {
	for _, test := range []struct {
		strategy RestartStrategy
		failures []time.Duration // when, since the beginning
		want     []string        // the delays
	}{
		{RestartStrategy{}, []time.Duration{0}, []string{"never"}},
		{
			RestartStrategy{Kind: FixedDelay, Attempts: 2, Delay: 3 * time.Second},
			[]time.Duration{0, 1, 2},
			[]string{"3s", "3s", "never"},
		},
		{
			RestartStrategy{Kind: FailureRate, MaxFailures: 2, Interval: time.Minute, Delay: time.Second},
			[]time.Duration{0, 30 * time.Second, 61 * time.Second, 62 * time.Second},
			[]string{"1s", "1s", "1s", "never"},
		},
		{
			RestartStrategy{Kind: ExponentialDelay, InitialBackoff: time.Second, MaxBackoff: 3 * time.Second, Multiplier: 2, ResetThreshold: time.Minute},
			[]time.Duration{0, 1, 2, 3, 2 * time.Minute},
			[]string{"1s", "2s", "3s", "3s", "1s"},
		},
		{
			RestartStrategy{Kind: ExponentialDelay, InitialBackoff: time.Second, MaxBackoff: time.Minute, Multiplier: 2, ResetThreshold: time.Minute, AttemptsBeforeReset: 1},
			[]time.Duration{0, 1},
			[]string{"1s", "never"},
		},
	} {
		var r restarts
		var got []string
		for _, at := range test.failures {
			delay, refused := r.next(&test.strategy, time.Unix(0, 0).Add(at), rand.New(rand.NewPCG(1, 1)))
			if refused != "" {
				got = append(got, "never")
			} else {
				got = append(got, delay.String())
			}
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", test.strategy.Kind, diff)
		}
	}
}

func TestJitterStaysWithinItsShare(t *testing.T) {
	s := RestartStrategy{Kind: ExponentialDelay, InitialBackoff: time.Second, MaxBackoff: time.Second, Multiplier: 1, Jitter: 0.1, ResetThreshold: time.Hour}
	random := rand.New(rand.NewPCG(1, 1))
	seen := map[time.Duration]bool{}
	var r restarts
	for range 100 {
		delay, _ := r.next(&s, time.Unix(0, 0), random)
		if delay < 900*time.Millisecond || delay > 1100*time.Millisecond {
			t.Fatalf("delay %v", delay)
		}
		seen[delay] = true
	}
	if len(seen) < 50 {
		t.Errorf("only %d different delays", len(seen))
	}
}

// begin runs a script's commands and returns the scenario.
func begin(t *testing.T, commands ...string) *scenario {
	s := &scenario{t: t, now: time.Unix(1000, 0), conns: map[string]int64{}}
	for _, c := range commands {
		s.command(strings.Fields(c))
	}
	return s
}

func TestReportsAreSummedOverDeployments(t *testing.T) {
	s := begin(t, "job", "allocate w1 w2", "hello w1 w2", "tasks w1 w2 state=RUNNING")
	report := func(worker string, records int64) {
		for _, own := range s.own(worker, control.Running) {
			s.step(s.from(worker, control.FromWorker{Report: &control.Report{
				Resident: 7,
				Tasks:    []control.TaskMetrics{{Epoch: own.Epoch, Task: own.Task, RecordsOut: records, BusyMS: records, Watermark: 5}},
			}}))
			s.now = s.now.Add(time.Second)
		}
	}
	report("w1", 100)
	report("w1", 150)
	v := s.job.View()
	if got := v.Vertices[0].Total.RecordsOut; got != 150 {
		t.Errorf("%d records after two reports", got)
	}
	if got := v.Vertices[0].Rates.RecordsOut; got <= 0 {
		t.Errorf("%v records per second", got)
	}
	if got := v.Vertices[0].Subtasks[0].Watermark; got != 5 {
		t.Errorf("watermark %d", got)
	}
	for _, c := range []string{"fail w2 sum 1", "after 1s", "tasks w1 w2 state=RUNNING"} {
		s.command(strings.Fields(c))
	}
	report("w1", 10)
	if got := s.job.View().Vertices[0].Total.RecordsOut; got != 160 {
		t.Errorf("%d records after the restart", got)
	}
}

func TestViewSharesNothing(t *testing.T) {
	s := begin(t, "job", "allocate w1 w2", "hello w1 w2", "tasks w1 w2 state=RUNNING", "after 10s", "prepared 1 dir=/ckp/chk-1", "ack 1 w1")
	before := s.job.View()
	again := s.job.View()
	for _, c := range []string{"ack 1 w2", "metadata 1", "request SAVEPOINT a", "persisted", "fail w1 sum 0", "lost w2"} {
		s.command(strings.Fields(c))
	}
	if diff := cmp.Diff(again, before); diff != "" {
		t.Errorf("a view changed (-want +got)\n%s", diff)
	}
	if c := before.Checkpoints.History[0]; c.Acked != 2 || c.Subtasks != 4 || c.Size != 20 || c.Vertices[0].Acked != 1 {
		t.Errorf("checkpoint in progress: %+v", c)
	}
	after := s.job.View()
	if c := after.Checkpoints.LatestCompleted; c == nil || c.ID != 1 || c.Size != 140 || len(after.Checkpoints.Retained) != 1 {
		t.Errorf("latest completed: %+v", c)
	}
	if x := after.Exceptions; len(x) != 1 || x[0].Task != "Sum (1/2)" || x[0].Worker != "w1" || len(x[0].Others) != 1 {
		t.Errorf("exceptions: %+v", x)
	}
}

func TestContainersThatNeverReportFailTheJob(t *testing.T) {
	s := begin(t, "job")
	var last []string
	for i := range 10 {
		s.command(strings.Fields(fmt.Sprintf("allocate c%d", i)))
		last = s.command(strings.Fields(fmt.Sprintf("lost c%d", i)))
	}
	want := []string{
		"  containers 0",
		"  finish FAILED 10 containers in a row ended before they reported to the master; the last: container c9 on host-c9 was lost: exit code 137: killed by signal 9",
		"  state FAILED",
	}
	if diff := cmp.Diff(want, last); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestAMasterThatStoodStillBlamesNobody(t *testing.T) {
	s := begin(t, "job interval=0s", "allocate w1 w2", "hello w1 w2", "tasks w1 w2 state=RUNNING")
	s.now = s.now.Add(5 * time.Minute)
	if got := s.command([]string{"after", "0s"}); len(got) != 0 {
		t.Errorf("after standing still: %v", got)
	}
	if got := s.command(strings.Fields("after 1m")); len(got) != 0 {
		t.Errorf("later: %v", got)
	}
}

func TestExceptionsAreBounded(t *testing.T) {
	s := begin(t, "job", "allocate w1 w2", "hello w1 w2")
	for range 20 {
		for _, c := range []string{"tasks w1 w2 state=RUNNING", "fail w1 sum 0", "after 2m"} {
			s.command(strings.Fields(c))
		}
	}
	if v := s.job.View(); len(v.Exceptions) != maxExceptions || v.Restarts != 20 || v.Exceptions[0].Epoch != 20 {
		t.Errorf("%d exceptions, %d restarts", len(v.Exceptions), v.Restarts)
	}
}

func TestEndedOperationsAreForgotten(t *testing.T) {
	s := begin(t, "job checkpoints=off", "allocate w1 w2", "hello w1 w2", "tasks w1 w2 state=RUNNING")
	for _, c := range []string{
		"request SAVEPOINT a", "persisted", "prepared 1 err=quota", "persisted", "after 6m",
		"request SAVEPOINT b", "persisted",
	} {
		s.command(strings.Fields(c))
	}
	v := s.job.View()
	if len(v.Operations) != 1 || v.Operations[0].ID != "b" {
		t.Errorf("operations: %v", v.Operations)
	}
}

// TestKnows: the id of a checkpoint that a master tried can be given again by the next one, which a task that was replaced
// between the two cannot tell apart. (The simulator doubled a record by this, at seed 377673.)
func TestKnows(t *testing.T) {
	latest := Snapshot{ID: 5, Epoch: 2<<20 + 1}
	for _, c := range []struct {
		what string
		u    control.TaskUpdate
		want bool
	}{
		{"it took part", control.TaskUpdate{Checkpoint: 5, Asked: 2<<20 + 1}, true},
		{"it was asked for a later one", control.TaskUpdate{Checkpoint: 6, Asked: 2<<20 + 1}, true},
		{"it began from it", control.TaskUpdate{Checkpoint: 5, Asked: 3 << 20}, true},
		{"it was asked for the one before", control.TaskUpdate{Checkpoint: 4, Asked: 2<<20 + 1}, false},
		{"it was asked for another of the same id", control.TaskUpdate{Checkpoint: 5, Asked: 2 << 20}, false},
	} {
		if got := knows(&c.u, latest); got != c.want {
			t.Errorf("%s: %v", c.what, got)
		}
	}
}
