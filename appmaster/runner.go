package appmaster

import (
	"context"
	"log/slog"
	"time"

	"github.com/weft-stream/weft/appmaster/coordinator"
)

// runner owns the state machine. All that happens becomes an event in one
// queue; one goroutine steps through them, carries out the effects, and shows
// the new view.
type runner struct {
	job      *coordinator.Job
	events   *queue[coordinator.Event]
	provider provider
	workers  *workers
	archive  *archive
	requests *requests
	board    *board
	log      *slog.Logger
	finished chan coordinator.Finish // gets the job's end
	settled  chan struct{}           // closed when nothing is left to delete after it
	end      *coordinator.Finish     // that this step has brought
	told     struct {                // what the log has last
		state   coordinator.JobState
		failure time.Time
	}
}

// run steps until stop is closed. Work on storage that an effect starts goes
// on until ctx ends.
func (r *runner) run(ctx context.Context, stop <-chan struct{}) {
	r.step(ctx, coordinator.Tick{})
	r.show()
	for settled := false; ; {
		events := r.events.wait(r.job.NextDeadline(), stop)
		for _, event := range events {
			r.step(ctx, event)
		}
		if len(events) == 0 {
			r.step(ctx, coordinator.Tick{})
		}
		r.show()
		if !settled && r.job.Settled() {
			settled = true
			close(r.settled)
		}
		select {
		case <-stop:
			return
		default:
		}
	}
}

func (r *runner) show() {
	view := r.job.View()
	r.board.put(&view)
	r.tell(&view)
}

// tell writes into the log what somebody who looks for the cause of a restart
// wants to find there.
func (r *runner) tell(view *coordinator.View) {
	if f := view.RootCause; f != nil && f.Time.After(r.told.failure) {
		r.told.failure = f.Time
		r.log.Warn("failure", "error", f.Message, "location", f.Location, "task", f.Task, "worker", f.Worker, "host", f.Host, "epoch", f.Epoch)
	}
	if view.State != r.told.state {
		r.told.state = view.State
		r.log.Info("job", "state", view.State, "epoch", view.Epoch, "restarts", view.Restarts)
	}
}

func (r *runner) step(ctx context.Context, event coordinator.Event) {
	for _, effect := range r.job.Step(time.Now(), event) {
		r.perform(ctx, effect)
	}
	if r.end != nil { // once all is under way that goes with it
		r.finished <- *r.end
		r.end = nil
	}
}

// perform carries out one effect, or starts it if it waits for something.
func (r *runner) perform(ctx context.Context, effect coordinator.Effect) {
	switch e := effect.(type) {
	case coordinator.Send:
		r.workers.send(e.Conn, &e.Message)
	case coordinator.EnsureContainers:
		r.log.Info("containers to hold", "count", e.N)
		r.provider.ensure(e.N)
	case coordinator.ReleaseContainer:
		r.provider.release(e.Worker, "released by the master")
	case coordinator.PrepareCheckpoint:
		r.archive.start(func() { r.archive.prepare(ctx, e) })
	case coordinator.WriteMetadata:
		r.archive.start(func() { r.archive.complete(ctx, e) })
	case coordinator.DeleteSnapshot:
		r.archive.delete(ctx, e)
	case coordinator.DeleteShared:
		r.archive.start(func() { r.archive.removeShared(ctx, e) })
	case coordinator.PersistOperations:
		r.archive.start(func() { r.archive.persist(ctx, e) })
	case coordinator.OperationChanged:
		r.log.Info("operation", "id", e.Operation.ID, "kind", e.Operation.Kind, "state", e.Operation.State,
			"location", e.Operation.Location, "failure", e.Operation.Failure)
		r.requests.changed(e.Operation)
		if e.Operation.State == coordinator.OperationFailed && e.Operation.Kind.TakesSavepoint() {
			r.archive.start(func() { r.archive.recordFailure(ctx, e.Operation) })
		}
	case coordinator.RequestRefused:
		r.requests.refused(e.ID, e.Reason)
	case coordinator.Finish:
		r.log.Info("job ended", "state", e.State, "diagnostics", e.Diagnostics)
		r.end = &e
	}
}
