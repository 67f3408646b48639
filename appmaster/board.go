package appmaster

import (
	"context"
	"encoding/binary"
	"hash/maphash"
	"sync"

	"github.com/weft-stream/weft/appmaster/coordinator"
)

// board shows the job's latest view to the REST handlers, and wakes those that
// wait for news.
type board struct {
	seed maphash.Seed

	mu      sync.Mutex
	shown   *shown
	sum     uint64        // of what makes a version
	changed chan struct{} // closed at the next version
}

// shown is one view with its version. Nobody changes it.
type shown struct {
	view    *coordinator.View
	version int64
}

// newBoard starts to count versions from first: attempts of a master must
// start apart, so that no client takes the view of one for that of another.
func newBoard(first int64) *board {
	return &board{seed: maphash.MakeSeed(), shown: &shown{version: first}, changed: make(chan struct{})}
}

// put shows a view. It is a new version if more than figures changed.
func (b *board) put(view *coordinator.View) {
	sum := b.digest(view)
	b.mu.Lock()
	defer b.mu.Unlock()
	version := b.shown.version
	if b.shown.view == nil || sum != b.sum {
		version++
		b.sum = sum
		close(b.changed)
		b.changed = make(chan struct{})
	}
	b.shown = &shown{view: view, version: version}
}

// get returns the latest view; its view is nil before the job is known.
func (b *board) get() *shown {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.shown
}

// other returns the latest view as soon as its version is not the one given,
// or when ctx ends.
func (b *board) other(ctx context.Context, version int64) *shown {
	for {
		b.mu.Lock()
		s, changed := b.shown, b.changed
		b.mu.Unlock()
		if s.version != version {
			return s
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return b.get()
		}
	}
}

// digest sums up what a client must hear of at once.
func (b *board) digest(v *coordinator.View) uint64 {
	var h maphash.Hash
	h.SetSeed(b.seed)
	text := func(values ...string) {
		for _, s := range values {
			h.WriteString(s)
			h.WriteByte(0)
		}
	}
	number := func(values ...int64) {
		var buffer [8]byte
		for _, n := range values {
			binary.LittleEndian.PutUint64(buffer[:], uint64(n))
			h.Write(buffer[:])
		}
	}
	text(string(v.State))
	c := &v.Checkpoints
	number(v.Epoch, int64(v.Restarts), int64(c.Total), int64(c.InProgress), int64(c.Completed), int64(c.Failed), int64(len(v.Exceptions)))
	if v.RootCause != nil {
		number(v.RootCause.Time.UnixNano())
	}
	for i := range v.Vertices {
		for _, s := range v.Vertices[i].Subtasks {
			text(string(s.State), s.Worker)
		}
	}
	for i := range v.Workers {
		w := &v.Workers[i]
		text(w.ID, w.DataAddr)
		if w.Connected {
			number(1)
		}
	}
	for i := range v.Operations {
		o := &v.Operations[i]
		text(o.ID, string(o.State), o.Location)
	}
	return h.Sum64()
}
