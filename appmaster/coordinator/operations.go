package coordinator

import (
	"fmt"
	"slices"
	"time"

	"github.com/weft-stream/weft/internal/plan"
)

// maxTries bounds how often a savepoint is tried when workers keep being lost.
const maxTries = 5

// maxOperations bounds how many ended operations are remembered.
const maxOperations = 100

// operation is an Operation at work. What users see is the durable version.
type operation struct {
	Operation
	durable *Operation // nil: not written down yet
	tries   int
	plan    *plan.Plan // of a Rescale
	since   time.Time  // a Rescale waits for containers
}

// persistence is the writing down of operations: all of them at once, one
// write under way at a time.
type persistence struct {
	dirty   bool // there is something that the last write did not have
	seq     int64
	writing []Operation // nil: no write under way
	retryAt time.Time   // not before; zero: any time
}

// request takes in a new operation, or finds the one that it is.
func (j *Job) request(r Request) {
	if known := j.operation(r.ID); known != nil && known.Kind == r.Kind {
		if known.durable != nil {
			j.emit(OperationChanged{Operation: *known.durable})
		}
		return
	}
	if reason := j.refusal(r); reason != "" {
		j.emit(RequestRefused{ID: r.ID, Reason: reason})
		return
	}
	op := &operation{Operation: Operation{
		ID: r.ID, Kind: r.Kind, State: OperationInProgress, Drain: r.Drain, Full: r.Full, Requested: j.now, Scale: r.Scale,
	}, plan: r.Plan, since: j.now}
	if r.Kind.TakesSavepoint() {
		op.Target = r.Target
		if op.Target == "" {
			op.Target = j.cfg.Checkpoints.SavepointDefault
		}
	}
	j.operations = append(j.operations, op)
	j.persist.dirty = true
	if r.Kind == Cancel {
		j.end(Canceled, "")
	}
}

// refusal says why a request cannot be taken; "" if it can.
func (j *Job) refusal(r Request) string {
	switch {
	case !r.Kind.known():
		return fmt.Sprintf("unknown kind of operation %q", r.Kind)
	case r.ID == "":
		return "an operation needs an id"
	case j.operation(r.ID) != nil:
		return fmt.Sprintf("the id %s belongs to another operation (%s)", r.ID, j.operation(r.ID).Kind)
	case j.phase == ended, j.phase == ending && r.Kind != Cancel:
		return fmt.Sprintf("the job is %s", j.state)
	case r.Kind == Checkpoint && !j.cfg.Checkpoints.Enabled:
		return "the job takes no checkpoints: set state.checkpoints.dir"
	case r.Kind == Rescale:
		return j.refuseRescale(r)
	case r.Kind.TakesSavepoint() && r.Target == "" && j.cfg.Checkpoints.SavepointDefault == "":
		return "no folder for the savepoint: name one, or set state.savepoints.dir"
	}
	return ""
}

func (j *Job) operation(id string) *operation {
	for _, op := range j.operations {
		if op.ID == id {
			return op
		}
	}
	return nil
}

// nextOperation returns the oldest operation that wants a checkpoint, nil if
// there is none.
func (j *Job) nextOperation() *operation {
	for _, op := range j.operations {
		if op.State == OperationInProgress && op.Kind != Cancel && (op.Kind != Rescale || j.wideEnough(op)) {
			return op
		}
	}
	return nil
}

// endOperation gives an operation its result: a failure, or a location. The first
// counts: a snapshot may be decided after the job's end, when all has been told.
func (j *Job) endOperation(op *operation, location, failure string) {
	if op.State != OperationInProgress {
		return
	}
	op.State, op.Location = OperationCompleted, location
	if failure != "" {
		op.State, op.Failure = OperationFailed, failure
	}
	op.Ended = j.now
	j.persist.dirty = true
}

// tryPersist writes operations down when there is news and no write under way.
func (j *Job) tryPersist() {
	p := &j.persist
	if j.phase == ended || !p.dirty || p.writing != nil || j.now.Before(p.retryAt) {
		return
	}
	j.forgetOperations()
	p.dirty = false
	p.retryAt = time.Time{}
	p.seq++
	p.writing = make([]Operation, len(j.operations))
	for i, op := range j.operations {
		p.writing[i] = op.Operation
	}
	j.emit(PersistOperations{Seq: p.seq, Operations: slices.Clone(p.writing)})
}

// operationsPersisted makes what was written the durable version.
func (j *Job) operationsPersisted(e OperationsPersisted) {
	p := &j.persist
	if p.writing == nil || e.Seq != p.seq {
		return
	}
	written := p.writing
	p.writing = nil
	if e.Err != nil {
		p.dirty = true
		p.retryAt = j.now.Add(j.cfg.Times.Retry)
		return
	}
	if j.phase == ended {
		return // everything has been told: finish
	}
	for i := range written {
		if op := j.operation(written[i].ID); op != nil {
			j.madeDurable(op, &written[i])
		}
	}
}

func (j *Job) madeDurable(op *operation, version *Operation) {
	if op.durable != nil && *op.durable == *version {
		return
	}
	op.durable = version
	j.emit(OperationChanged{Operation: *version})
	switch {
	case op != j.deciding || version.State != OperationCompleted:
	case op.Kind == Rescale:
		j.rescaleDurable()
	default:
		j.stopDurable()
	}
}

// stopDurable goes on with a stop: from here on, its savepoint is where the
// job would be recovered from, so sinks may commit up to it.
func (j *Job) stopDurable() {
	j.final = finalOf(&j.deciding.Operation)
	j.deciding = nil
	if j.phase == running {
		j.commit()
	}
}

func finalOf(op *Operation) *final {
	f := &final{
		snapshot: Snapshot{ID: op.Checkpoint, Epoch: op.Epoch, Dir: op.Location, Savepoint: true, Triggered: op.Requested, Completed: op.Ended},
		state:    Finished,
	}
	if op.Kind == CancelWithSavepoint {
		f.state = Canceled
	}
	return f
}

// recoverOperations takes over what the master before promised. What is in
// progress is done, again from its beginning if need be.
func (j *Job) recoverOperations(list []Operation) {
	for i := range list {
		op := &operation{Operation: list[i], durable: &list[i]}
		j.operations = append(j.operations, op)
		j.highest = max(j.highest, op.Checkpoint)
		if op.Kind.stops() && op.State == OperationCompleted {
			j.final = finalOf(&op.Operation)
		}
	}
}

// resumeEnding goes on with a cancellation that the master before had begun, or had
// done and not told the cluster of.
func (j *Job) resumeEnding() {
	for _, op := range j.operations {
		if op.Kind == Cancel && op.State != OperationFailed {
			j.end(Canceled, "")
		}
	}
}

// forgetOperations drops results that are older than users are promised.
func (j *Job) forgetOperations() {
	over := len(j.operations) - maxOperations
	scale := j.lastRescale()
	j.operations = slices.DeleteFunc(j.operations, func(op *operation) bool {
		told := op.State != OperationInProgress && op.durable != nil && *op.durable == op.Operation
		decided := op.Kind.stops() && op.State == OperationCompleted || op == scale
		if !told || decided {
			return false
		}
		if over > 0 || j.now.Sub(op.Ended) > j.cfg.Times.Operation {
			over--
			return true
		}
		return false
	})
}
