package coordinator

import (
	"time"

	"github.com/weft-stream/weft/internal/control"
	"github.com/weft-stream/weft/internal/plan"
)

// A JobState is where a job stands, in Flink's words.
type JobState string

// The states of a job.
const (
	Created     JobState = "CREATED"     // waits for workers, or its tasks start for the first time
	Running     JobState = "RUNNING"     // all tasks run
	Restarting  JobState = "RESTARTING"  // some or all tasks start again
	Reconciling JobState = "RECONCILING" // a new master finds out which tasks still run
	Cancelling  JobState = "CANCELLING"
	Failing     JobState = "FAILING"
	Canceled    JobState = "CANCELED"
	Failed      JobState = "FAILED"
	Finished    JobState = "FINISHED"
)

// Terminal tells whether nothing follows the state.
func (s JobState) Terminal() bool {
	return s == Canceled || s == Failed || s == Finished
}

// View is all that can be seen of a job, as of the last Step. It shares
// nothing that changes with the Job: any goroutine may read it.
type View struct {
	JobID, JobName, Class string
	Plan                  *plan.Plan // of the present parallelism; nobody may change it
	State                 JobState
	Since                 map[JobState]time.Time // when each state was entered last
	Started               time.Time
	Ended                 time.Time    // zero while the job lives
	Now                   time.Time    // of the last Step
	Epoch                 int64        // the newest of all deployments; 0: none yet
	Restarts              int          // by this master
	RestartAt             time.Time    // RESTARTING: what is down not before; else zero
	RootCause             *Exception   // the last failure; nil: none
	Vertices              []VertexView // in the plan's order
	Workers               []WorkerView // in order of arrival
	Wanted                int          // workers to hold
	Checkpoints           CheckpointsView
	Operations            []Operation // durable versions, oldest first
	Exceptions            []Exception // newest first, at most 16
}

// VertexView is one vertex of the plan at work.
type VertexView struct {
	ID             string
	Name           string
	Parallelism    int
	MaxParallelism int
	Status         control.TaskState
	Started, Ended time.Time // zero: not yet
	Tasks          map[control.TaskState]int
	Subtasks       []SubtaskView
	Total          Metrics // of all attempts of all subtasks
	Rates          Rates   // sums over the subtasks; shares of time are the highest
}

// SubtaskView is one subtask at work.
type SubtaskView struct {
	Index          int
	State          control.TaskState
	Attempt        int    // 0 for the first
	Worker         string // "" before the first deployment
	Host           string
	Started, Ended time.Time // of this attempt
	Since          map[control.TaskState]time.Time
	Metrics        Metrics // of this attempt
	Rates          Rates
	Watermark      int64 // ms; MinInt64 before the first
}

// Metrics are counts since some beginning.
type Metrics struct {
	RecordsIn, RecordsOut           int64
	BytesIn, BytesOut               int64 // over the network
	BusyMS, BackpressuredMS, IdleMS int64
	LateRecords                     int64
}

// Rates are Metrics per second, between a worker's last two reports.
type Rates struct {
	RecordsIn, RecordsOut     float64 // per second
	BytesIn, BytesOut         float64 // per second
	Busy, Backpressured, Idle float64 // ms of each second
}

// WorkerView is one container.
type WorkerView struct {
	ID        string
	Host      string
	DataAddr  string // "" before its hello
	LogURL    string
	PID       int
	Slots     int
	FreeSlots int
	Cores     int
	Memory    int64              // bytes that the container may use
	Resident  int64              // bytes, by its last report
	Heap      int64              // bytes, by its last report
	Disk      *control.DiskState // by its last report; nil if keyed state is in memory
	Restored  *control.Restored  // by its last report; nil if nothing was
	Allocated time.Time
	Hello     time.Time // zero: not yet
	LastSeen  time.Time // last message
	Connected bool
}

// Exception is one failure.
type Exception struct {
	Time     time.Time
	Message  string // one line
	Location string // file:line in the author's code, if it was at fault
	Stack    string // of a panic
	Task     string // "Map (2/4)"; "" if no task failed
	Vertex   string // plan.Vertex.ID; "" if no task failed
	Subtask  int
	Worker   string
	Host     string
	Epoch    int64
	Others   []Exception // failures of the same deployment that came after it, at most 8
}

// CheckpointsView is the history of checkpoints and savepoints.
type CheckpointsView struct {
	Settings                                       Checkpoints
	Restored, Total, InProgress, Completed, Failed int
	Retained                                       []Snapshot // oldest first
	LatestCompleted, LatestSavepoint, LatestFailed *CheckpointView
	LatestRestored                                 *Restored
	History                                        []CheckpointView // newest first: 10, and the one in progress
	Samples                                        []Sample         // of the last 100 completed ones, oldest first: for summaries
}

// Restored tells where the job was last restored from.
type Restored struct {
	RestorePoint
	Time          time.Time
	Local, Remote int64 // bytes that workers have read from copies of their own, and from the file system, as far as they have said
}

// Sample is what a summary needs of a completed checkpoint.
type Sample struct {
	Duration time.Duration // from the trigger to the last acknowledgement
	Size     int64         // bytes
	Added    int64         // what of that it has written itself
	InFlight int64         // bytes, part of Size
}

// A CheckpointStatus is where a checkpoint stands, in Flink's words.
type CheckpointStatus string

// The states of a checkpoint.
const (
	CheckpointInProgress CheckpointStatus = "IN_PROGRESS"
	CheckpointCompleted  CheckpointStatus = "COMPLETED"
	CheckpointFailed     CheckpointStatus = "FAILED"
)

// CheckpointView is one checkpoint or savepoint.
type CheckpointView struct {
	ID        int64
	Status    CheckpointStatus
	Savepoint bool
	Stop      bool   // a savepoint that ends the job
	Operation string // id of the operation that asked for it; "" of a periodic one
	Dir       string // URI
	Discarded bool   // deleted since
	Triggered time.Time
	LatestAck time.Time // zero: none yet
	Ended     time.Time // completed or failed; zero: in progress
	Failure   string    // one line
	Size      int64     // bytes
	Added     int64     // what of that it has written itself
	Unaligned bool      // barriers overtook records in some subtask
	InFlight  int64     // bytes of these, which are part of Size
	Subtasks  int
	Acked     int
	Vertices  []VertexCheckpoint // in the plan's order
}

// Duration returns the time from the trigger to the last acknowledgement, or
// to the end if there was none.
func (c *CheckpointView) Duration() time.Duration {
	switch {
	case !c.LatestAck.IsZero():
		return c.LatestAck.Sub(c.Triggered)
	case !c.Ended.IsZero():
		return c.Ended.Sub(c.Triggered)
	}
	return 0
}

// VertexCheckpoint is one vertex's part of a checkpoint.
type VertexCheckpoint struct {
	ID        string
	Acked     int
	LatestAck time.Time
	Size      int64
	Added     int64 // what of that it has written itself
	InFlight  int64
	Subtasks  []SubtaskCheckpoint // of all subtasks, by index
}

// SubtaskCheckpoint is one subtask's part of a checkpoint.
type SubtaskCheckpoint struct {
	Acked      time.Time // zero: not yet
	Finished   bool      // its input had ended
	Size       int64     // bytes
	Added      int64     // what of that it has written itself
	Unaligned  bool      // the barrier overtook records
	InFlight   int64     // bytes of these, which are part of Size
	Sync       time.Duration
	Async      time.Duration
	Alignment  time.Duration
	StartDelay time.Duration
}
