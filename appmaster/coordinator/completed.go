package coordinator

import (
	"slices"

	"github.com/weft-stream/weft/internal/control"
	"github.com/weft-stream/weft/internal/inflight"
	"github.com/weft-stream/weft/internal/keygroup"
	"github.com/weft-stream/weft/internal/plan"
	"github.com/weft-stream/weft/internal/snapshot"
)

// complete makes the checkpoint in progress count: it is durable.
func (j *Job) complete(c *checkpoint) {
	j.current = nil
	j.lastEnd = j.now
	j.failedInRow = 0
	j.stats.completed(c, j.now)
	s := Snapshot{
		ID: c.id, Epoch: c.epoch, Dir: c.dir, Savepoint: c.savepoint, Triggered: c.triggered, Completed: j.now, Size: c.stored,
		Shared: c.shared,
	}
	last := !c.savepoint && c.finished()
	j.decide(c, last)
	if c.savepoint {
		return
	}
	j.completed = append(j.completed, s)
	j.discardSurplus()
	if j.phase == ended { // the job waited long enough for it, and then ended
		j.lastDeletions(j.retains(j.state))
	}
	if last {
		j.final = &final{snapshot: s, state: Finished}
	}
	switch {
	case j.phase != running && j.phase != deploying, j.deciding != nil, last && j.phase == deploying:
		// Restoring from it, or the job's end, will commit it.
	case last:
		j.commit()
	default:
		j.sendHolders(control.FromMaster{Complete: &control.CheckpointEnd{Epoch: j.epoch, Checkpoint: c.id}})
	}
}

// decide ends the operation behind a checkpoint. One that ends or rescales the
// job goes on when that is durable: madeDurable.
func (j *Job) decide(c *checkpoint, last bool) {
	switch {
	case c.op == nil:
	case c.op.Kind == Rescale && last:
		j.endOperation(c.op, "", "the job has read all of its input and ends")
	default:
		j.endOperation(c.op, c.dir, "")
		if c.halt {
			j.deciding = c.op
		}
	}
}

// finished tells whether nothing can come after the checkpoint.
func (c *checkpoint) finished() bool {
	for v := range c.acks {
		for _, s := range c.acks[v] {
			if !s.Finished {
				return false
			}
		}
	}
	return true
}

// wasCompleted tells whether the checkpoint of that id is known to have become
// durable: then no worker may be told that it was aborted.
func (j *Job) wasCompleted(id int64) bool {
	for i := range j.completed {
		if j.completed[i].ID == id {
			return true
		}
	}
	for _, op := range j.operations {
		if op.Checkpoint == id && op.State == OperationCompleted {
			return true
		}
	}
	return j.stats.wasCompleted(id)
}

// metadata describes the checkpoint for its _metadata: all operators of the
// plan with all their subtasks.
func (j *Job) metadata(c *checkpoint) *snapshot.Metadata {
	p := j.cfg.Plan
	m := &snapshot.Metadata{
		JobID: j.cfg.JobID, JobName: j.cfg.JobName, Class: j.cfg.Class,
		CheckpointID: c.id, Epoch: c.epoch, Kind: snapshot.Checkpoint,
		Triggered: c.triggered.UnixMilli(), Completed: j.now.UnixMilli(),
		MaxParallelism: p.MaxParallelism, KeyHash: keygroup.HashName,
	}
	if c.savepoint {
		m.Kind = snapshot.Savepoint
	}
	if j.cfg.Restore != nil {
		m.RestoredFrom = j.cfg.Restore.Path
	}
	for v := range p.Vertices {
		for o := range p.Vertices[v].Operators {
			states := p.Vertices[v].Operators[o].States
			if o == 0 {
				states = slices.Concat(states, inFlight(p, v, c.acks[v]))
			}
			m.Operators = append(m.Operators, operatorOf(&p.Vertices[v], &p.Vertices[v].Operators[o], states, c.acks[v]))
		}
	}
	return m
}

// inFlight returns the states that keep what barriers have overtaken on its way
// into a vertex: those that hold anything.
func inFlight(p *plan.Plan, vertex int, acks []*control.SubtaskAck) []plan.State {
	held := map[string]bool{}
	for _, a := range acks {
		for _, o := range a.Operators {
			for _, h := range o.States {
				held[h.State] = true
			}
		}
	}
	return slices.DeleteFunc(inflight.States(p, vertex), func(s plan.State) bool { return !held[s.Name] })
}

func operatorOf(v *plan.Vertex, o *plan.Operator, states []plan.State, acks []*control.SubtaskAck) snapshot.Operator {
	out := snapshot.Operator{
		UID: o.UID, Name: o.Name, Kind: o.Kind, KeySchema: o.Key,
		Parallelism: v.Parallelism, MaxParallelism: v.MaxParallelism,
		Subtasks: make([]snapshot.Subtask, len(acks)),
	}
	for _, s := range states {
		out.States = append(out.States, snapshot.StateInfo{Name: s.Name, Kind: s.Kind, Schema: s.Schema})
	}
	for i, a := range acks {
		sub := snapshot.Subtask{Index: i, Finished: a.Finished}
		for k := range a.Operators {
			if a.Operators[k].UID == o.UID {
				sub.States = append(sub.States, a.Operators[k].States...)
			}
		}
		out.Subtasks[i] = sub
	}
	return out
}

// uids returns the operators of a vertex.
func (j *Job) uids(vertex string) []string {
	v := j.vertex(vertex)
	if v < 0 {
		return nil
	}
	var uids []string
	for i := range j.cfg.Plan.Vertices[v].Operators {
		uids = append(uids, j.cfg.Plan.Vertices[v].Operators[i].UID)
	}
	return uids
}
