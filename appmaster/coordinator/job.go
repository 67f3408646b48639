package coordinator

import (
	"cmp"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"time"
)

// phase is what the machine waits for. Each phase has one method that decides
// whether it is over; see advance.
type phase int

const (
	reconciling phase = iota // a new master hears what runs: tryAdopt
	waiting                  // all regions are down: for workers, the backoff, the last metadata: tryDeploy
	deploying                // some are up: for the others as before, and for all tasks to run: tryDeploy, tryRun
	running                  // for checkpoints to be due, or the input's end: tryCheckpoint
	committing               // for workers to confirm the last commit: tryCommit
	ending                   // for cancelled tasks: tryEnd
	ended
)

// Job is the state machine of one job. It is owned by one goroutine.
//
// What it promises, and where that is kept:
//
//  1. One epoch of a region lives at a time, and epochs ascend over all regions and
//     masters: deploy takes the next one, what carries another is dropped (taskUpdate).
//  2. A checkpoint counts only when every subtask of the plan is in it exactly
//     once and its metadata is durable: ack, then metadataWritten. Once the
//     metadata is being written only its result decides, so no restart happens
//     between (tryDeploy): a snapshot that may be complete is never passed over.
//  3. Checkpoint ids ascend and are never used again: begin takes them from
//     highest, which hellos, storage and operations only raise.
//  4. Sinks commit only what the job will never go back behind: Complete is sent
//     for checkpoints, which recovery uses, and for the savepoint of a stop once
//     the operation that makes it the point of recovery is durable. A plain
//     savepoint belongs to the user, may vanish, and commits nothing.
//  5. What a user was told stays so: only durable versions of operations are
//     told and shown (operations.go).
//  6. A job is over only when all workers have confirmed the last commit; one
//     that is lost before brings the job back from that very snapshot, since
//     restoring commits too (commit, tryCommit).
//
// The rejected design is a machine per duty (scheduler, checkpoint coordinator,
// operations) with messages between them: the promises above all cross those
// borders, and each message would be one more state to be wrong in.
type Job struct {
	cfg      Config
	planHash string     // of the plan as it was submitted
	wideHash string     // of the plan as it is now
	random   *rand.Rand // jitter; seeded by the job's id
	now      time.Time
	begun    bool
	effects  []Effect

	phase   phase
	state   JobState
	since   map[JobState]time.Time
	started time.Time

	// Workers (workers.go).
	workers       map[string]*worker
	order         []*worker // the same, in order of arrival
	conns         map[int64]*worker
	gone          map[string]string // workers that were lost, and why
	wanted        int               // containers that the provider was last told to have
	startFailures int               // containers in a row that ended without a hello
	firstHello    time.Time

	// The deployment (deploy.go, tasks.go).
	regions  []*region // in the order of their slots
	epoch    int64     // the newest of all regions
	slots    []string  // slot to worker, of the current or last deployment
	tasks    [][]task  // by vertex and subtask
	past     []Metrics // by vertex, of earlier deployments
	restored *Restored // by the last deployment
	final    *final

	// Failures (failover.go).
	restarts   restarts
	before     restarts // as they were before the last failure
	lastCause  int64    // its epoch
	restartN   int
	exceptions []Exception

	// Checkpoints (checkpoint.go, completed.go, retention.go).
	current       *checkpoint
	abandoned     map[int64]bool // given up while their folder was made; the value is Savepoint
	highest       int64          // id of the last checkpoint
	completed     []Snapshot     // the job's own, on storage, oldest first
	claimed       *Snapshot      // what it started from, as long as it is there and the job's own
	deletions     map[int64]*deletion
	littered      bool      // there may be shared files that nothing needs
	pinsDue       time.Time // pinned checkpoints are looked at again
	nextPeriodic  time.Time
	lastEnd       time.Time
	failedInRow   int
	finalFailures int
	finalRetry    time.Time
	stats         statistics

	// Operations (operations.go).
	operations []*operation
	deciding   *operation // one that ends or rescales the job, whose snapshot is complete, until that is durable
	persist    persistence

	// The end (ending.go).
	endState    JobState
	endDeadline time.Time
	wrappedBy   time.Time // how long wrapUp may take; zero: it has not begun
	cause       string
}

// final is the snapshot that the job ends with.
type final struct {
	snapshot Snapshot
	state    JobState
}

// New returns a job at its beginning, or, with Config.Recovered, one that
// waits for the workers of the master before. It does nothing until the first
// Step.
func New(cfg Config) *Job {
	cfg.Times = cfg.Times.withDefaults()
	cfg.Checkpoints = cfg.Checkpoints.withDefaults()
	cfg.Workers = max(cfg.Workers, 1)
	cfg.Slots = max(cfg.Slots, 1)
	seed := fnv.New64a()
	seed.Write([]byte(cfg.JobID))
	j := &Job{
		cfg:       cfg,
		planHash:  cmp.Or(cfg.Hash, cfg.Plan.Hash()),
		random:    rand.New(rand.NewPCG(seed.Sum64(), uint64(cfg.FirstEpoch))),
		state:     Created,
		phase:     waiting,
		since:     map[JobState]time.Time{},
		workers:   map[string]*worker{},
		conns:     map[int64]*worker{},
		gone:      map[string]string{},
		abandoned: map[int64]bool{},
		deletions: map[int64]*deletion{},
	}
	j.past = make([]Metrics, len(cfg.Plan.Vertices))
	j.tasks = newTasks(cfg.Plan)
	j.regions, j.wideHash = j.newRegions(cfg.Plan), cfg.Plan.Hash()
	if r := cfg.Restore; r != nil {
		j.highest = r.Checkpoint
		if r.Claimed {
			j.claimed = &Snapshot{
				ID: r.Checkpoint, Dir: r.Path, Savepoint: r.Savepoint, Completed: r.Completed, Size: r.Size, Shared: r.Shared, Claimed: true,
			}
		}
	}
	if cfg.Recovered != nil {
		j.recover(cfg.Recovered)
	}
	return j
}

// recover takes over what the master before left.
func (j *Job) recover(r *Recovered) {
	j.phase, j.state = reconciling, Reconciling
	j.completed = slices.Clone(r.Completed)
	j.littered = true
	for _, s := range slices.Concat(r.Completed, r.Unfinished) {
		j.highest = max(j.highest, s.ID)
	}
	j.recoverOperations(r.Operations)
}

// Step tells the machine what happened, and when, and returns what to do about
// it, in order. The time never goes back: an earlier one counts as the last.
func (j *Job) Step(now time.Time, event Event) []Effect {
	j.clock(now)
	j.handle(event)
	j.advance()
	effects := j.effects
	j.effects = nil
	return effects
}

// clock moves the machine's time on. When a deadline was missed by far, the
// master itself stood still, and what looks like silence of the workers is its
// own: what they sent is yet to be stepped.
func (j *Job) clock(now time.Time) {
	if !j.begun {
		j.start(now)
		return
	}
	if !now.After(j.now) {
		return
	}
	if due := j.NextDeadline(); !due.IsZero() && now.Sub(due) > j.cfg.Times.Report {
		j.excuse(now)
	}
	j.now = now
}

func (j *Job) start(now time.Time) {
	j.begun = true
	j.now = now
	j.started = j.cfg.Started
	if j.started.IsZero() {
		j.started = now
	}
	for _, r := range j.regions {
		r.waitSince = now
	}
	j.since[Created] = j.started
	j.since[j.state] = now
	if j.state == Created {
		j.since[Created] = j.started
	}
	j.ensure(j.fleet())
	if r := j.cfg.Recovered; r != nil {
		j.resumeRescale(r)
		for _, s := range r.Unfinished {
			j.delete(DeleteSnapshot{Checkpoint: s.ID, Dir: s.Dir})
		}
		j.discardSurplus()
		j.resumeEnding()
	}
}

// ensure says how many containers there shall be, when that changes.
func (j *Job) ensure(n int) {
	if j.wanted != n {
		j.wanted = n
		j.emit(EnsureContainers{N: n})
	}
}

func (j *Job) handle(event Event) {
	switch e := event.(type) {
	case Tick:
	case ContainerAllocated:
		j.containerAllocated(e)
	case ContainerLost:
		j.containerLost(e)
	case WorkerMessage:
		j.workerMessage(e)
	case WorkerDisconnected:
		j.disconnected(e.Conn)
	case CheckpointPrepared:
		j.checkpointPrepared(e)
	case MetadataWritten:
		j.metadataWritten(e)
	case SnapshotDeleted:
		j.snapshotDeleted(e)
	case OperationsPersisted:
		j.operationsPersisted(e)
	case Request:
		j.request(e)
	}
}

// advance does all that the state of things and the clock call for, until
// nothing more follows.
func (j *Job) advance() {
	j.expireWorkers()
	j.expireCheckpoint()
	j.widen()
	j.tryWrite()
	for before := phase(-1); before != j.phase; {
		before = j.phase
		switch j.phase {
		case reconciling:
			j.tryAdopt()
		case waiting:
			j.tryDeploy()
		case deploying:
			j.tryDeploy()
			j.tryRun()
		case running:
			j.tryCheckpoint()
		case committing:
			j.tryCommit()
		case ending:
			j.tryEnd()
		case ended:
			j.retryDeletions(j.now)
		}
	}
	j.tryPersist()
}

func (j *Job) emit(e Effect) { j.effects = append(j.effects, e) }

func (j *Job) enter(s JobState) {
	if j.state == s {
		return
	}
	j.state = s
	j.since[s] = j.now
}

// NextDeadline returns when the machine wants a Tick if nothing else happens
// before; the zero time if never. It lies after the last Step.
func (j *Job) NextDeadline() time.Time {
	var next time.Time
	at := func(t time.Time) {
		if !t.IsZero() && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	if j.phase == ended {
		j.deletionDeadlines(at)
		return next
	}
	j.workerDeadlines(at)
	j.rescaleDeadline(at)
	j.checkpointDeadlines(at)
	switch j.phase {
	case reconciling:
		at(j.adoptDeadline())
	case waiting, deploying:
		j.deployDeadlines(at)
	case ending:
		if j.now.Before(j.endDeadline) {
			at(j.endDeadline)
		}
	}
	if j.now.Before(j.wrappedBy) {
		at(j.wrappedBy)
	}
	at(j.persist.retryAt)
	return next
}
