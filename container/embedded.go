package container

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"

	"github.com/weft-stream/weft/conf"
	"github.com/weft-stream/weft/internal/control"
	"github.com/weft-stream/weft/internal/jobspec"
	"github.com/weft-stream/weft/internal/storage"
	"github.com/weft-stream/weft/internal/task"
)

// Embed runs a bounded job to its end inside this process, without a master and
// without checkpoints but for a last one, at which sinks commit. It is for the
// tests of jobs: a failure ends it.
func Embed(ctx context.Context, program task.Program, stdout io.Writer, log *slog.Logger) error {
	files := storage.NewResolver(storage.Config{Log: log})
	defer files.Close()
	w := &Worker{
		id: "embedded", spec: &jobspec.Spec{JobID: "embedded"}, plan: program.Plan(), program: program,
		settings: newSettings(conf.New()), storage: files, stdout: stdout, log: log, signal: make(chan struct{}, 1),
	}
	w.changed = sync.NewCond(&w.mu)
	ended := watchEnd(w)
	order := &control.Deploy{Epoch: 1}
	for range program.Plan().Slots() {
		order.Assign(control.Placement{Worker: w.id})
	}
	d, err := w.prepare(order)
	if err != nil {
		return err
	}
	w.gather.join(d)
	d.start(order)
	defer d.stop()
	select {
	case err = <-ended:
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		return err
	}
	return d.commitLast(ctx, ended)
}

// watchEnd returns a channel that gets the job's end: nil when all its tasks
// have finished, or why the first of them failed; and later failures.
func watchEnd(w *Worker) <-chan error {
	var mu sync.Mutex
	left := w.plan.Subtasks()
	ended := make(chan error, left+1)
	w.tell = func(m *control.FromWorker) {
		if m.Task == nil {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		switch m.Task.State {
		case control.Failed:
			ended <- taskError(m.Task.Error)
		case control.Finished:
			if left--; left == 0 {
				ended <- nil
			}
		}
	}
	return ended
}

func taskError(e *control.TaskError) error {
	if e.Location != "" {
		return errors.New(e.Location + ": " + e.Message)
	}
	return errors.New(e.Message)
}

// commitLast takes a checkpoint of finished tasks, which is kept nowhere, and
// lets sinks commit.
func (d *deployment) commitLast(ctx context.Context, failed <-chan error) error {
	whole := make(chan struct{})
	d.worker.gather.whole = func(*gathering) { close(whole) }
	const last = 1
	d.worker.gather.ordered(&control.TriggerCheckpoint{Epoch: d.epoch, Checkpoint: last})
	d.tell(envelope{kind: trigger, order: &checkpointOrder{id: last}})
	select {
	case <-whole:
	case err := <-failed:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
	d.tell(envelope{kind: complete, value: last})
	for _, s := range d.slots {
		s.awaitEmpty(ctx)
	}
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}
