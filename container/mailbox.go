package container

import (
	"sync"

	"github.com/weft-stream/weft/internal/task"
)

// kind says what an envelope holds.
type kind uint8

// What moves in band over a channel, and what a slot is told besides.
const (
	data      kind = iota // batch
	watermark             // value: event time, ms
	idle                  // value: 1 idle, 0 active again
	barrier               // value: checkpoint
	end                   // no more of anything

	trigger  // value: checkpoint; start it at the sources
	complete // value: checkpoint
	abort    // value: checkpoint
	overtake // value: checkpoint; its barriers wait for no records any more
	echo     // close done: all before it is obeyed
)

// envelope is one thing for a slot to do.
type envelope struct {
	to    *inbound // nil for what concerns the whole slot
	kind  kind
	batch task.Batch
	value int64
	order *checkpointOrder // of trigger
	done  chan struct{}    // of echo
}

// mailbox is where other goroutines put what a slot shall do. It is unbounded:
// what bounds it is that data needs credit. Its owner takes all at once, so the
// lock is taken about once a turn.
type mailbox struct {
	mu     sync.Mutex
	items  []envelope
	signal chan struct{} // holds one when there is something new
}

func newMailbox() *mailbox { return &mailbox{signal: make(chan struct{}, 1)} }

// put adds an envelope and wakes the owner.
func (m *mailbox) put(e envelope) {
	m.mu.Lock()
	m.items = append(m.items, e)
	first := len(m.items) == 1
	m.mu.Unlock()
	if first {
		m.wake()
	}
}

// wake has the owner take another turn.
func (m *mailbox) wake() {
	select {
	case m.signal <- struct{}{}:
	default:
	}
}

// take returns all envelopes; spare is the slice to fill from now on.
func (m *mailbox) take(spare []envelope) []envelope {
	m.mu.Lock()
	items := m.items
	m.items = spare[:0]
	m.mu.Unlock()
	return items
}
