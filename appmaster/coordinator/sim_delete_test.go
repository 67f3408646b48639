package coordinator

import (
	"maps"
	"slices"
	"time"

	"github.com/weft-stream/weft/internal/snapshot"
)

// Deletions go in the steps of package snapshot: a folder is put aside, looked
// at, and removed or put back. Users pin at any moment.

// anyRetention draws a rule of retention.
func (s *sim) anyRetention() snapshot.Retention {
	r := snapshot.Retention{Newest: 1 + s.rng.IntN(3)}
	for range s.rng.IntN(3) {
		r.Tiers = append(r.Tiers, snapshot.Tier{Every: s.between(time.Second, 5*time.Second), For: s.between(time.Second, 20*time.Second)})
	}
	if s.chance(0.3) {
		r.MaxBytes = int64(1 + s.rng.IntN(10))
	}
	return r
}

// remove deletes a folder. A master that dies leaves it where it is, or aside.
func (s *sim) remove(m *simMaster, e DeleteSnapshot) {
	answer := func(a SnapshotDeleted) {
		a.Checkpoint = e.Checkpoint
		s.step(a)
	}
	s.later(m, s.between(0, 150*time.Millisecond), func(dies bool) {
		f := s.store[e.Dir]
		switch {
		case dies && s.chance(0.5):
			return
		case !dies && s.ioFails():
			answer(SnapshotDeleted{Err: errStorage})
			return
		case f != nil && f.meta != nil && f.pinned:
			if !dies {
				answer(SnapshotDeleted{Kept: true})
			}
			return
		case f != nil:
			s.aside[e.Dir] = f
			delete(s.store, e.Dir)
		}
		if dies {
			return
		}
		s.later(m, s.between(0, 150*time.Millisecond), func(dies bool) {
			if dies && s.chance(0.5) {
				return
			}
			if !dies && s.ioFails() {
				answer(SnapshotDeleted{Err: errStorage})
				return
			}
			kept := s.finishDeletion(e.Dir)
			if !dies {
				answer(SnapshotDeleted{Kept: kept})
			}
		})
	})
}

// finishDeletion takes the last step with a folder that is aside.
func (s *sim) finishDeletion(dir string) (kept bool) {
	f := s.aside[dir]
	if f == nil {
		return false
	}
	delete(s.aside, dir)
	if f.meta != nil && f.pinned {
		s.store[dir] = f
		return true
	}
	s.check.gone(s, dir, f)
	return false
}

// finishDeletions is what a new master does first.
func (s *sim) finishDeletions() {
	for _, dir := range slices.Sorted(maps.Keys(s.aside)) {
		s.finishDeletion(dir)
	}
}

// faultPin has a user pin a checkpoint, or unpin one.
func (s *sim) faultPin() {
	var dirs []string
	for _, dir := range slices.Sorted(maps.Keys(s.store)) {
		if f := s.store[dir]; f.meta != nil && (!f.savepoint || f.foreign) {
			dirs = append(dirs, dir)
		}
	}
	if len(dirs) == 0 {
		return
	}
	dir := dirs[s.rng.IntN(len(dirs))]
	f := s.store[dir]
	f.pinned = !f.pinned
	s.logf("user: %s is pinned: %v", dir, f.pinned)
}

// gone: what is removed for good was neither pinned nor the newest, nor is it
// a savepoint that a user has.
func (c *checks) gone(s *sim, dir string, f *folder) {
	if f.meta == nil {
		return
	}
	claimed := f.foreign && s.cfg.Restore.Claimed
	newest, _ := s.newest()
	switch {
	case f.pinned:
		s.violatef("the pinned checkpoint %s is gone", dir)
	case f.savepoint && !claimed:
		s.violatef("the complete savepoint %s is gone", dir)
	case newest == "" && !c.finished, newest != "" && s.store[newest].id < f.id && !c.finished:
		s.violatef("the newest checkpoint %s is gone", dir)
	}
}

// retained: when all is over, storage holds what the job says it holds, and that
// is no more than the rule allows.
func (c *checks) retained(s *sim) {
	if !s.master.job.Settled() {
		s.violatef("the master goes on for ever, with %v to delete", s.master.job.deletions)
	}
	var held, said []string
	var list []snapshot.Candidate
	for _, dir := range slices.Sorted(maps.Keys(s.store)) {
		f := s.store[dir]
		if f.meta != nil && (!f.savepoint || f.foreign && s.cfg.Restore.Claimed) {
			held = append(held, dir)
		}
	}
	var last time.Time
	for _, r := range s.master.job.View().Checkpoints.Retained {
		said = append(said, r.Dir)
		if s.cfg.Checkpoints.Retention == DeleteAlways && !r.Pinned {
			s.violatef("%s is retained", r.Dir)
		}
		last = later(last, r.Completed)
		list = append(list, snapshot.Candidate{ID: r.ID, Completed: r.Completed, Size: r.Size, Shared: r.Shared, Pinned: r.Pinned})
	}
	slices.Sort(said)
	if !slices.Equal(held, said) {
		s.violatef("storage holds %v, the job says %v", held, said)
	}
	s.check.exact(s)
	if len(s.aside) > 0 {
		s.violatef("deletions are left: %v", s.aside)
	}
	if surplus := s.cfg.Checkpoints.Keep.Surplus(last, list); surplus != nil {
		s.violatef("%v are retained though they are surplus", surplus)
	}
}
