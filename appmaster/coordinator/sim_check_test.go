package coordinator

import (
	"maps"
	"slices"

	"github.com/weft-stream/weft/internal/control"
)

// checks are the promises that no history may break.
type checks struct {
	prepared    int64               // by this master
	completed   int64               // highest id that ever became durable
	epochs      map[int64]bool      // that were ever deployed
	forerunners int64               // their highest, by earlier masters
	regions     map[int]*regionLife // by first slot
	parallelism int                 // that they are of
	failures    map[int]int         // tasks that failed, by slot
	commits     int                 // how often the job was about to end
	partial     int                 // deployments of some regions while others ran
	kinds       map[string]OperationKind
	told        map[string]Operation // the last answer
	refusals    map[string]bool
	finished    bool
	last        bool // the last checkpoint is being deleted, with the job's end
}

func (c *checks) newMaster() {
	c.prepared, c.finished, c.last = 0, false, false
	for epoch := range c.epochs {
		c.forerunners = max(c.forerunners, epoch)
	}
}

func (c *checks) asked(id string, kind OperationKind) {
	if c.kinds == nil {
		c.kinds, c.told, c.refusals = map[string]OperationKind{}, map[string]Operation{}, map[string]bool{}
	}
	c.kinds[id] = kind
}

func (c *checks) answered(id string) bool {
	_, ok := c.told[id]
	return ok || c.refusals[id]
}

func (c *checks) refused(id string) { c.refusals[id] = true }

// effect looks at what the master wants done, before it is.
func (c *checks) effect(s *sim, effect Effect) {
	switch e := effect.(type) {
	case PrepareCheckpoint:
		if e.Checkpoint <= c.prepared || e.Checkpoint <= c.completed {
			s.violatef("checkpoint %d after %d was prepared and %d completed", e.Checkpoint, c.prepared, c.completed)
		}
		for _, w := range s.workers {
			if known := s.master.job.workers[w.id]; w.alive && known != nil && !known.greeted.IsZero() && e.Checkpoint <= known.hello.LastCheckpoint {
				s.violatef("checkpoint %d, but %s was asked for %d", e.Checkpoint, w.id, known.hello.LastCheckpoint)
			}
		}
		c.prepared = e.Checkpoint
		c.notOver(s, "prepares a checkpoint")
	case Send:
		if e.Message.Deploy != nil {
			c.notOver(s, "deploys")
			c.deploy(s, e.Message.Deploy)
			c.width(s, e.Message.Deploy)
		}
		if e.Message.Trigger != nil {
			c.notOver(s, "triggers a checkpoint")
		}
		if e.Message.Cancel != nil && s.master.job.phase == committing {
			c.commits++
		}
	case EnsureContainers:
		c.containers(s, e.N)
	case DeleteSnapshot:
		c.delete(s, e)
	case Finish:
		c.notOver(s, "finishes")
		c.finished = true
	}
}

func (c *checks) notOver(s *sim, what string) {
	if c.finished {
		s.violatef("the master %s after the end", what)
	}
}

// deploy: the newest complete snapshot is restored, and nothing that is not in
// it has been committed.
func (c *checks) deploy(s *sim, d *control.Deploy) {
	c.region(s, d)
	for _, op := range c.told {
		if op.Kind == Cancel {
			s.violatef("the job is deployed, though it was told that it is cancelled")
		}
	}
	if s.writes > 0 {
		s.violatef("a deployment while metadata is being written")
	}
	want, _ := s.newest()
	if want == "" && s.cfg.Restore != nil {
		want = s.cfg.Restore.Path
	}
	for _, op := range s.oplog {
		if op.Kind.stops() && op.State == OperationCompleted {
			want = op.Location
		}
	}
	if d.Restore != want {
		s.violatef("restore from %q, the newest is %q", d.Restore, want)
	}
	if want == "" {
		return
	}
	f := s.store[want]
	sources := s.planAt(d.Parallelism).Vertices[0].Parallelism
	for i, offset := range s.offsets(f, f.meta) {
		if reader := i % sources; reader < d.First || reader >= d.First+len(d.Slots) {
			continue // another region's
		}
		for k := offset; k < len(s.output[i]); k++ {
			if s.output[i][k] != 0 {
				s.violatef("the output has record %d of split %d, which %s will read again", k, i, want)
			}
		}
	}
}

// metadata: a checkpoint that is made complete has all subtasks, and is the
// state after a prefix of the input; what of it is not in the output yet waits
// in it.
func (c *checks) metadata(s *sim, e WriteMetadata) {
	f := s.store[e.Dir]
	if f == nil {
		s.violatef("checkpoint %d is completed without its folder", e.Checkpoint)
	}
	p := s.planAt(s.wide.deployed)
	for v := range p.Vertices {
		op := e.Metadata.Operator(p.Vertices[v].Operators[0].UID)
		if op == nil || len(op.Subtasks) != p.Vertices[v].Parallelism {
			s.violatef("checkpoint %d lacks subtasks of %s", e.Checkpoint, p.Vertices[v].Name)
		}
		for _, sub := range op.Subtasks {
			if len(sub.States) == 0 || f.files[sub.States[0].File] == nil {
				s.violatef("checkpoint %d lacks the state of %s %d", e.Checkpoint, op.Name, sub.Index)
			}
		}
	}
	offsets := s.offsets(f, e.Metadata)
	waiting := map[record]bool{}
	want := make([][simKeys]int64, p.Vertices[1].Parallelism)
	for i, sub := range e.Metadata.Operator("sum").Subtasks {
		part := f.files[sub.States[0].File]
		for _, t := range part.txns {
			if !s.committed[t.id] {
				for _, r := range t.records {
					waiting[r] = true
				}
			}
		}
		want[i] = part.sums
	}
	got := make([][simKeys]int64, len(want))
	for i, offset := range offsets {
		for k := range offset {
			r := record{i, k}
			got[s.key(r)%len(got)][s.key(r)] += r.value()
			if s.output[i][k] == 0 && !waiting[r] {
				s.violatef("checkpoint %d: record %v is neither in the output nor waiting for it", e.Checkpoint, r)
			}
		}
	}
	if !slices.Equal(got, want) {
		s.violatef("checkpoint %d: the sums are %v, the input's prefix %v gives %v", e.Checkpoint, want, offsets, got)
	}
}

func (c *checks) durable(s *sim, id int64) {
	if id <= c.completed {
		s.violatef("checkpoint %d completed after %d", id, c.completed)
	}
	c.completed = id
}

// delete: never a savepoint that was promised, never the newest checkpoint
// while the job, or another master after this one, may need it.
func (c *checks) delete(s *sim, e DeleteSnapshot) {
	f := s.store[e.Dir]
	if f == nil || f.meta == nil {
		return
	}
	if f.savepoint && !e.Claimed {
		s.violatef("the complete savepoint %s is deleted", e.Dir)
	}
	if e.Last && !c.finished {
		s.violatef("%s is the last to be deleted, before the end", e.Dir)
	}
	c.last = c.last || e.Last
	if dir, _ := s.newest(); dir == e.Dir && !c.last {
		s.violatef("the newest checkpoint %s is deleted", e.Dir)
	}
}

// still: sources stand still only while a stop or a rescale is under way.
func (c *checks) still(s *sim, t *sourceTask) {
	if s.master == nil || s.master.job.phase != running || s.master.job.deciding != nil {
		return
	}
	if cur := s.master.job.current; cur != nil && cur.halt {
		return
	}
	if t.idle++; t.idle > 100 {
		s.violatef("source %d stands still, nobody stops the job", t.index)
	}
}

// operation: what was answered as ended stays as it was answered.
func (c *checks) operation(s *sim, op Operation) {
	before, ok := c.told[op.ID]
	if ok && before.State != OperationInProgress && before != op {
		s.violatef("operation %v was answered as %v", op, before)
	}
	if op.State == OperationCompleted && op.Kind.TakesSavepoint() {
		if f := s.store[op.Location]; f == nil || f.meta == nil {
			s.violatef("operation %v has no savepoint", op)
		}
	}
	c.rescaled(s, op)
	c.told[op.ID] = op
}

// promised: a master knows what those before it have answered.
func (c *checks) promised(s *sim, operations []Operation) {
	for id, told := range c.told {
		i := slices.IndexFunc(operations, func(op Operation) bool { return op.ID == id })
		if i < 0 || told.State != OperationInProgress && operations[i] != told {
			s.violatef("operation %v is forgotten: %v", told, operations)
		}
	}
}

// view: what is shown agrees with what was told.
func (c *checks) view(s *sim, v View) {
	if s.ended == "" {
		c.promised(s, v.Operations)
	}
	counts := v.Checkpoints
	if counts.Total != counts.Completed+counts.Failed+counts.InProgress {
		s.violatef("%d checkpoints are %d completed, %d failed, %d in progress", counts.Total, counts.Completed, counts.Failed, counts.InProgress)
	}
}

// end: the output is what the end promised, and storage holds no more than it
// should.
func (c *checks) end(s *sim) {
	for _, dir := range slices.Sorted(maps.Keys(s.store)) {
		switch f := s.store[dir]; {
		case f.savepoint:
		case f.meta == nil:
			s.violatef("%s is left unfinished", dir)
		}
	}
	c.retained(s)
	for id, op := range c.told {
		if f := s.store[op.Location]; op.State == OperationCompleted && op.Kind.TakesSavepoint() && (f == nil || f.meta == nil) {
			s.violatef("the savepoint of %s is gone", id)
		}
	}
	if s.ended == Failed && s.cfg.Restart.Kind == ExponentialDelay {
		s.violatef("the job failed")
	}
	c.output(s)
}

func (c *checks) has(kind OperationKind) bool {
	for _, k := range c.kinds {
		if k == kind {
			return true
		}
	}
	return false
}

// output: a job that was stopped has written exactly what its savepoint has
// read; one that came to its end, everything.
func (c *checks) output(s *sim) {
	if c.has(Cancel) || s.ended == Failed {
		return
	}
	until := s.length
	for _, op := range s.master.job.View().Operations {
		if op.Kind.stops() && op.State == OperationCompleted {
			f := s.store[op.Location]
			until = s.offsets(f, f.meta)
		}
	}
	for i := range s.output {
		for k, n := range s.output[i] {
			if want := k < until[i]; want != (n == 1) {
				s.violatef("record %d of split %d is %d times in the output, the job read %v", k, i, n, until)
			}
		}
	}
}
