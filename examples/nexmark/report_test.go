package main

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weft-stream/weft/stream/streamtest"
)

var reported = regexp.MustCompile(`^50000 events in \d+\.\d\d s, 46000 results
  whole run          \d+\.\d\d million events/s, \d+\.\d\d million for each second of a core \(\d\.\d\d cores were busy\)
  from 30 to 90 %    \d+\.\d\d million events/s, \d+\.\d\d million for each second of a core \(\d\.\d\d cores were busy\)
  making the events  \d+\.\d ns each, \d+ % of the processor time
$`)

func TestTheReportCountsAllSubtasks(t *testing.T) {
	for _, parallelism := range []int{1, 3} {
		got, err := streamtest.Try(t.Context(), parallelism, describe(q0), "--events", "50000")
		if err != nil {
			t.Fatal(err)
		}
		if !reported.MatchString(got) {
			t.Errorf("at parallelism %d the report is\n%s", parallelism, got)
		}
	}
}

func TestPrintGivesTheResultsToo(t *testing.T) {
	got, err := streamtest.Try(t.Context(), 1, describe(q2), "--events", "5000", "--print")
	if err != nil {
		t.Fatal(err)
	}
	results, _, found := strings.Cut(got, "5000 events in ")
	if lines := strings.Split(strings.TrimSpace(results), "\n"); !found || len(lines) < 3 || !strings.HasPrefix(lines[0], "{1107 ") {
		t.Errorf("printed:\n%s", got)
	}
}

// TestWorkersAddUp has two workers of two subtasks each, of which the second
// worker is slower.
func TestWorkersAddUp(t *testing.T) {
	const ms = int64(time.Millisecond)
	at := func(millis, cpu, made int64) reading {
		return reading{Nanos: (1000 + millis) * ms, CPU: (10 + cpu) * ms, Made: made}
	}
	var r run
	for _, p := range []passage{
		{Process: "a", Events: 400, Began: at(0, 0, 0), Warm: at(25, 30, 100), Late: at(80, 130, 350), Ended: at(100, 180, 400)},
		{Process: "a", Events: 400, Began: at(5, 10, 0), Warm: at(30, 40, 120), Late: at(85, 140, 360), Ended: at(110, 190, 400)},
		{Process: "b", Events: 200, Began: at(10, 0, 0), Warm: at(35, 20, 50), Late: at(95, 70, 180), Ended: at(120, 90, 200)},
		{Process: "b", Results: 7, Ended: at(200, 100, 0)},
		{Process: "a", Results: 5, Ended: at(130, 200, 0)},
	} {
		r.add(p)
	}
	type sums struct {
		Events, Results, Steady                  int64
		Elapsed, Used, SteadyElapsed, SteadyUsed time.Duration
	}
	got := sums{r.events, r.results, r.steady.events, r.all.elapsed(), r.all.used(), r.steady.elapsed(), r.steady.used()}
	want := sums{1000, 12, 620, 200 * time.Millisecond, 300 * time.Millisecond, 70 * time.Millisecond, 160 * time.Millisecond}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestWrongOptionsAreRefused(t *testing.T) {
	for _, args := range [][]string{{"--events", "-1"}, {"--rate", "-1"}, {"--event-rate", "2000000000"}, {"--rate", "x"}} {
		if _, err := streamtest.Try(t.Context(), 1, describe(q0), args...); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v: error %v, want one line", args, err)
		}
	}
}
