package coordinator

import (
	"github.com/weft-stream/weft/internal/control"
	"github.com/weft-stream/weft/internal/snapshot"
)

// An Effect is something that the caller must do. The effects of one Step, and
// of one Step after another, are done in order; those that answer with an event
// (PrepareCheckpoint, WriteMetadata, PersistOperations) are only started in
// order and may take their time.
type Effect interface{ effect() }

// Send gives a worker a message. If the connection is gone already, it is
// dropped. After a Refuse the connection is closed.
type Send struct {
	Conn    int64
	Worker  string
	Message control.FromMaster
}

// EnsureContainers says how many containers shall exist from now on. The
// provider replaces those that end, until it is told otherwise; it never ends
// one because of this effect.
type EnsureContainers struct{ N int }

// ReleaseContainer ends a container, which counts as gone at once.
type ReleaseContainer struct{ Worker string }

// PrepareCheckpoint makes the folder of a checkpoint, or a new one for a
// savepoint below Target; CheckpointPrepared answers.
type PrepareCheckpoint struct {
	Checkpoint int64
	Savepoint  bool
	Target     string // of a savepoint: URI of the folder to make it in

	// Sweep has the job's folder of shared files listed, for the answer: which
	// files are in it that Need does not hold by name.
	Sweep bool
	Need  map[string]bool
}

// WriteMetadata makes a checkpoint complete; MetadataWritten answers, always,
// after all retries.
type WriteMetadata struct {
	Checkpoint int64
	Dir        string
	Operation  string // id of what asked for it, "" if nothing did
	Metadata   *snapshot.Metadata
}

// DeleteSnapshot removes a folder and all in it: an old checkpoint, or what is
// left of a checkpoint or savepoint that failed. A complete one that is pinned,
// or that another job has claimed, must be left alone, even if that happens at
// the last moment. SnapshotDeleted answers; nobody waits for it.
//
// The Last one goes when the job's end is written down: until then a master that
// dies is followed by another, which starts from it.
type DeleteSnapshot struct {
	Checkpoint int64
	Dir        string
	Savepoint  bool // a failed one; a complete savepoint is deleted only if it is claimed
	Claimed    bool // the snapshot that the job started from and has claimed
	Last       bool // the job has ended, and it is the newest that there was
}

// DeleteShared removes files from the job's folder of shared files. Nobody waits
// for it, and it is not tried again: what is left is found once more.
type DeleteShared struct{ Names []string }

// PersistOperations writes all operations down, replacing what was written
// before; OperationsPersisted answers. There is never more than one under way.
type PersistOperations struct {
	Seq        int64
	Operations []Operation
}

// OperationChanged tells that a version of an operation is durable: an
// operation that has begun may be promised, one that has ended may be answered.
type OperationChanged struct{ Operation Operation }

// RequestRefused tells that a request has not become an operation.
type RequestRefused struct {
	ID     string
	Reason string // one line
}

// Finish tells that the job has ended. What follows it (results of operations,
// deletions of checkpoints that are not retained) is to be done only when the
// cluster knows of the end: another master of the job would contradict the
// one, and miss the other.
type Finish struct {
	State       JobState // Finished, Canceled or Failed
	Diagnostics string   // why it failed: one line
}

func (Send) effect()              {}
func (EnsureContainers) effect()  {}
func (ReleaseContainer) effect()  {}
func (PrepareCheckpoint) effect() {}
func (WriteMetadata) effect()     {}
func (DeleteSnapshot) effect()    {}
func (DeleteShared) effect()      {}
func (PersistOperations) effect() {}
func (OperationChanged) effect()  {}
func (RequestRefused) effect()    {}
func (Finish) effect()            {}
