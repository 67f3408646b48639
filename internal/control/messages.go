// Package control defines what an application master and its workers say to
// each other, and carries it: one WebSocket per worker to the master's HTTP
// port, JSON messages both ways, opened with the application's secret.
//
// Every message about tasks carries the deployment's epoch. An epoch is one
// start of all tasks of one region (plan.Plan.Regions); no two starts have the
// same. A message of another epoch than the receiver's is stale and is dropped.
// What is about the whole job, as checkpoints are, carries the newest epoch of all.
package control

import (
	"slices"

	"github.com/weft-stream/weft/internal/snapshot"
)

// Path is where the master accepts workers.
const Path = "/control"

// MaxMessage is the size in bytes above which a message is refused.
const MaxMessage = 256 << 20

// A TaskID names one subtask of one vertex.
type TaskID struct {
	Vertex  string `json:"vertex"` // plan.Vertex.ID
	Subtask int    `json:"subtask"`
}

// A TaskState is where a subtask stands, in Flink's words.
type TaskState string

// The states of a subtask.
const (
	Created      TaskState = "CREATED"      // known to the master only
	Deploying    TaskState = "DEPLOYING"    // sent to a worker
	Initializing TaskState = "INITIALIZING" // restoring its state
	Running      TaskState = "RUNNING"
	Finished     TaskState = "FINISHED" // its input ended and all was sent on
	Canceling    TaskState = "CANCELING"
	Canceled     TaskState = "CANCELED"
	Failed       TaskState = "FAILED"
)

// FromWorker is one message of a worker: exactly one field is set.
type FromWorker struct {
	Hello   *Hello             `json:"hello,omitempty"`
	Task    *TaskUpdate        `json:"task,omitempty"`
	Ack     *CheckpointAck     `json:"ack,omitempty"`
	Decline *CheckpointDecline `json:"decline,omitempty"`
	Report  *Report            `json:"report,omitempty"`
}

// FromMaster is one message of a master: exactly one field is set.
type FromMaster struct {
	Welcome  *Welcome           `json:"welcome,omitempty"`
	Refuse   *Refuse            `json:"refuse,omitempty"`
	Deploy   *Deploy            `json:"deploy,omitempty"`
	Cancel   *Cancel            `json:"cancel,omitempty"`
	Trigger  *TriggerCheckpoint `json:"trigger,omitempty"`
	Complete *CheckpointEnd     `json:"complete,omitempty"` // the checkpoint is durable: sinks commit
	Abort    *CheckpointEnd     `json:"abort,omitempty"`    // it will never be: forget it, go on if it was to stop the job
	Shutdown *Shutdown          `json:"shutdown,omitempty"`
}

// Hello is a worker's first message on every connection.
type Hello struct {
	Worker         string       `json:"worker"`    // the container's id
	Host           string       `json:"host"`      // name or address of its machine, as others reach it
	DataAddr       string       `json:"data-addr"` // host:port where it accepts exchanges
	LogURL         string       `json:"log-url,omitempty"`
	PID            int          `json:"pid"`
	Slots          int          `json:"slots"`
	Memory         int64        `json:"memory"` // bytes that the container may use
	Cores          int          `json:"cores"`
	PlanHash       string       `json:"plan-hash"`       // of the plan as it was submitted, whatever the parallelism is now
	Epoch          int64        `json:"epoch"`           // the newest of the tasks that it runs; 0 if it runs none
	Tasks          []TaskUpdate `json:"tasks"`           // that it runs
	Parallelism    int          `json:"parallelism"`     // of the plan that they are from; 0 if it runs none
	LastCheckpoint int64        `json:"last-checkpoint"` // highest id it was ever asked to take
}

// Epochs returns the epochs of the tasks that the worker runs, ascending.
func (h *Hello) Epochs() []int64 {
	var epochs []int64
	for i := range h.Tasks {
		epochs = append(epochs, h.Tasks[i].Epoch)
	}
	slices.Sort(epochs)
	return slices.Compact(epochs)
}

// TaskUpdate tells that a subtask has reached a state.
type TaskUpdate struct {
	Epoch int64      `json:"epoch"`
	Task  TaskID     `json:"task"`
	State TaskState  `json:"state"`
	Error *TaskError `json:"error,omitempty"` // of Failed

	// Checkpoint is, in a Hello, the id of the latest that the subtask was asked
	// for or restored from, and Asked the epoch in which it was: it knows nothing
	// of later ones.
	Checkpoint int64 `json:"checkpoint,omitempty"`
	Asked      int64 `json:"asked,omitempty"`
}

// TaskError is why a subtask failed.
type TaskError struct {
	Message  string `json:"message"`            // one line
	Location string `json:"location,omitempty"` // file:line in the author's code, if its code was at fault
	Stack    string `json:"stack,omitempty"`    // of a panic
	Fatal    bool   `json:"fatal,omitempty"`    // a restart cannot help (state that does not fit, say)
}

// CheckpointAck tells that all of a worker's subtasks have written their part
// of a checkpoint. A worker sends one for each checkpoint.
type CheckpointAck struct {
	Epoch      int64        `json:"epoch"`
	Checkpoint int64        `json:"checkpoint"`
	Worker     string       `json:"worker"`
	Subtasks   []SubtaskAck `json:"subtasks"`
}

// SubtaskAck is one subtask's part of a checkpoint.
type SubtaskAck struct {
	Task         TaskID        `json:"task"`
	Finished     bool          `json:"finished,omitempty"` // its input had ended
	Operators    []OperatorAck `json:"operators,omitempty"`
	SyncMS       int64         `json:"sync-ms"`             // the task stood still
	AsyncMS      int64         `json:"async-ms"`            // written beside the work
	AlignmentMS  int64         `json:"alignment-ms"`        // from the first barrier to the last
	StartDelayMS int64         `json:"start-delay-ms"`      // from the trigger to the first barrier
	Unaligned    bool          `json:"unaligned,omitempty"` // the barrier overtook what was queued before it
	InFlight     int64         `json:"in-flight,omitempty"` // bytes of that, in the snapshot
}

// OperatorAck is what one operator of a subtask wrote.
type OperatorAck struct {
	UID    string            `json:"uid"`
	States []snapshot.Handle `json:"states"`
}

// CheckpointDecline tells that a worker cannot take part in a checkpoint.
type CheckpointDecline struct {
	Epoch      int64  `json:"epoch"` // of the task
	Checkpoint int64  `json:"checkpoint"`
	Task       TaskID `json:"task"`
	Reason     string `json:"reason"`
}

// Report is a worker's regular sign of life with its figures.
type Report struct {
	Resident int64         `json:"resident"` // memory of the process, bytes
	Heap     int64         `json:"heap"`     // bytes
	Disk     *DiskState    `json:"disk,omitempty"`
	Restored *Restored     `json:"restored,omitempty"` // nil if its tasks started from nothing
	Tasks    []TaskMetrics `json:"tasks"`
}

// DiskState says how a worker's keyed state lies where it may be larger than memory.
type DiskState struct {
	Memory    int64 `json:"memory"`    // bytes of it in memory
	Disk      int64 `json:"disk"`      // bytes of it in local files
	Loads     int64 `json:"loads"`     // segments, about 4 KiB each, read back since the worker began
	Evictions int64 `json:"evictions"` // segments that left memory
}

// Restored says from where a worker has read the data files of the snapshot that tasks started from last.
type Restored struct {
	Checkpoint int64 `json:"checkpoint"` // its id
	Local      int64 `json:"local"`      // bytes, from its own copies
	Remote     int64 `json:"remote"`     // bytes, from the file system
}

// TaskMetrics are one subtask's figures since it was deployed.
type TaskMetrics struct {
	Epoch           int64  `json:"epoch"`
	Task            TaskID `json:"task"`
	RecordsIn       int64  `json:"records-in"`
	RecordsOut      int64  `json:"records-out"`
	BytesIn         int64  `json:"bytes-in"`  // over the network
	BytesOut        int64  `json:"bytes-out"` // over the network
	BusyMS          int64  `json:"busy-ms"`
	BackpressuredMS int64  `json:"backpressured-ms"` // waited for a receiver
	IdleMS          int64  `json:"idle-ms"`
	Watermark       int64  `json:"watermark"` // event time, ms; MinInt64 before the first
	LateRecords     int64  `json:"late-records"`
}

// Welcome accepts a worker. Its tasks go on if the master knows their epoch.
type Welcome struct {
	Epochs   []int64 `json:"epochs,omitempty"` // of the tasks that the worker is to have
	LeaseMS  int64   `json:"lease-ms"`         // a worker without its master for so long ends itself
	ReportMS int64   `json:"report-ms"`        // between two reports
}

// Refuse ends a worker that the master does not want: it stops its tasks and exits.
type Refuse struct {
	Reason string `json:"reason"`
}

// Deploy starts the tasks of one region. A worker that still runs older tasks in
// these slots, or of another parallelism, stops them first.
type Deploy struct {
	Epoch             int64       `json:"epoch"`
	First             int         `json:"first,omitempty"`              // the region's first slot
	Workers           []Placement `json:"workers"`                      // all that have tasks
	Slots             []int       `json:"slots"`                        // which of Workers has each slot from First on: a worker picks its own
	Parallelism       int         `json:"parallelism"`                  // that the program is to plan with: a job can be rescaled
	PlanHash          string      `json:"plan-hash"`                    // of that plan, which must come out
	Restore           string      `json:"restore,omitempty"`            // URI of the snapshot's folder to start from
	RestoreCheckpoint int64       `json:"restore-checkpoint,omitempty"` // its id
}

// Placement says where slots are.
type Placement struct {
	Worker   string `json:"worker"`
	DataAddr string `json:"data-addr"`
}

// Assign gives the next slot to a worker. Subtask i of every vertex runs in slot i.
func (d *Deploy) Assign(to Placement) {
	at := slices.Index(d.Workers, to)
	if at < 0 {
		at = len(d.Workers)
		d.Workers = append(d.Workers, to)
	}
	d.Slots = append(d.Slots, at)
}

// Places goes over all slots of the region and where they are. A message that was received may name workers that it does not have: those
// slots are left out.
func (d *Deploy) Places(yield func(slot int, at Placement) bool) {
	for i, at := range d.Slots {
		if at >= 0 && at < len(d.Workers) && !yield(d.First+i, d.Workers[at]) {
			return
		}
	}
}

// Cancel stops all tasks of an epoch without a trace; the worker answers with
// Canceled updates.
type Cancel struct {
	Epoch int64 `json:"epoch"`
}

// TriggerCheckpoint starts a checkpoint: every source subtask of the worker
// sends a barrier, every finished subtask contributes its last state.
type TriggerCheckpoint struct {
	Epoch      int64  `json:"epoch"`
	Checkpoint int64  `json:"checkpoint"`
	Timestamp  int64  `json:"timestamp"`        // ms since the epoch, master's clock
	Dir        string `json:"dir"`              // URI of the snapshot's folder; data files go there
	Shared     string `json:"shared,omitempty"` // URI of the folder for state that later checkpoints build upon; "": none does
	Full       bool   `json:"full,omitempty"`   // with Shared: it builds on none itself
	Savepoint  bool   `json:"savepoint,omitempty"`
	Stop       bool   `json:"stop,omitempty"`  // sources send nothing after the barrier, until Abort
	Drain      bool   `json:"drain,omitempty"` // with Stop: the last watermark goes before the barrier
}

// CheckpointEnd tells how a checkpoint ended.
type CheckpointEnd struct {
	Epoch      int64 `json:"epoch"`
	Checkpoint int64 `json:"checkpoint"`
}

// Shutdown ends the worker's process: the job is over.
type Shutdown struct{}
