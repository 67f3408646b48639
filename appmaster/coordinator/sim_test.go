package coordinator

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/weft-stream/weft/internal/control"
	"github.com/weft-stream/weft/internal/plan"
)

var (
	histories = flag.Int("histories", defaultHistories, "simulated histories")
	seedFlag  = flag.Uint64("seed", 0, "replay the history of one seed and print what happens")
)

// TestSimulation runs one job through many histories. A history is a world of
// containers that die, connections that break and storage that fails, all
// drawn from a seed: in it a toy job reads replayable sources, sums by key and
// writes to an exactly-once sink. Whatever happens, checks.go's promises hold,
// and once the faults end, the job does too.
func TestSimulation(t *testing.T) {
	if *seedFlag != 0 {
		if err := runHistory(*seedFlag, true); err != nil {
			t.Fatal(err)
		}
		return
	}
	ends, rescales, partial := map[JobState]int{}, map[OperationState]int{}, 0
	for seed := uint64(1); seed <= uint64(*histories); seed++ {
		s := newSim(seed, false)
		if err := s.run(); err != nil {
			t.Fatalf("%v\nreplay: go test -run Simulation -seed %d -v", err, seed)
		}
		ends[s.ended]++
		partial += s.check.partial
		for _, op := range s.check.told {
			if op.Kind == Rescale {
				rescales[op.State]++
			}
		}
	}
	t.Logf("%d histories ended as %v, with rescales %v and %d restarts of some regions beside others", *histories, ends, rescales, partial)
	if partial == 0 && *histories >= 1000 {
		t.Errorf("no region was restarted beside others: the simulation does not reach it")
	}
	for _, state := range []JobState{Finished, Canceled, Failed} {
		if ends[state] == 0 && *histories >= 1000 {
			t.Errorf("no history ended as %s: the simulation does not reach it", state)
		}
	}
	for _, state := range []OperationState{OperationCompleted, OperationFailed} {
		if rescales[state] == 0 && *histories >= 1000 {
			t.Errorf("no rescale was %s: the simulation does not reach it", state)
		}
	}
}

func runHistory(seed uint64, verbose bool) error { return newSim(seed, verbose).run() }

// sim is the world around one job. Its time is virtual.
type sim struct {
	rng     *rand.Rand
	seed    uint64
	verbose bool
	now     time.Time
	queue   timeline

	plan   *plan.Plan // as it was submitted
	cfg    Config
	wide   width
	length []int // records of each split of the input; those of an unbounded job are long
	ended  JobState

	master     *simMaster
	attempts   int
	lastConn   int64
	workers    []*simWorker
	created    int // containers so far
	wanted     int
	pending    int // containers being allocated
	calm       bool
	outage     bool // of storage
	unheard    bool // the master has told everybody of the end but the cluster, and dies then
	killEffect int  // the master dies at this many effects from now; 0: no plan

	flows     []*flow
	committed map[int64]bool // transactions
	nextTxn   int64
	output    [][]int8 // by split and record: how often it was committed

	store  map[string]*folder
	aside  map[string]*folder // being deleted
	oplog  []Operation        // as durable
	writes int                // of metadata under way

	shared     map[string]bool // the job's shared files
	lastFile   int
	savepoints map[int64]bool
	check      checks
}

// simMaster is one attempt of the application master.
type simMaster struct {
	job      *Job
	tick     time.Time // of the earliest Tick that is under way
	inflight []func(dies bool)
}

const simSplits, simKeys = 3, 5

func newSim(seed uint64, verbose bool) *sim {
	s := &sim{
		rng: rand.New(rand.NewPCG(seed, 0)), seed: seed, verbose: verbose, now: time.Unix(100_000, 0),
		committed: map[int64]bool{}, store: map[string]*folder{}, aside: map[string]*folder{}, shared: map[string]bool{}, savepoints: map[int64]bool{},
	}
	s.configure()
	return s
}

// configure draws a job.
func (s *sim) configure() {
	if s.chance(0.5) {
		s.wide.forward = true
		s.wide.extra = s.rng.IntN(3)
		if s.chance(0.1) {
			s.cfg.FullFailover = true
		}
	} else if s.chance(0.5) {
		s.wide.sources = 1 + s.rng.IntN(3)
	}
	s.plan = s.planAt(1 + s.rng.IntN(3))
	if s.wide.forward && s.chance(0.8) {
		s.plan = s.planAt(2 + s.rng.IntN(2))
	}
	full := s.cfg.FullFailover
	slots := 1 + s.rng.IntN(2)
	need := s.plan.Slots()
	s.cfg = Config{
		JobID: "0123456789abcdef0123456789abcdef", JobName: "sim", Plan: s.plan,
		Workers: (need+slots-1)/slots + s.rng.IntN(2), Slots: slots,
		Checkpoints: Checkpoints{
			Enabled: true, Interval: s.between(500*time.Millisecond, 3*time.Second), Timeout: 4 * time.Second,
			MinPause: s.between(0, time.Second), Tolerable: s.rng.IntN(6) - 1, Keep: s.anyRetention(),
			Retention: RetainOnCancellation, SavepointDefault: "/sp",
		},
		Restart: RestartStrategy{
			Kind: ExponentialDelay, InitialBackoff: 500 * time.Millisecond, MaxBackoff: 4 * time.Second,
			Multiplier: 1.5, Jitter: 0.1, ResetThreshold: 30 * time.Second,
		},
		// Cancel is shorter than storage may take, so that checkpoints are completed after the end, too.
		Times: Times{Lease: 6 * time.Second, Report: 2 * time.Second, Grace: 2 * time.Second, Hello: 15 * time.Second, Cancel: 3 * time.Second, Delete: 3 * time.Second, Grow: 8 * time.Second},
	}
	s.cfg.FullFailover = full
	s.cfg.Checkpoints.Incremental = s.chance(0.6)
	if s.chance(0.2) {
		s.cfg.Checkpoints.Retention = DeleteAlways
	}
	if s.chance(0.1) {
		s.cfg.Restart = RestartStrategy{Kind: FixedDelay, Attempts: 2, Delay: time.Second}
	}
	bounded := s.chance(0.5)
	s.startWidth()
	for range 1 + s.rng.IntN(simSplits) {
		n := 20 + s.rng.IntN(100)
		if !bounded {
			n = 5000
		}
		s.length = append(s.length, n)
		s.output = append(s.output, make([]int8, n))
	}
	if s.chance(0.2) {
		s.restoreOld()
	}
}

func (s *sim) chance(p float64) bool { return s.rng.Float64() < p }

func (s *sim) between(a, b time.Duration) time.Duration {
	return a + time.Duration(s.rng.Int64N(int64(b-a)+1))
}

func (s *sim) logf(format string, args ...any) {
	if s.verbose {
		fmt.Printf("%8.3f %s\n", s.now.Sub(time.Unix(100_000, 0)).Seconds(), fmt.Sprintf(format, args...))
	}
}

// violation is a broken promise.
type violation string

func (s *sim) violatef(format string, args ...any) {
	panic(violation(fmt.Sprintf(format, args...)))
}

// run plays the history until the job has ended.
func (s *sim) run() (err error) {
	defer func() {
		if r := recover(); r != nil {
			v, ok := r.(violation)
			if !ok {
				panic(fmt.Sprintf("seed %d: %v", s.seed, r))
			}
			err = fmt.Errorf("seed %d, after %v: %s", s.seed, s.now.Sub(time.Unix(100_000, 0)), v)
		}
	}()
	s.startMaster()
	s.every(100*time.Millisecond, s.pumpAll)
	s.planFaults()
	limit := s.now.Add(4 * time.Minute)
	for s.ended == "" {
		at, do, ok := s.queue.next()
		if !ok || at.After(limit) {
			s.violatef("the job has not ended: it is %s", s.describe())
		}
		s.now = at
		do()
	}
	s.settle()
	return nil
}

func (s *sim) describe() string {
	if s.master == nil {
		return "without a master"
	}
	j := s.master.job
	return fmt.Sprintf("%s, phase %d, current %+v, deciding %v", j.state, j.phase, j.current, j.deciding)
}

func (s *sim) after(d time.Duration, do func()) { s.queue.add(s.now.Add(d), do) }

// soon does something after a delay that is short, and now and then long.
func (s *sim) soon(do func()) {
	d := s.between(time.Millisecond, 40*time.Millisecond)
	if s.chance(0.05) && !s.calm {
		d = s.between(0, 2*time.Second)
	}
	s.after(d, do)
}

func (s *sim) every(d time.Duration, do func()) {
	s.after(d, func() {
		do()
		s.every(d, do)
	})
}

// planFaults draws what goes wrong, when, and what users ask for meanwhile.
func (s *sim) planFaults() {
	const troubled = 15 * time.Second
	faults := []func(){s.faultWorker, s.faultConnection, s.faultMaster, s.faultTask, s.faultStorage, s.faultMute, s.faultEffect, s.faultPin, s.faultOrphan}
	for range s.rng.IntN(7) {
		s.after(s.between(0, troubled), faults[s.rng.IntN(len(faults))])
	}
	for range s.rng.IntN(3) {
		s.after(s.between(0, 2*troubled), s.faultPin)
	}
	for i := range s.rng.IntN(4) {
		id := fmt.Sprintf("op%d", i)
		s.after(s.between(0, troubled), func() { s.ask(s.anyRequest(id)) })
	}
	s.after(troubled, func() {
		s.calm, s.outage, s.killEffect, s.wide.room = true, false, 0, simRoom
		if s.master != nil {
			s.provision()
		}
		s.logf("from now on nothing goes wrong")
	})
	for i := range 10 {
		s.after(troubled+time.Duration(5+15*i)*time.Second, func() { s.ask(Request{ID: fmt.Sprintf("stop%d", i), Kind: Stop}) })
	}
}

func (s *sim) anyKind() OperationKind {
	switch n := s.rng.IntN(28); {
	case n < 8:
		return Savepoint
	case n < 12:
		return Checkpoint
	case n < 16:
		return Stop
	case n < 18:
		return CancelWithSavepoint
	case n < 26:
		return Rescale
	default:
		return Cancel
	}
}

// ask requests an operation, again and again until it is answered.
func (s *sim) ask(r Request) {
	if s.check.answered(r.ID) || s.ended != "" {
		return
	}
	s.check.asked(r.ID, r.Kind)
	if s.master != nil {
		s.logf("request %s %s %d", r.Kind, r.ID, r.Parallelism)
		s.step(r)
	}
	s.after(2*time.Second, func() { s.ask(r) })
}

func (s *sim) anyRequest(id string) Request {
	r := Request{ID: id, Kind: s.anyKind(), Drain: s.chance(0.3)}
	if r.Kind == Rescale {
		r.Plan = s.planAt(1 + s.rng.IntN(4))
		r.Scale = s.scaleOf(r.Plan)
	}
	return r
}

// timeline is what is yet to happen: a heap by time, then by order.
type timeline struct {
	items []happening
	seq   int64
}

type happening struct {
	at  time.Time
	seq int64
	do  func()
}

func (h happening) before(o happening) bool {
	return h.at.Before(o.at) || h.at.Equal(o.at) && h.seq < o.seq
}

func (q *timeline) add(at time.Time, do func()) {
	q.seq++
	q.items = append(q.items, happening{at, q.seq, do})
	for i := len(q.items) - 1; i > 0; {
		parent := (i - 1) / 2
		if !q.items[i].before(q.items[parent]) {
			return
		}
		q.items[i], q.items[parent] = q.items[parent], q.items[i]
		i = parent
	}
}

func (q *timeline) next() (time.Time, func(), bool) {
	if len(q.items) == 0 {
		return time.Time{}, nil, false
	}
	first := q.items[0]
	last := len(q.items) - 1
	q.items[0] = q.items[last]
	q.items[last] = happening{}
	q.items = q.items[:last]
	for i := 0; ; {
		least := i
		for _, child := range []int{2*i + 1, 2*i + 2} {
			if child < last && q.items[child].before(q.items[least]) {
				least = child
			}
		}
		if least == i {
			return first.at, first.do, true
		}
		q.items[i], q.items[least] = q.items[least], q.items[i]
		i = least
	}
}

// taskID names a subtask of the toy job.
func taskID(vertex string, i int) control.TaskID { return control.TaskID{Vertex: vertex, Subtask: i} }
