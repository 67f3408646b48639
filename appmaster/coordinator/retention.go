package coordinator

import (
	"maps"
	"slices"
	"time"

	"github.com/weft-stream/weft/internal/snapshot"
)

// A checkpoint that is surplus leaves the list of completed ones before its
// folder is touched: nothing that may be half gone is ever restored. Somebody may
// have pinned it meanwhile, which only storage knows. Then it comes back, and
// counts as pinned until it is looked at again.

// deletion is a folder that has to go.
type deletion struct {
	effect   DeleteSnapshot
	snapshot Snapshot  // what is deleted; of what was never complete, only its id
	retryAt  time.Time // it failed, and is tried again; zero: it is under way
}

// delete has a folder removed that was never a complete checkpoint.
func (j *Job) delete(e DeleteSnapshot) {
	j.deletions[e.Checkpoint] = &deletion{effect: e, snapshot: Snapshot{ID: e.Checkpoint}}
	j.emit(e)
}

// discard has a complete snapshot removed; last is DeleteSnapshot's Last.
func (j *Job) discard(s Snapshot, last bool) {
	if s.Claimed {
		j.claimed = nil
	} else {
		j.completed = slices.DeleteFunc(j.completed, func(c Snapshot) bool { return c.ID == s.ID })
		j.stats.discarded(s.ID, true)
	}
	e := DeleteSnapshot{Checkpoint: s.ID, Dir: s.Dir, Savepoint: s.Savepoint, Claimed: s.Claimed, Last: last}
	j.deletions[s.ID] = &deletion{effect: e, snapshot: s}
	j.emit(e)
}

// discardSurplus applies the rule of retention. It comes with each checkpoint,
// and so do deletions that failed and a new look at pins: a job that takes no
// checkpoints has nothing to give up.
func (j *Job) discardSurplus() {
	j.retryDeletions(j.now)
	list := j.candidates()
	if !j.now.Before(j.pinsDue) {
		j.pinsDue = j.now.Add(j.cfg.Times.Delete)
		for i := range list {
			list[i].Pinned = false
		}
	}
	surplus := j.cfg.Checkpoints.Keep.Surplus(j.now, list)
	for _, s := range j.retained() {
		if slices.Contains(surplus, s.ID) {
			j.discard(s, false)
		}
	}
}

// retained are the snapshots that belong to the job, oldest first: the one that
// it has claimed and its own.
func (j *Job) retained() []Snapshot {
	list := slices.Clone(j.completed)
	if j.claimed != nil {
		list = slices.Insert(list, 0, *j.claimed)
	}
	return list
}

// candidates are the same as the rule sees them.
func (j *Job) candidates() []snapshot.Candidate {
	var list []snapshot.Candidate
	for _, s := range j.retained() {
		list = append(list, snapshot.Candidate{ID: s.ID, Completed: s.Completed, Size: s.Size, Shared: s.Shared, Pinned: s.Pinned})
	}
	return list
}

// snapshotDeleted learns what became of a folder.
func (j *Job) snapshotDeleted(e SnapshotDeleted) {
	d := j.deletions[e.Checkpoint]
	if d == nil {
		return
	}
	switch {
	case e.Err != nil && j.phase != ended:
		d.retryAt = j.now.Add(j.cfg.Times.Delete)
		return
	case e.Err != nil && !e.Lasting: // the master waits for it
		d.retryAt = j.now.Add(j.cfg.Times.Retry)
		return
	}
	delete(j.deletions, e.Checkpoint)
	if e.Err != nil {
		return
	}
	j.littered = true
	s := d.snapshot
	if !e.Kept || s.Dir == "" {
		return
	}
	s.Pinned = true
	if s.Claimed {
		j.claimed = &s
	} else {
		at, _ := slices.BinarySearchFunc(j.completed, s.ID, func(c Snapshot, id int64) int { return int(c.ID - id) })
		j.completed = slices.Insert(j.completed, at, s)
		j.stats.discarded(s.ID, false)
	}
	j.discardSurplus() // its bytes count again, also when the job has ended
}

// trim deletes all checkpoints but the newest, from which a master after this one
// would start.
func (j *Job) trim() {
	if list := j.retained(); len(list) > 0 {
		for _, s := range list[:len(list)-1] {
			j.discard(s, false)
		}
	}
}

// deleting tells whether a deletion is under way.
func (j *Job) deleting() bool {
	for _, d := range j.deletions {
		if d.retryAt.IsZero() {
			return true
		}
	}
	return false
}

// lastDeletions leaves on storage, when the job has ended, what is to stay and
// nothing else.
func (j *Job) lastDeletions(retain bool) {
	j.retryDeletions(j.now.Add(j.cfg.Times.Delete))
	if retain {
		return
	}
	j.trim() // what wrapUp has left
	for _, s := range j.retained() {
		j.discard(s, true)
	}
}

// Settled tells whether the job has ended and nothing of it is under way on
// storage any more that may be followed by a deletion: from now on there is
// exactly what is retained, but for what cannot be deleted.
func (j *Job) Settled() bool {
	return j.phase == ended && j.current == nil && len(j.abandoned) == 0 && len(j.deletions) == 0
}

// deletionDeadlines are when deletions are tried again after the job's end;
// before, that comes with the next checkpoint.
func (j *Job) deletionDeadlines(at func(time.Time)) {
	for _, d := range j.deletions {
		at(d.retryAt)
	}
}

// retryDeletions tries those again that failed and are due by a time.
func (j *Job) retryDeletions(due time.Time) {
	for _, id := range slices.Sorted(maps.Keys(j.deletions)) {
		if d := j.deletions[id]; !d.retryAt.IsZero() && !due.Before(d.retryAt) {
			d.retryAt = time.Time{}
			j.emit(d.effect)
		}
	}
}
