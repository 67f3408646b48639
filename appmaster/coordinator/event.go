package coordinator

import (
	"github.com/weft-stream/weft/internal/control"
	"github.com/weft-stream/weft/internal/plan"
)

// An Event is something that happened outside the machine.
type Event interface{ event() }

// Tick tells that time has passed: the deadline that NextDeadline gave has
// come. The first Step of a Job is usually a Tick.
type Tick struct{}

// ContainerAllocated tells that a container exists. It must be stepped before
// the container's process can say hello, and for containers that a new master
// takes over from the one before, before any hello is.
type ContainerAllocated struct {
	Worker string // the container's id, which is the worker's name
	Host   string
	LogURL string // of the container's logs, if the provider knows it
}

// ContainerLost tells that a container has ended, for whatever reason: its
// process is gone.
type ContainerLost struct {
	Worker      string
	Exit        int    // the process's exit code, or YARN's status (-100 and below)
	Diagnostics string // the provider's words; the first line is shown
	Preempted   bool   // taken away for others: not a failure of the job
}

// WorkerMessage is one message of a worker. Connections are numbered by the
// caller, from 1 and never twice; messages of one connection come in their
// order. The machine learns from the first message, the hello, who speaks, and
// drops what comes over a connection that a newer one has replaced.
type WorkerMessage struct {
	Conn    int64
	Message control.FromWorker
}

// WorkerDisconnected tells that a connection is closed or broken: what was sent
// over it last may not have arrived.
type WorkerDisconnected struct{ Conn int64 }

// CheckpointPrepared answers PrepareCheckpoint.
type CheckpointPrepared struct {
	Checkpoint int64
	Dir        string   // URI of the folder that was made
	Err        error    // why there is none
	Unneeded   []string // with Sweep: shared files that nothing needs
	Unswept    bool     // with Sweep: they could not be looked for
}

// MetadataWritten answers WriteMetadata. With an Err, the metadata must not
// appear later: no retry may be under way.
type MetadataWritten struct {
	Checkpoint int64
	Size       int64 // bytes of the metadata file
	Err        error
}

// SnapshotDeleted answers DeleteSnapshot. It is gone, unless Kept or Err say
// otherwise.
type SnapshotDeleted struct {
	Checkpoint int64
	Kept       bool  // it is pinned, or another job's
	Err        error // it may be there, or half gone: it is tried again later
	Lasting    bool  // of Err: to try again at once would not help
}

// OperationsPersisted answers PersistOperations.
type OperationsPersisted struct {
	Seq int64 // of the effect
	Err error
}

// Request asks for an operation. The id is the requester's trigger id or a
// random one; a request with the id of a known operation of the same kind is
// that operation.
type Request struct {
	ID     string
	Kind   OperationKind
	Target string // folder for the savepoint; "": the default one
	Drain  bool   // Stop: emit the last watermark, fire all windows
	Full   bool   // Checkpoint: it builds on no earlier one

	// Of a Rescale: how wide the job is to be, and the plan that the program has
	// for it, which must differ from the present one in its parallelism only.
	Scale
	Plan *plan.Plan
}

func (Tick) event()                {}
func (ContainerAllocated) event()  {}
func (ContainerLost) event()       {}
func (WorkerMessage) event()       {}
func (WorkerDisconnected) event()  {}
func (CheckpointPrepared) event()  {}
func (MetadataWritten) event()     {}
func (SnapshotDeleted) event()     {}
func (OperationsPersisted) event() {}
func (Request) event()             {}
