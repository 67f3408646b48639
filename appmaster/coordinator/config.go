package coordinator

import (
	"time"

	"github.com/weft-stream/weft/internal/plan"
	"github.com/weft-stream/weft/internal/snapshot"
)

// Config is all that a Job is told at its birth. It is read only by New and by
// the Job, whose copy has, after a rescale, another plan and number of workers.
type Config struct {
	JobID   string // 32 lower-case hex digits
	JobName string
	Class   string     // the name that -c selected; goes into snapshots
	Plan    *plan.Plan // nobody may change it
	Hash    string     // of the plan as it was submitted, which workers prove that they have; "": of Plan

	Workers int // containers to hold, until a rescale
	Slots   int // slots of a worker that does not say how many it has

	// FirstEpoch is the lowest epoch that this master may deploy with. It must be
	// above every epoch of every earlier master of the job: derive it from the
	// number of the application attempt.
	FirstEpoch int64
	Started    time.Time // when the job was first started; zero: at the first Step

	Checkpoints Checkpoints
	Restart     RestartStrategy
	Restore     *RestorePoint // where the user said to start from; nil: nowhere
	Recovered   *Recovered    // what an earlier master of the job left; nil: this is the first

	// FullFailover has a failure restart all tasks, not only those of its region.
	FullFailover bool

	Times Times
}

// Retention says which checkpoints stay when the job ends. The values are
// those of execution.checkpointing.externalized-checkpoint-retention.
type Retention string

// The kinds of retention. A failed job loses its checkpoints only under
// DeleteAlways; unlike in Flink, a stopped or finished job keeps them under
// RetainOnCancellation.
const (
	RetainOnCancellation Retention = "RETAIN_ON_CANCELLATION"
	DeleteOnCancellation Retention = "DELETE_ON_CANCELLATION"
	DeleteAlways         Retention = "NO_EXTERNALIZED_CHECKPOINTS"
)

// Checkpoints says when checkpoints are taken and which are kept.
type Checkpoints struct {
	Enabled          bool               // there is a folder for checkpoints: bounded jobs take a final one
	Incremental      bool               // checkpoints build on each other, with files in the job's folder of shared files
	Interval         time.Duration      // between two triggers; 0: none are taken by themselves
	Timeout          time.Duration      // from the trigger to the last acknowledgement; 0: 10 minutes
	MinPause         time.Duration      // from one's end to the next one's trigger
	Tolerable        int                // failures in a row that the job survives; negative: any number
	Keep             snapshot.Retention // which checkpoints stay while newer ones come
	Retention        Retention          // "": RetainOnCancellation
	SavepointDefault string             // URI of the folder for savepoints of requests that name none; "": there is none
}

// RestorePoint is a snapshot to start from.
type RestorePoint struct {
	Path       string // URI of its folder
	Checkpoint int64  // its id
	Savepoint  bool

	// Claimed says that the snapshot has become the job's own (claim mode CLAIM):
	// it is deleted when the rule of retention says so. Completed and Size are
	// for the rule, and needed only then.
	Claimed   bool
	Completed time.Time
	Size      int64
	Shared    []snapshot.SharedFile
}

// Recovered is what an earlier master of the same job left on storage.
type Recovered struct {
	Completed  []Snapshot  // the job's own checkpoints that are complete and valid, oldest first
	Unfinished []Snapshot  // folders of its checkpoints that are neither: ID and Dir are enough
	Operations []Operation // as last given to PersistOperations and reported durable
	Rescaling  *plan.Plan  // of the Rescale that is in progress (Undecided); nil if there is none, or the program has none
}

// Snapshot is a complete checkpoint or savepoint on storage.
type Snapshot struct {
	ID        int64
	Epoch     int64  // that its tasks were asked in; what another master asked for with this id has another one
	Dir       string // URI of its folder
	Savepoint bool
	Triggered time.Time
	Completed time.Time
	Size      int64 // bytes, of its own files and the shared ones that it needs
	Shared    []snapshot.SharedFile
	Pinned    bool // somebody wants it kept; as far as is known
	Claimed   bool // it was another job's, or a user's
}

// Times are the machine's patience. A zero value means the default.
type Times struct {
	Lease     time.Duration // a worker silent for so long is lost, one without its master ends itself; 15 s
	Report    time.Duration // between two reports of a worker; 1 s
	Grace     time.Duration // a worker whose connection broke may come back within; 2 s
	Adopt     time.Duration // after the first hello, a new master waits for the others; 3 s
	Spread    time.Duration // with enough slots but not enough workers to spread them evenly, wait for more; 3 s
	Hello     time.Duration // a container must say hello within; 2 min
	Cancel    time.Duration // a job that ends waits so long for its tasks; 10 s
	Operation time.Duration // the result of an operation is kept for; 5 min
	Grow      time.Duration // a rescale waits so long for containers; 5 min
	Retry     time.Duration // before something that storage refused is tried again; 1 s
	Delete    time.Duration // before a deletion that failed or was refused is tried again; 1 min
}

func (t Times) withDefaults() Times {
	fill := func(d *time.Duration, value time.Duration) {
		if *d <= 0 {
			*d = value
		}
	}
	fill(&t.Lease, 15*time.Second)
	fill(&t.Report, time.Second)
	fill(&t.Grace, 2*time.Second)
	fill(&t.Adopt, 3*time.Second)
	fill(&t.Spread, 3*time.Second)
	fill(&t.Hello, 2*time.Minute)
	fill(&t.Cancel, 10*time.Second)
	fill(&t.Operation, 5*time.Minute)
	fill(&t.Grow, 5*time.Minute)
	fill(&t.Retry, time.Second)
	fill(&t.Delete, time.Minute)
	return t
}

func (c Checkpoints) withDefaults() Checkpoints {
	if c.Timeout <= 0 {
		c.Timeout = 10 * time.Minute
	}
	c.Keep.Newest = max(c.Keep.Newest, 1)
	if c.Retention == "" {
		c.Retention = RetainOnCancellation
	}
	return c
}
