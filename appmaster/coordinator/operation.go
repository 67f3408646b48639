package coordinator

import "time"

// An OperationKind is what a user may ask of a running job.
type OperationKind string

// The kinds of operations.
const (
	Savepoint           OperationKind = "SAVEPOINT"
	Checkpoint          OperationKind = "CHECKPOINT" // one more, now
	Stop                OperationKind = "STOP"       // with a savepoint, to FINISHED
	CancelWithSavepoint OperationKind = "CANCEL_WITH_SAVEPOINT"
	Cancel              OperationKind = "CANCEL"
	Rescale             OperationKind = "RESCALE" // to another parallelism, by way of a checkpoint
)

// TakesSavepoint tells whether the operation's result is a savepoint.
func (k OperationKind) TakesSavepoint() bool {
	return k == Savepoint || k.stops()
}

// halts tells whether sources stand still once the operation's snapshot has
// begun: no record behind it is processed.
func (k OperationKind) halts() bool {
	return k == Rescale || k.stops()
}

// stops tells whether the operation ends the job with its savepoint.
func (k OperationKind) stops() bool {
	return k == Stop || k == CancelWithSavepoint
}

func (k OperationKind) known() bool {
	return k == Checkpoint || k == Cancel || k == Rescale || k.TakesSavepoint()
}

// An OperationState is where an operation stands.
type OperationState string

// The states of an operation.
const (
	OperationInProgress OperationState = "IN_PROGRESS"
	OperationCompleted  OperationState = "COMPLETED"
	OperationFailed     OperationState = "FAILED"
)

// Operation is one thing that a user asked for. Its JSON form is what is
// written down between masters.
type Operation struct {
	ID         string         `json:"id"`
	Kind       OperationKind  `json:"kind"`
	State      OperationState `json:"state"`
	Target     string         `json:"target,omitempty"` // folder that the savepoint goes into
	Drain      bool           `json:"drain,omitempty"`
	Full       bool           `json:"full,omitempty"`
	Checkpoint int64          `json:"checkpoint,omitempty"` // id of the (last tried) snapshot
	Epoch      int64          `json:"epoch,omitempty"`      // that it was tried in
	Scale
	Location  string    `json:"location,omitempty"` // URI of the snapshot, of a completed operation
	Failure   string    `json:"failure,omitempty"`  // one line, of a failed operation
	Requested time.Time `json:"requested"`
	Ended     time.Time `json:"ended,omitzero"`
}

// Scale is how wide a job is: what a Rescale changes.
type Scale struct {
	Parallelism int `json:"parallelism,omitempty"` // of operators that set none
	Workers     int `json:"workers,omitempty"`     // containers to hold
}
