package container

import (
	"sync"

	"github.com/weft-stream/weft/internal/snapshot"
	"github.com/weft-stream/weft/internal/task"
)

// An incremental checkpoint builds on the latest one that is known to be
// complete: only its files are sure to stay until the next is complete. So a
// subtask remembers, for each state that can tell what has changed, the handles
// that this one has of it, and what it writes next comes after them.
//
// A checkpoint of which is never heard whether it is complete does no harm. If
// it wrote changes, its files are those of the one before and more, whichever
// of the two is kept. If it wrote all of a state, the one before may be deleted
// with its files: what is written next is all of it again.

// mark is what a barrier says of its checkpoint: it may come before the
// master's order.
type mark struct {
	id      int64
	chained bool // it builds on others, or later ones may build on it
	full    bool // it builds on none
}

const (
	chainedBit = 1 << 62
	fullBit    = 1 << 61
)

func (m mark) value() int64 {
	v := m.id
	if m.chained {
		v |= chainedBit
	}
	if m.full {
		v |= fullBit
	}
	return v
}

func markOf(value int64) mark {
	return mark{value &^ (chainedBit | fullBit), value&chainedBit != 0, value&fullBit != 0}
}

// stateName names a state of a subtask.
type stateName struct{ uid, state string }

// lineage is what the next checkpoints of a subtask may build upon. Its slot
// owns it, but for written.
type lineage struct {
	confirmed map[stateName][]snapshot.Handle // of the latest complete checkpoint
	begun     int64                           // the latest that others may build upon

	mu        sync.Mutex
	written   map[stateName][]snapshot.Handle // of the latest that is uploaded
	writtenID int64
}

// Bounds of a chain. The subtasks of an operator don't come to them all at once.
const (
	longestChain = 50 // checkpoints
	stagger      = 16 // of them apart, at most
	baseShare    = 2  // changes may take the size of the base divided by this, and up to as much again by stagger
)

// extent decides how much of a state is written, and on which handles it builds.
func (l *lineage) extent(m mark, subtask int, name stateName, able bool) (task.Extent, []snapshot.Handle) {
	if !m.chained {
		return task.Whole, nil
	}
	l.begun = m.id
	chain, known := l.confirmed[name]
	if known && able && !m.full && !outgrown(chain, subtask) {
		return task.Changes, chain
	}
	delete(l.confirmed, name)
	return task.Beginning, nil
}

// outgrown says whether it is time for a new base.
func outgrown(chain []snapshot.Handle, subtask int) bool {
	var base, changes int64
	steps := map[int64]bool{}
	for _, h := range chain {
		if h.Part == snapshot.Base {
			base += h.Length
		} else {
			changes += h.Length
			steps[h.Checkpoint] = true
		}
	}
	apart := subtask % stagger
	return len(steps) >= longestChain-apart || changes*baseShare*stagger > base*int64(stagger+apart)
}

// publish takes in what a checkpoint's upload has led to; any goroutine may call it.
func (l *lineage) publish(checkpoint int64, written map[stateName][]snapshot.Handle) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.writtenID, l.written = checkpoint, written
}

// complete notes that a checkpoint is complete. If another was begun since,
// that one knows nothing of it, and neither do the states.
func (l *lineage) complete(checkpoint int64) {
	if checkpoint != l.begun {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.writtenID == checkpoint {
		l.confirmed = l.written
	}
}
