package api

// The kinds of operations.
const (
	Savepoint           = "SAVEPOINT"
	Checkpointing       = "CHECKPOINT" // one more, now
	Stop                = "STOP"       // with a savepoint, to FINISHED
	CancelWithSavepoint = "CANCEL_WITH_SAVEPOINT"
	Cancel              = "CANCEL"
	Rescale             = "RESCALE" // to another parallelism
)

// The states of an operation.
const (
	InProgress = "IN_PROGRESS"
	Completed  = "COMPLETED"
	Failed     = "FAILED"
)

// Operation is something that was asked of the job. It is written down before
// the request is answered, and outlives the master and the asking client.
type Operation struct {
	ID          string `json:"id"` // 32 hex digits, chosen by the client or the master
	Kind        string `json:"kind"`
	State       string `json:"state"`
	Directory   string `json:"directory"`             // where a savepoint was asked for
	Drain       bool   `json:"drain"`                 // of a stop
	Parallelism int    `json:"parallelism,omitempty"` // of a rescale: the new one
	Checkpoint  int64  `json:"checkpoint"`            // its id, 0 until it is known
	Path        string `json:"path"`                  // of the finished savepoint, URI
	Error       string `json:"error"`                 // of a failed one, one line
	Asked       int64  `json:"asked"`
	Ended       int64  `json:"ended"`
}

// SavepointRequest is the body of POST or PUT /jobs/:id/savepoints.
type SavepointRequest struct {
	TargetDirectory string `json:"target-directory,omitempty"` // default: state.savepoints.dir
	CancelJob       bool   `json:"cancel-job,omitempty"`
	FormatType      string `json:"formatType,omitempty"` // accepted: Weft has one format
	TriggerID       string `json:"triggerId,omitempty"`  // 32 hex digits: asking twice with one id is asking once
}

// StopRequest is the body of POST or PUT /jobs/:id/stop.
type StopRequest struct {
	TargetDirectory string `json:"targetDirectory,omitempty"`
	Drain           bool   `json:"drain,omitempty"`
	FormatType      string `json:"formatType,omitempty"`
	TriggerID       string `json:"triggerId,omitempty"`
}

// RescaleRequest is the body of PATCH or PUT /jobs/:id/rescaling.
type RescaleRequest struct {
	Parallelism int    `json:"parallelism"` // of operators that set none
	TriggerID   string `json:"triggerId,omitempty"`
}

// CheckpointRequest is the body of POST or PUT /jobs/:id/checkpoints.
type CheckpointRequest struct {
	CheckpointType string `json:"checkpointType,omitempty"` // FULL: it builds on no earlier one; else it is as the job's checkpoints are
	TriggerID      string `json:"triggerId,omitempty"`
}

// Triggered answers those requests.
type Triggered struct {
	RequestID string `json:"request-id"`
}

// Poll answers GET /jobs/:id/savepoints/:request-id and
// /jobs/:id/checkpoints/:request-id.
type Poll struct {
	Status    PollStatus     `json:"status"`
	Operation *PollOperation `json:"operation"` // null while in progress
}

// PollStatus is where an operation stands.
type PollStatus struct {
	ID string `json:"id"` // IN_PROGRESS or COMPLETED, also when it failed
}

// PollOperation is how an operation ended.
type PollOperation struct {
	Location     string        `json:"location,omitempty"`
	CheckpointID int64         `json:"checkpointId,omitempty"`
	FailureCause *FailureCause `json:"failure-cause,omitempty"`
}

// FailureCause is why an operation failed.
type FailureCause struct {
	Class      string `json:"class"`
	StackTrace string `json:"stack-trace"`
}

// Errors is the body of every answer that is not a success.
type Errors struct {
	Errors []string `json:"errors"`
}
