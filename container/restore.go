package container

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/weft-stream/weft/internal/control"
	"github.com/weft-stream/weft/internal/keygroup"
	"github.com/weft-stream/weft/internal/plan"
	"github.com/weft-stream/weft/internal/snapshot"
	"github.com/weft-stream/weft/internal/task"
)

// open restores a subtask's state and starts its chain.
func (d *deployment) open(ctx context.Context, t *subtask) error {
	d.update(t.id, control.Initializing, nil)
	if d.restore != nil {
		for i := range t.vertex.Operators {
			if err := d.restoreOperator(ctx, t, &t.vertex.Operators[i]); err != nil {
				return fmt.Errorf("restore: %w", err)
			}
		}
		if err := d.recover(ctx, t); err != nil {
			return fmt.Errorf("restore: %w", err)
		}
	}
	if err := t.chain.Open(d.restore != nil); err != nil {
		return err
	}
	d.opened()
	return nil
}

// opened tells where the state came from, when the last subtask has its own.
func (d *deployment) opened() {
	if d.unopened.Add(-1) > 0 || d.restore == nil {
		return
	}
	local, remote := d.state.Read()
	d.worker.log.Info("state is restored", "from", d.restore.URI(), "local_bytes", local, "remote_bytes", remote,
		"took", time.Since(d.began).Round(time.Millisecond))
}

// restored sums up the same for the master, for the snapshot that tasks started from last.
func restored(all []*deployment) *control.Restored {
	var sum *control.Restored
	for _, d := range slices.Backward(all) {
		if d.unopened.Load() > 0 || d.restore == nil {
			continue
		}
		if sum == nil {
			sum = &control.Restored{Checkpoint: d.restore.Meta.CheckpointID}
		}
		if sum.Checkpoint == d.restore.Meta.CheckpointID {
			local, remote := d.state.Read()
			sum.Local += local
			sum.Remote += remote
		}
	}
	return sum
}

func (d *deployment) restoreOperator(ctx context.Context, t *subtask, op *plan.Operator) error {
	for i := range d.restore.Meta.Operators {
		saved := &d.restore.Meta.Operators[i]
		if saved.UID != op.UID {
			continue
		}
		for _, state := range op.States {
			if err := d.restoreState(ctx, t, saved, state); err != nil {
				return err
			}
		}
	}
	return nil
}

// restoreState gives a subtask its part of one state: the keys of its key
// groups, its share of a list that is split, all entries of a union.
//
// A region that restarts alone must get exactly what it had, since the others keep
// what is theirs. So whatever a subtask is given depends on the snapshot, its index
// and the parallelism alone, and where that has not changed, a list goes to whom it
// was from; only else it is dealt out anew, every n-th entry to each.
func (d *deployment) restoreState(ctx context.Context, t *subtask, saved *snapshot.Operator, state plan.State) error {
	listed := state.Kind == plan.List || state.Kind == plan.Union
	if i := slices.IndexFunc(saved.States, func(s snapshot.StateInfo) bool { return s.Name == state.Name }); i >= 0 && !listed {
		if err := t.chain.Written(saved.UID, state.Name, saved.KeySchema, saved.States[i].Schema); err != nil {
			return fatalError{err}
		}
	}
	first, last := keygroupRange(t)
	var entries [][]byte
	count := 0
	for s := range saved.Subtasks {
		for _, handle := range saved.Subtasks[s].States {
			if handle.State != state.Name || !listed && !handle.Overlaps(first, last) {
				continue
			}
			for frame, err := range d.state.Frames(ctx, handle, first, last) {
				if err != nil {
					return err
				}
				if !listed {
					if err := t.chain.Restore(saved.UID, state.Name, task.Part(handle.Part), frame.Payload); err != nil {
						return fatalError{err}
					}
					continue
				}
				to := count % t.vertex.Parallelism
				if len(saved.Subtasks) == t.vertex.Parallelism {
					to = s
				}
				if state.Kind == plan.Union || to == t.id.Subtask {
					entries = append(entries, append([]byte(nil), frame.Payload...))
				}
				count++
			}
		}
	}
	if !listed {
		return nil
	}
	return t.chain.RestoreList(saved.UID, state.Name, entries)
}

func keygroupRange(t *subtask) (first, last int) {
	return keygroup.Range(t.id.Subtask, t.vertex.Parallelism, t.vertex.MaxParallelism)
}
