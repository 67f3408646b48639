package coordinator

import (
	"maps"
	"slices"
	"time"

	"github.com/weft-stream/weft/internal/snapshot"
)

// sweep lists the shared files that are not needed.
func (s *sim) sweep(e PrepareCheckpoint) (unneeded []string, failed bool) {
	if !e.Sweep {
		return nil, false
	}
	if s.ioFails() {
		return nil, true
	}
	for _, name := range slices.Sorted(maps.Keys(s.shared)) {
		if !e.Need[name] {
			unneeded = append(unneeded, name)
		}
	}
	return unneeded, false
}

// removeShared deletes shared files one by one, while life goes on. A master that
// dies leaves some.
func (s *sim) removeShared(m *simMaster, e DeleteShared) {
	for _, name := range e.Names {
		s.later(m, s.between(0, 300*time.Millisecond), func(dies bool) {
			if dies && s.chance(0.5) || s.ioFails() {
				return
			}
			s.check.unneeded(s, name)
			delete(s.shared, name)
		})
	}
}

// referenced are the shared files that complete checkpoints name, those that are
// being deleted included: they may be kept.
func (s *sim) referenced() map[string]bool {
	names := map[string]bool{}
	for _, folders := range []map[string]*folder{s.store, s.aside} {
		for _, f := range folders {
			if f.meta == nil {
				continue
			}
			for _, file := range snapshot.SharedFiles(f.meta) {
				names[file.Name] = true
			}
		}
	}
	return names
}

// unneeded: no shared file is deleted that a complete checkpoint names.
func (c *checks) unneeded(s *sim, name string) {
	if s.referenced()[name] {
		s.violatef("the shared file %s is deleted, but needed", name)
	}
}

// whole: what a checkpoint names is there.
func (c *checks) whole(s *sim, dir string, f *folder) {
	for _, file := range snapshot.SharedFiles(f.meta) {
		if !s.shared[file.Name] {
			s.violatef("%s needs the shared file %s, which is gone", dir, file.Name)
		}
	}
}

// exact: after the end, and after the last look, exactly the files are there that
// the checkpoints need.
func (c *checks) exact(s *sim) {
	need := s.referenced()
	for name := range s.shared {
		if !need[name] {
			delete(s.shared, name) // the last look
		}
	}
	if !maps.Equal(need, s.shared) {
		s.violatef("the checkpoints need %v, there are %v", need, s.shared)
	}
}
