package container

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weft-stream/weft/internal/control"
	"github.com/weft-stream/weft/internal/state"
)

// TestExactlyOnceWithStateOnDisk: tables of which nearly nothing may stay in memory, in turns with tables in memory, so
// that a snapshot of one is restored in the other.
func TestExactlyOnceWithStateOnDisk(t *testing.T) {
	onDisk, check := tinyBudgets(t)
	checkTotals(t, runOverRestores(t, 6, 30*time.Millisecond, totals, onDisk))
	check()
}

// TestWindowsWithStateOnDisk: windows come out the same.
func TestWindowsWithStateOnDisk(t *testing.T) {
	onDisk, check := tinyBudgets(t)
	got := runOverRestores(t, 4, 60*time.Millisecond, windowJob, onDisk)
	slices.Sort(got)
	check()
	if diff := cmp.Diff(plainResults(), got); diff != "" {
		t.Errorf("results (-plain +job):\n%.3000s", diff)
	}
}

// tinyBudgets returns a change of workers that puts nearly all state of two in three on disk, and a look at what they have
// done with it.
func tinyBudgets(t *testing.T) (change func(round int, w *Worker), check func()) {
	dir := t.TempDir()
	var used []*diskState
	change = func(round int, w *Worker) {
		if round%3 == 2 {
			return
		}
		w.disk = &diskState{budget: state.NewBudget(1 << 10), dirs: []string{dir}}
		w.spools = &spools{dirs: []string{dir}, must: true}
		used = append(used, w.disk)
	}
	return change, func() {
		t.Helper()
		var all state.Spilled
		for _, k := range used {
			s := k.budget.Spilled()
			all.Loads += s.Loads
			all.Evictions += s.Evictions
			if s.MemoryBytes != 0 || s.DiskBytes != 0 {
				t.Errorf("a worker that has ended still has %+v", s)
			}
		}
		if all.Loads < 100 || all.Evictions < 100 {
			t.Errorf("%+v: the disk was hardly used", all)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("%v is left, %v", left, err)
		}
	}
}

// TestDiskErrorFailsTheTask: in one line, and nothing is lost: the job goes on from its latest checkpoint.
func TestDiskErrorFailsTheTask(t *testing.T) {
	dir, out := t.TempDir(), t.TempDir()
	gone := filepath.Join(t.TempDir(), "gone")
	f := newFleet(t, dir, 2, totals(t, 3, out))
	f.deploy("")
	f.await(control.Running)
	f.checkpoint(1)
	restore := f.checkpoint(2)
	f.complete(2)
	f.stop()
	f = newFleet(t, dir, 2, totals(t, 3, out))
	f.epoch = 10
	for _, w := range f.workers {
		w.disk = &diskState{budget: state.NewBudget(0), dirs: []string{gone}}
	}
	f.deploy(restore)
	if cause := f.awaitFailure(); !strings.Contains(cause, "state on disk: ") || !strings.Contains(cause, gone) || strings.Contains(cause, "\n") {
		t.Errorf("the task failed with %q", cause)
	}
	f.stop()
	f = newFleet(t, dir, 2, totals(t, 3, out))
	f.epoch = 20
	f.deploy(restore)
	f.await(control.Finished)
	f.checkpoint(3)
	f.complete(3)
	f.obeyed()
	checkTotals(t, outputLines(t, out))
}
