package container

import (
	"log/slog"
	"sync"

	"github.com/weft-stream/weft/conf"
	"github.com/weft-stream/weft/internal/snapshot"
)

// spools are where snapshots wait for their upload: in memory what is small, all
// else on a local disk. A snapshot is as large as the state, and a container that
// has room for the state alone must live through a checkpoint.
type spools struct {
	dirs   []string
	memory int64 // bytes for each subtask
	must   bool  // the state is on disk too: there is no room in memory for what the disk does not take
	log    *slog.Logger

	told sync.Once // that the disk fails
}

const (
	// spoolShare is the part of a container that its snapshots may have, in a
	// container of unknown size that of spoolContainer.
	spoolShare     = 16
	spoolContainer = 1 << 30
	// spoolBesideDisk is for each subtask if state is on disk: the container is as full as it may be.
	spoolBesideDisk = 1 << 20
)

func newSpools(c *conf.Conf, container int64, slots int, log *slog.Logger) *spools {
	s := &spools{dirs: localDirs(conf.Get(c, conf.StateLocalDirs)), log: log}
	if s.must = conf.Get(c, conf.StateBackend) == conf.BackendDisk; s.must {
		s.memory = spoolBesideDisk
		return s
	}
	if container <= 0 {
		container = spoolContainer
	}
	s.memory = container / spoolShare / int64(max(slots, 1))
	return s
}

// of returns the spool for a snapshot of a subtask.
func (s *spools) of(t *subtask) *snapshot.Spool {
	if s == nil {
		return nil
	}
	otherwise := s.failed
	if s.must {
		otherwise = nil
	}
	return snapshot.NewSpool(dirOf(t, s.dirs), s.memory, otherwise)
}

// failed says that snapshots stay in memory.
func (s *spools) failed(err error) {
	s.told.Do(func() { s.log.Warn("snapshots wait for their upload in memory", "error", err) })
}
