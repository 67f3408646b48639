package container

import (
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"

	"github.com/weft-stream/weft/conf"
	"github.com/weft-stream/weft/internal/control"
	"github.com/weft-stream/weft/internal/memory"
	"github.com/weft-stream/weft/internal/state"
	"github.com/weft-stream/weft/internal/task"
)

// diskState is where a worker's keyed state may go when it is larger than memory (state.backend.type: disk).
type diskState struct {
	budget      *state.Budget
	dirs        []string
	collections atomic.Uint64 // of garbage, when the budget was adapted last
}

// newDiskState returns nil if state stays in memory.
func newDiskState(c *conf.Conf, container int64) *diskState {
	if conf.Get(c, conf.StateBackend) != conf.BackendDisk {
		return nil
	}
	share := memory.StateShare(container, int64(conf.Get(c, conf.ManagedMemory)), conf.Get(c, conf.ManagedFraction))
	return &diskState{budget: state.NewBudget(share), dirs: localDirs(conf.Get(c, conf.StateLocalDirs))}
}

// localDirs are the folders that a user has named, or those that YARN gives to a container, one on each disk
// (ApplicationConstants.Environment.LOCAL_DIRS), or the one where the worker is.
func localDirs(named []string) []string {
	if len(named) > 0 {
		return named
	}
	if given := os.Getenv("LOCAL_DIRS"); given != "" {
		return strings.Split(given, ",")
	}
	here, err := filepath.Abs(".")
	if err != nil {
		here = "."
	}
	return []string{here}
}

// dirOf is the folder of one subtask: subtasks take turns.
func dirOf(t *subtask, dirs []string) string { return dirs[t.id.Subtask%len(dirs)] }

// store returns what lets the tables of a subtask be larger than memory, nil if they shall not be.
func (k *diskState) store(t *subtask) *state.Store {
	if k == nil {
		return nil
	}
	return k.budget.NewStore(dirOf(t, k.dirs), t.slot.wake, func(err error) { task.Fail(err, "") })
}

// adapt lets the budget give way when the rest of the process takes more memory than was left to it. What is live is only
// known after a collection of garbage.
func (k *diskState) adapt() {
	live, goal, collections := memory.Live()
	if goal > 0 && k.collections.Swap(collections) != collections {
		k.budget.Adapt(live, goal)
	}
}

// report is what the master is told now and then, nil if state is in memory.
func (k *diskState) report() *control.DiskState {
	if k == nil {
		return nil
	}
	k.adapt()
	s := k.budget.Spilled()
	return &control.DiskState{Memory: s.MemoryBytes, Disk: s.DiskBytes, Loads: s.Loads, Evictions: s.Evictions}
}
