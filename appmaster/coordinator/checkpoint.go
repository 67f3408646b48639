package coordinator

import (
	"fmt"
	"slices"
	"time"

	"github.com/weft-stream/weft/internal/control"
	"github.com/weft-stream/weft/internal/snapshot"
)

// stage is how far a checkpoint in progress has come.
type stage int

const (
	preparing  stage = iota // its folder is made
	collecting              // workers write and acknowledge
	collected               // all have, but its id is not yet written down with its operation
	writing                 // its metadata is being written
)

// maxFinalFailures bounds how often the last checkpoint of a bounded job is
// tried before the job is restarted.
const maxFinalFailures = 3

// checkpoint is the one in progress.
type checkpoint struct {
	id        int64
	epoch     int64
	op        *operation // that asked for it; nil: taken by itself
	savepoint bool
	halt      bool // sources stand still after it
	drain     bool
	dir       string
	stage     stage
	triggered time.Time
	missing   map[string]bool         // workers that have not acknowledged
	acks      [][]*control.SubtaskAck // by vertex and subtask
	shared    []snapshot.SharedFile   // that it needs, once its metadata is made
	stored    int64                   // bytes of all files
	view      *CheckpointView
}

// tryCheckpoint takes the checkpoint that is due: what users asked for first,
// then the last one of a job whose input has ended, then the periodic one.
func (j *Job) tryCheckpoint() {
	if j.current != nil || j.deciding != nil || !j.allTasks((*task).up) || !j.holdersConnected() {
		return
	}
	if op := j.nextOperation(); op != nil {
		j.beginCheckpoint(op)
		return
	}
	if j.inputEnded() {
		j.tryFinal()
		return
	}
	if due := j.periodicDue(); !due.IsZero() && !j.now.Before(due) {
		j.beginCheckpoint(nil)
	}
}

// inputEnded tells whether all subtasks have come to their end.
func (j *Job) inputEnded() bool {
	return j.allTasks(func(t *task) bool { return t.state == control.Finished })
}

// tryFinal ends a bounded job: with a last checkpoint, so that sinks commit
// what they wrote after the one before.
func (j *Job) tryFinal() {
	if !j.cfg.Checkpoints.Enabled {
		j.finish(Finished, "")
		return
	}
	if !j.now.Before(j.finalRetry) {
		j.beginCheckpoint(nil)
	}
}

// periodicDue returns when the next periodic checkpoint is due, zero if never.
func (j *Job) periodicDue() time.Time {
	if !j.cfg.Checkpoints.Enabled || j.cfg.Checkpoints.Interval <= 0 {
		return time.Time{}
	}
	return later(j.nextPeriodic, j.lastEnd.Add(j.cfg.Checkpoints.MinPause))
}

func (j *Job) holdersConnected() bool {
	for _, id := range j.slots {
		if w := j.workers[id]; w == nil || !w.ready() {
			return false
		}
	}
	return true
}

func (j *Job) checkpointDeadlines(at func(time.Time)) {
	if c := j.current; c != nil && c.stage != writing {
		at(c.triggered.Add(j.cfg.Checkpoints.Timeout))
	}
	if j.phase != running || j.current != nil || j.deciding != nil {
		return
	}
	due := j.periodicDue()
	if j.inputEnded() {
		due = j.finalRetry
	}
	if j.now.Before(due) {
		at(due)
	}
}

// beginCheckpoint starts the next checkpoint by having its folder made.
func (j *Job) beginCheckpoint(op *operation) {
	j.highest++
	c := &checkpoint{id: j.highest, epoch: max(j.epoch, j.cfg.FirstEpoch), op: op, triggered: j.now, missing: map[string]bool{}}
	for _, id := range j.slots {
		c.missing[id] = true
	}
	c.acks = make([][]*control.SubtaskAck, len(j.tasks))
	for v := range j.tasks {
		c.acks[v] = make([]*control.SubtaskAck, len(j.tasks[v]))
	}
	prepare := PrepareCheckpoint{Checkpoint: c.id}
	if op != nil {
		op.Checkpoint, op.Epoch = c.id, c.epoch
		op.tries++
		j.persist.dirty = true
		c.savepoint = op.Kind.TakesSavepoint()
		c.halt = op.Kind.halts()
		c.drain = op.Kind.stops() && op.Drain
		prepare.Savepoint, prepare.Target = c.savepoint, op.Target
	}
	if !c.savepoint {
		j.nextPeriodic = j.now.Add(j.cfg.Checkpoints.Interval)
	}
	j.sweep(&prepare)
	j.current = c
	j.stats.begin(c, j)
	j.emit(prepare)
}

// checkpointPrepared starts the barriers. A folder that is not wanted any more
// is removed.
func (j *Job) checkpointPrepared(e CheckpointPrepared) {
	if savepoint, ok := j.abandoned[e.Checkpoint]; ok {
		delete(j.abandoned, e.Checkpoint)
		j.littered = true // others may have begun since the folder was listed
		if e.Err == nil {
			j.delete(DeleteSnapshot{Checkpoint: e.Checkpoint, Dir: e.Dir, Savepoint: savepoint})
		}
		return
	}
	c := j.current
	if c == nil || c.id != e.Checkpoint || c.stage != preparing {
		return
	}
	j.swept(e)
	if e.Err != nil {
		c.stage = collecting // nothing is under way any more
		j.abort(c, breakdown("its folder could not be made: "+oneLine(e.Err.Error())))
		return
	}
	c.stage, c.dir, c.view.Dir = collecting, e.Dir, e.Dir
	j.sendHolders(j.trigger(c))
}

func (j *Job) trigger(c *checkpoint) control.FromMaster {
	return control.FromMaster{Trigger: &control.TriggerCheckpoint{
		Epoch: c.epoch, Checkpoint: c.id, Timestamp: c.triggered.UnixMilli(), Dir: c.dir,
		Savepoint: c.savepoint, Stop: c.halt, Drain: c.drain, Shared: j.sharedDir(c), Full: c.op != nil && c.op.Full,
	}}
}

// collects returns the checkpoint in progress if a worker's message is about
// it and still wanted.
func (j *Job) collects(w *worker, id int64) *checkpoint {
	c := j.current
	if c == nil || c.stage != collecting || c.id != id || !c.missing[w.id] {
		return nil
	}
	return c
}

// ack takes in a worker's part. With the last one, the metadata is written.
func (j *Job) ack(w *worker, a *control.CheckpointAck) {
	c := j.collects(w, a.Checkpoint)
	if c == nil || c.epoch != a.Epoch {
		return
	}
	if wrong := j.checkAck(w, a); wrong != "" {
		j.abort(c, breakdown(fmt.Sprintf("worker %s acknowledged it wrongly: %s", w.id, wrong)))
		return
	}
	delete(c.missing, w.id)
	for i := range a.Subtasks {
		s := &a.Subtasks[i]
		v := j.vertex(s.Task.Vertex)
		c.acks[v][s.Task.Subtask] = s
		c.view.acked(v, s, j.now)
	}
	if len(c.missing) == 0 {
		c.stage = collected
	}
}

// tryWrite makes a checkpoint durable that has all its parts. One that an
// operation asked for waits until the operation is written down with its id:
// the next master could not know otherwise, from the job's own folder, that
// the id is taken.
func (j *Job) tryWrite() {
	c := j.current
	if c == nil || c.stage != collected {
		return
	}
	if c.op == nil || c.op.durable != nil && c.op.durable.Checkpoint == c.id {
		c.stage = writing
		m := j.metadata(c)
		c.shared, c.stored = snapshot.SharedFiles(m), m.StoredSize()
		write := WriteMetadata{Checkpoint: c.id, Dir: c.dir, Metadata: m}
		if c.op != nil {
			write.Operation = c.op.ID
		}
		j.emit(write)
	}
}

// checkAck says what is wrong with an acknowledgement: it must have each of
// the worker's subtasks once, and nothing else.
func (j *Job) checkAck(w *worker, a *control.CheckpointAck) string {
	if a.Worker != w.id {
		return "it is that of worker " + a.Worker
	}
	given := map[control.TaskID]bool{}
	for i := range a.Subtasks {
		s := &a.Subtasks[i]
		t := j.task(s.Task)
		switch {
		case t == nil || t.worker != w.id:
			return j.taskName(s.Task) + " is not its own"
		case given[s.Task]:
			return j.taskName(s.Task) + " is there twice"
		}
		given[s.Task] = true
		for _, o := range s.Operators {
			if !slices.Contains(j.uids(s.Task.Vertex), o.UID) {
				return fmt.Sprintf("%s has no operator %q", j.taskName(s.Task), o.UID)
			}
		}
	}
	lacking := ""
	j.eachTask(func(t *task) {
		if t.worker == w.id && !given[t.id] {
			lacking = j.taskName(t.id) + " is not there"
		}
	})
	return lacking
}

func (j *Job) decline(w *worker, d *control.CheckpointDecline) {
	if t := j.task(d.Task); t == nil || d.Epoch != j.regionOf(d.Task.Subtask).epoch {
		return
	}
	if c := j.collects(w, d.Checkpoint); c != nil {
		j.abort(c, breakdown(fmt.Sprintf("%s declined it: %s", j.taskName(d.Task), oneLine(d.Reason))))
	}
}

// expireCheckpoint gives up the one that takes too long. What is being written
// may be complete already: only the writer's answer decides.
func (j *Job) expireCheckpoint() {
	c := j.current
	if c == nil || c.stage == writing || j.now.Before(c.triggered.Add(j.cfg.Checkpoints.Timeout)) {
		return
	}
	j.abort(c, breakdown(fmt.Sprintf("it was not complete after %v: %d of %d subtasks had acknowledged it",
		j.cfg.Checkpoints.Timeout, c.view.Acked, c.view.Subtasks)))
}

// metadataWritten decides a checkpoint.
func (j *Job) metadataWritten(e MetadataWritten) {
	c := j.current
	if c == nil || c.id != e.Checkpoint || c.stage != writing {
		return
	}
	if e.Err != nil {
		j.abort(c, breakdown("its metadata could not be written: "+oneLine(e.Err.Error())))
		return
	}
	c.view.Size += e.Size
	c.view.Added += e.Size
	c.stored += e.Size
	j.complete(c)
}

// setback is why a checkpoint has failed.
type setback struct {
	reason   string
	counts   bool // as a failure of checkpointing; else something interrupted it
	stopLost bool // a stop is given up rather than tried again
}

func breakdown(reason string) setback    { return setback{reason: reason, counts: true} }
func interruption(reason string) setback { return setback{reason: reason} }

// abort gives up the checkpoint in progress. Workers forget it; its folder is
// removed. An operation behind it fails, unless it was only interrupted: then
// it is tried again once the job runs.
func (j *Job) abort(c *checkpoint, s setback) {
	j.current = nil
	j.littered = true
	j.lastEnd = j.now
	j.stats.failed(c, s.reason, j.now)
	switch {
	case c.stage == preparing:
		j.abandoned[c.id] = c.savepoint
	case c.dir != "":
		if j.phase == running || j.phase == deploying {
			for _, w := range j.order {
				if j.holds(w) {
					j.sendAbort(w, c.id)
				}
			}
		}
		j.delete(DeleteSnapshot{Checkpoint: c.id, Dir: c.dir, Savepoint: c.savepoint})
	}
	if c.op != nil {
		c.op.since = j.now
		if s.counts || c.op.Kind.stops() && s.stopLost || c.op.tries >= maxTries {
			j.endOperation(c.op, "", fmt.Sprintf("checkpoint %d failed: %s", c.id, s.reason))
		}
		return
	}
	if s.counts {
		j.countFailure(s.reason)
	}
}

// countFailure restarts a job whose checkpoints fail too often in a row.
func (j *Job) countFailure(reason string) {
	if j.phase != running {
		return
	}
	x := Exception{Time: j.now, Epoch: j.epoch}
	if j.inputEnded() {
		j.finalFailures++
		j.finalRetry = j.now.Add(j.cfg.Times.Retry)
		if j.finalFailures >= maxFinalFailures {
			x.Message = fmt.Sprintf("the last checkpoint failed %d times: %s", j.finalFailures, reason)
			j.fail(failure{Exception: x})
		}
		return
	}
	j.failedInRow++
	if tolerable := j.cfg.Checkpoints.Tolerable; tolerable >= 0 && j.failedInRow > tolerable {
		x.Message = fmt.Sprintf("%d checkpoints failed in a row (tolerable: %d), the last: %s", j.failedInRow, tolerable, reason)
		j.failedInRow = 0
		j.fail(failure{Exception: x})
	}
}
