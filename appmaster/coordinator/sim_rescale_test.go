package coordinator

import (
	"slices"

	"github.com/weft-stream/weft/internal/control"
	"github.com/weft-stream/weft/internal/plan"
	"github.com/weft-stream/weft/internal/snapshot"
)

// The toy job can be rescaled: subtask i of n sources reads every n-th split, a
// sum has every n-th key. A program may say how many sources it has, then only
// its sums follow.

// width is how wide the job is.
type width struct {
	sources  int  // that the program itself sets; 0: as many as sums
	forward  bool // each sum reads its own source only, so slots are regions
	extra    int  // with forward: so many slots are one region all the same
	now      Scale
	deployed int             // parallelism of the last deployment
	ends     bool            // the last rescale came when all input was read: any parallelism will do
	room     int             // containers that the cluster has
	decided  map[string]bool // rescales whose checkpoint is complete
}

// simRoom is more than any job wants.
const simRoom = 100

// planAt is the program's plan function.
func (s *sim) planAt(parallelism int) *plan.Plan {
	p := testPlan(parallelism)
	if s.wide.sources > 0 {
		p.Vertices[0].Parallelism = s.wide.sources
	}
	if s.wide.forward {
		p.Edges[0].Ship = plan.Forward
	}
	if n := min(s.wide.extra, parallelism); n > 0 {
		p.Vertices = append(p.Vertices, plan.Vertex{ID: "extra", Name: "Extra", Parallelism: n, MaxParallelism: 128, Operators: []plan.Operator{
			{UID: "extra", Name: "Extra", Kind: "sink"},
		}})
		p.Edges = append(p.Edges, plan.Edge{From: 2, To: 2, Ship: plan.Broadcast}) // one region, which exchanges nothing with others
	}
	return p
}

// extras is how many extra tasks a plan has.
func extras(p *plan.Plan) int {
	if len(p.Vertices) < 3 {
		return 0
	}
	return p.Vertices[2].Parallelism
}

// key is what a record is summed by: in a job without an exchange, by what its
// source reads.
func (s *sim) key(r record) int {
	if s.wide.forward {
		return r.split
	}
	return (r.split + r.offset) % simKeys
}

func (s *sim) scaleOf(p *plan.Plan) Scale {
	return Scale{Parallelism: p.Parallelism, Workers: (p.Slots() + s.cfg.Slots - 1) / s.cfg.Slots}
}

// startWidth draws whether the cluster is full, and for how long it is.
func (s *sim) startWidth() {
	s.wide.now = Scale{Parallelism: s.plan.Parallelism, Workers: s.cfg.Workers}
	s.wide.decided = map[string]bool{}
	s.wide.room = simRoom
	s.cfg.Hash = s.plan.Hash()
	if s.chance(0.3) {
		s.wide.room = s.cfg.Workers + s.rng.IntN(2)
	}
}

// decideWidth notes that the checkpoint of a rescale has become complete: that
// decides it.
func (s *sim) decideWidth(e WriteMetadata) {
	for _, op := range s.oplog {
		if op.Kind != Rescale || op.State != OperationInProgress || op.Checkpoint != e.Checkpoint {
			continue
		}
		s.wide.ends = !slices.ContainsFunc(e.Metadata.Operator("sum").Subtasks, func(sub snapshot.Subtask) bool { return !sub.Finished })
		s.wide.decided[op.ID] = true
		if !s.wide.ends {
			s.logf("from now on the job is as wide as %+v", op.Scale)
			s.wide.now = op.Scale
		}
	}
}

// recoverWidth is what a new master finds out.
func (s *sim) recoverWidth(cfg *Config) {
	if scale := cfg.Recovered.Scale(); scale.Workers > 0 {
		cfg.Plan, cfg.Workers = s.planAt(scale.Parallelism), scale.Workers
	}
	if scale := cfg.Recovered.Undecided(); scale.Workers > 0 {
		cfg.Recovered.Rescaling = s.planAt(scale.Parallelism)
	}
}

// width: the job is deployed as wide as it is, and with the plan for that.
func (c *checks) width(s *sim, d *control.Deploy) {
	s.wide.deployed = d.Parallelism
	p := s.planAt(d.Parallelism)
	fits := d.First == 0 && s.cfg.FullFailover && len(d.Slots) == p.Slots()
	first := 0
	for _, slots := range p.Regions() {
		fits = fits || !s.cfg.FullFailover && d.First == first && len(d.Slots) == slots
		first += slots
	}
	if d.PlanHash != p.Hash() || !fits {
		s.violatef("deployed with parallelism %d, but not with its plan: %v from %d", d.Parallelism, d.Slots, d.First)
	}
	if d.Parallelism != s.wide.now.Parallelism && !s.wide.ends {
		s.violatef("deployed with parallelism %d, it is %d", d.Parallelism, s.wide.now.Parallelism)
	}
}

// containers: there are never fewer than the job needs, nor more than it has
// been asked to need.
func (c *checks) containers(s *sim, n int) {
	most := s.wide.now.Workers
	for _, op := range s.oplog { // the job may have come further in the same step
		if op.Kind == Rescale && op.State == OperationInProgress {
			most = max(most, op.Workers)
		}
	}
	for _, op := range s.master.job.operations {
		if op.Kind == Rescale && op.State == OperationInProgress {
			most = max(most, op.Workers)
		}
	}
	if n != 0 && !s.wide.ends && (n < s.wide.now.Workers || n > most) {
		s.violatef("%d containers are wanted, the job needs %d to %d", n, s.wide.now.Workers, most)
	}
}

// rescaled: who is told that the job was rescaled or was not can rely on it.
func (c *checks) rescaled(s *sim, op Operation) {
	if op.Kind != Rescale || op.State == OperationInProgress || s.wide.ends || s.master.job.phase == ended {
		return
	}
	if done := op.State == OperationCompleted; done != s.wide.decided[op.ID] {
		s.violatef("operation %v is answered, but that its checkpoint is complete is %v", op, !done)
	}
}
