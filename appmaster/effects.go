package appmaster

import (
	"context"
	"errors"
	"log/slog"
	"sync"

	"github.com/weft-stream/weft/appmaster/coordinator"
	"github.com/weft-stream/weft/internal/snapshot"
	"github.com/weft-stream/weft/internal/storage"
)

// archive carries out what the state machine wants of storage. Each task runs
// in a goroutine of its own and posts its answer; storage retries inside each
// operation, so an answer may take minutes when the storage is away.
type archive struct {
	places  *places
	attempt int
	owner   snapshot.Owner // this job
	space   *spaceWatch
	post    func(coordinator.Event)
	gone    func(error) // ends an attempt that has a successor
	log     *slog.Logger

	busy    sync.WaitGroup
	jobMade sync.Mutex
	made    bool
	asked   askedFor

	deleting sync.Mutex
	released bool // the last deletion need not wait any more
	waiting  []func()
}

// delete starts a deletion, or keeps the last one until release.
func (a *archive) delete(ctx context.Context, e coordinator.DeleteSnapshot) {
	task := func() { a.remove(ctx, e) }
	a.deleting.Lock()
	defer a.deleting.Unlock()
	if e.Last && !a.released {
		a.waiting = append(a.waiting, task)
		return
	}
	a.start(task)
}

// release starts what waits for the cluster to have written the job's end down.
func (a *archive) release() {
	a.deleting.Lock()
	defer a.deleting.Unlock()
	a.released = true
	for _, task := range a.waiting {
		a.start(task)
	}
	a.waiting = nil
}

func (a *archive) start(task func()) {
	a.busy.Go(task)
}

// idle returns when nothing is under way any more, or ctx ends.
func (a *archive) idle(ctx context.Context) {
	done := make(chan struct{})
	go func() {
		a.busy.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
		a.log.Warn("storage did not finish in time; folders of old checkpoints may be left")
	}
}

// prepare makes the folder of a checkpoint or savepoint.
func (a *archive) prepare(ctx context.Context, e coordinator.PrepareCheckpoint) {
	dir, err := a.makeFolder(ctx, e)
	answer := coordinator.CheckpointPrepared{Checkpoint: e.Checkpoint, Dir: dir, Err: err}
	if e.Sweep {
		unneeded, err := a.sweep(ctx, e.Need)
		answer.Unneeded, answer.Unswept = unneeded, err != nil
	}
	a.post(answer)
	a.space.look(ctx)
}

func (a *archive) makeFolder(ctx context.Context, e coordinator.PrepareCheckpoint) (uri string, err error) {
	if e.Savepoint {
		at, err := a.places.open(e.Target)
		if err != nil {
			return "", err
		}
		dir, err := snapshot.CreateSavepoint(ctx, at.fs, at.dir, a.places.jobID)
		if err != nil {
			return "", err
		}
		return at.fs.URI(dir), nil
	}
	at := a.places.checkpoints
	if at.fs == nil {
		return "", errors.New("the job has no folder for checkpoints: set state.checkpoints.dir")
	}
	if err := a.makeJob(ctx); err != nil {
		return "", err
	}
	dir, err := snapshot.CreateCheckpoint(ctx, at.fs, at.dir, a.places.jobID, e.Checkpoint)
	if err != nil {
		return "", err
	}
	return at.fs.URI(dir), nil
}

// makeJob makes the job's folder before its first checkpoint, so that a job
// that takes none leaves none.
func (a *archive) makeJob(ctx context.Context) error {
	a.jobMade.Lock()
	defer a.jobMade.Unlock()
	if a.made {
		return nil
	}
	at := a.places.checkpoints
	err := snapshot.CreateJob(ctx, at.fs, at.dir, a.places.jobID)
	if err == nil {
		err = snapshot.WriteOwner(ctx, at.fs, at.dir, a.owner)
	}
	a.made = err == nil
	return err
}

// sweep finds the shared files that nothing needs. An attempt that has a
// successor must not delete any: it does not know what that one needs. What it
// has listed before the successor left its mark, though, was there before any
// checkpoint of the successor.
func (a *archive) sweep(ctx context.Context, need map[string]bool) ([]string, error) {
	at := a.places.checkpoints
	names, err := snapshot.Unneeded(ctx, at.fs, at.dir, a.places.jobID, need)
	if err == nil && len(names) > 0 {
		err = a.places.checkPlace(ctx, a.attempt)
	}
	if err != nil {
		a.log.Warn("shared files of old checkpoints are left for later", "error", err)
		return nil, err
	}
	return names, nil
}

// removeShared deletes shared files that nothing needs.
func (a *archive) removeShared(ctx context.Context, e coordinator.DeleteShared) {
	at := a.places.checkpoints
	if err := snapshot.RemoveShared(ctx, at.fs, at.dir, a.places.jobID, e.Names); err != nil {
		a.log.Warn("shared files of old checkpoints are left for later", "error", err)
	}
}

// complete makes a checkpoint complete.
func (a *archive) complete(ctx context.Context, e coordinator.WriteMetadata) {
	size, err := a.writeMetadata(ctx, e)
	a.post(coordinator.MetadataWritten{Checkpoint: e.Checkpoint, Size: size, Err: err})
	if err == nil && e.Metadata.Kind == snapshot.Checkpoint {
		a.space.taken(e.Metadata.StateSize() + size)
	}
	a.space.look(ctx)
}

func (a *archive) writeMetadata(ctx context.Context, e coordinator.WriteMetadata) (int64, error) {
	at, err := a.places.open(e.Dir)
	if err != nil {
		return 0, err
	}
	if err := a.places.checkPlace(ctx, a.attempt); err != nil {
		if errors.Is(err, errSuperseded) {
			a.gone(err)
		}
		return 0, err
	}
	if e.Metadata.Kind == snapshot.Savepoint {
		a.recordPlace(ctx, e)
	}
	size, err := snapshot.WriteMetadata(ctx, at.fs, at.dir, e.Metadata)
	if err == nil && e.Metadata.Kind == snapshot.Savepoint {
		a.recordComplete(ctx, e)
	}
	return size, err
}

// remove deletes what no job will start from.
func (a *archive) remove(ctx context.Context, e coordinator.DeleteSnapshot) {
	err := a.removeFolder(ctx, e)
	kept := errors.Is(err, snapshot.ErrKept)
	if kept {
		err = nil
	}
	if err != nil {
		a.log.Warn("folder of a checkpoint is left", "folder", e.Dir, "error", err)
	}
	a.post(coordinator.SnapshotDeleted{Checkpoint: e.Checkpoint, Kept: kept, Err: err, Lasting: err != nil && !storage.IsTransient(err)})
}

func (a *archive) removeFolder(ctx context.Context, e coordinator.DeleteSnapshot) error {
	at, err := a.places.open(e.Dir)
	switch {
	case err != nil:
		return err
	case e.Claimed:
		return snapshot.DeleteClaimed(ctx, at.fs, at.dir, a.places.jobID, a.places.sourceEnded)
	case e.Savepoint:
		return errors.Join(at.fs.RemoveAll(ctx, at.dir), a.forget(ctx, e.Dir))
	}
	return snapshot.Delete(ctx, at.fs, at.dir)
}

// persist writes the operations down.
func (a *archive) persist(ctx context.Context, e coordinator.PersistOperations) {
	a.recordAsked(ctx, e.Operations)
	err := a.places.writeOperations(ctx, a.attempt, e.Operations)
	if err != nil {
		a.log.Warn("operations could not be written down", "error", err)
	}
	a.post(coordinator.OperationsPersisted{Seq: e.Seq, Err: err})
}
