package appmaster

import (
	"context"
	"sync"
	"time"

	"github.com/weft-stream/weft/appmaster/coordinator"
	"github.com/weft-stream/weft/internal/snapshot"
)

// A savepoint has records in the job's folder of checkpoints for those who ask
// what became of it when the job is over (internal/snapshot/record.go): that it
// was asked for, before its id is told to anybody; where it is, before it is
// complete; or why it failed. A job without a folder of checkpoints has no place
// for them.
//
// Nothing waits for ever for a record: a savepoint is worth more than a note of
// it, and may be taken because the folder of checkpoints is out of reach.

// recordTimeout bounds the writing of the record that a savepoint was asked for,
// which delays the answer to who asks, and other users' too.
const recordTimeout = 10 * time.Second

// askedFor are the operations of which it is recorded that they were asked for,
// or that they failed. Both are one file, so they are written one after the other.
type askedFor struct {
	sync.Mutex
	recorded map[string]bool // by the operation's id
}

// recordAsked notes that savepoints were asked for, once each.
func (a *archive) recordAsked(ctx context.Context, operations []coordinator.Operation) {
	ctx, cancel := context.WithTimeout(ctx, recordTimeout)
	defer cancel()
	a.asked.Lock()
	defer a.asked.Unlock()
	for i := range operations {
		o := &operations[i]
		if o.State != coordinator.OperationInProgress || !o.Kind.TakesSavepoint() || a.asked.recorded[o.ID] {
			continue
		}
		if err := a.record(ctx, snapshot.SavepointRecord{Operation: o.ID}); err != nil {
			a.log.Warn("that a savepoint was asked for is not recorded with the job", "operation", o.ID, "error", err)
			continue
		}
		a.asked.note(o.ID)
	}
}

// recordFailure notes that a savepoint failed that somebody may still ask for
// by its operation's id, when the job is over.
func (a *archive) recordFailure(ctx context.Context, o coordinator.Operation) {
	a.asked.Lock()
	defer a.asked.Unlock()
	a.asked.note(o.ID)
	err := a.record(ctx, snapshot.SavepointRecord{Operation: o.ID, Failure: o.Failure})
	if err != nil {
		a.log.Warn("that a savepoint failed is not recorded with the job", "operation", o.ID, "error", err)
	}
}

// recordPlace notes where a savepoint is about to be. Without the note it is
// good all the same, and its user is told where it is.
func (a *archive) recordPlace(ctx context.Context, e coordinator.WriteMetadata) {
	if err := a.record(ctx, snapshot.SavepointRecord{Path: e.Dir, Operation: e.Operation}); err != nil {
		a.log.Warn("savepoint is not recorded with the job", "savepoint", e.Dir, "error", err)
	}
}

// recordComplete removes the note that a savepoint was asked for: the one with
// its place says more from now on. If it stays, who asks finds the other one first.
func (a *archive) recordComplete(ctx context.Context, e coordinator.WriteMetadata) {
	if err := a.forget(ctx, e.Operation); err != nil {
		a.log.Warn("that a savepoint was asked for stays recorded with the job", "operation", e.Operation, "error", err)
	}
}

// note remembers that the record of an operation is written. The caller holds
// the lock.
func (f *askedFor) note(operation string) {
	if f.recorded == nil {
		f.recorded = map[string]bool{}
	}
	f.recorded[operation] = true
}

// record writes a record.
func (a *archive) record(ctx context.Context, r snapshot.SavepointRecord) error {
	at := a.places.checkpoints
	if at.fs == nil {
		return nil
	}
	if err := a.makeJob(ctx); err != nil {
		return err
	}
	return snapshot.RecordSavepoint(ctx, at.fs, at.dir, a.places.jobID, r)
}

// forget removes the record that is named by a savepoint's URI or an
// operation's id.
func (a *archive) forget(ctx context.Context, name string) error {
	at := a.places.checkpoints
	if at.fs == nil {
		return nil
	}
	return snapshot.ForgetSavepoint(ctx, at.fs, at.dir, a.places.jobID, name)
}
