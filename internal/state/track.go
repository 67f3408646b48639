package state

import (
	"slices"
	"unsafe"
)

// A table can tell what has changed since a checkpoint, so that the next one need not hold all of it.
//
// Changes are marked by the low seven bits of an entry's hash, not by its slot: so an entry that moves, when its
// segment grows, is split or closes a gap, takes its mark along by itself. Entries of a segment that have these bits in
// common are taken for changed together: of a segment that is two thirds full, two thirds of an entry for each that did.
//
// There are two generations of marks, because a checkpoint that was begun need not become complete: what it holds stays
// unconfirmed until it is known to be. A delta holds what is new in either, so it always follows the latest checkpoint that
// the table knows to be complete, whatever became of those between.

// markWords times 64 is the number of marks of a segment.
const markWords = 2

// marks are the marks of a segment's entries.
type marks struct {
	changed     [markWords]uint64 // since the latest checkpoint was begun
	unconfirmed [markWords]uint64 // before that, but after the latest complete one was begun
}

func (m *marks) note(hash uint64) { m.changed[hash>>6%markWords] |= 1 << (hash & 63) }

// holds says whether a delta has the entries of a hash.
func (m *marks) holds(hash uint64) bool { return m.unconfirmed[hash>>6%markWords]>>(hash&63)&1 == 1 }

// empty says whether a delta has nothing of the segment.
func (m *marks) empty() bool { return m.unconfirmed == [markWords]uint64{} }

// shift lets the next generation begin.
func (m *marks) shift() {
	for i := range m.changed {
		m.unconfirmed[i] |= m.changed[i]
		m.changed[i] = 0
	}
}

// tracking is what a table remembers of changes.
type tracking struct {
	marks []marks   // by number of segment
	gone  deletions // since the latest checkpoint was begun
	held  deletions // before that, but after the latest complete one was begun
}

// deletions are keys that were deleted, which have no slot to be marked. A key that came back meanwhile is among them too.
type deletions struct {
	open   frame // keys only
	frames []keysFrame
	bytes  int
	lost   bool // there were too many to keep: the next checkpoint must hold all entries
}

// keysFrame is a finished frame of keys.
type keysFrame struct {
	firstKG, lastKG int
	frame           []byte
}

// Deleted keys are kept as long as they take less than a part of what the table itself takes: beyond, writing all entries
// is no worse.
const (
	deletionsShare = 8
	leastDeletions = 256 << 10
)

// CanDelta says whether BeginDelta may be called: a checkpoint was begun before, and all changes since are known.
func (t *Segments) CanDelta() bool {
	return t.track != nil && !t.track.gone.lost && !t.track.held.lost
}

// BeginBase is BeginSnapshot for a checkpoint that later deltas follow.
func (t *Segments) BeginBase(emit func(firstKG, lastKG int, frame []byte)) {
	t.BeginSnapshot(emit)
	if t.track == nil {
		t.track = &tracking{marks: make([]marks, len(t.segs))}
		t.watch()
		return
	}
	t.track.shift(t.max)
}

// BeginDelta begins a snapshot of what has changed since the latest checkpoint that was confirmed: deleted is called at
// once with frames of keys, then emit, as in BeginSnapshot, with frames of entries, some of which may not have changed.
// Who applies it removes the keys first.
func (t *Segments) BeginDelta(deleted, emit func(firstKG, lastKG int, frame []byte)) {
	t.BeginSnapshot(emit)
	t.snapshot.delta = true
	t.track.shift(t.max)
	for _, f := range t.track.held.frames {
		deleted(f.firstKG, f.lastKG, slices.Clone(f.frame)) // the next delta may need it too
	}
}

// Confirm says that the base or delta that was begun last belongs to a complete checkpoint: the next delta follows it.
func (t *Segments) Confirm() {
	if t.track == nil {
		return
	}
	for i := range t.track.marks {
		t.track.marks[i].unconfirmed = [markWords]uint64{}
	}
	t.track.held = deletions{}
}

// shift lets the next generation of changes begin.
func (c *tracking) shift(maxParallelism int) {
	for i := range c.marks {
		c.marks[i].shift()
	}
	c.gone.flush(maxParallelism)
	c.held.frames = append(c.held.frames, c.gone.frames...)
	c.held.bytes += c.gone.bytes
	c.held.lost = c.held.lost || c.gone.lost
	c.gone = deletions{}
}

// noteDeleted remembers that the key in a slot of segment g is about to go.
func (t *Segments) noteDeleted(g *segment, s *slot) {
	d := &t.track.gone
	if d.lost {
		return
	}
	if d.bytes+t.track.held.bytes > max(leastDeletions, int(t.Bytes()/deletionsShare)) {
		*d = deletions{lost: true}
		t.track.held = deletions{lost: true}
		return
	}
	d.open.note(s.hash)
	before := len(d.open.buf)
	d.open.buf = t.appendKey(d.open.buf, g, t.keyAt(s))
	d.bytes += len(d.open.buf) - before
	if len(d.open.buf) == before && d.open.count > 1 { // the only key there is, once more
		d.open.count = 1
	}
	if len(d.open.buf) >= frameBytes {
		d.flush(t.max)
	}
}

func (d *deletions) flush(maxParallelism int) {
	d.open.flush(maxParallelism, func(firstKG, lastKG int, frame []byte) {
		d.frames = append(d.frames, keysFrame{firstKG, lastKG, frame})
	})
}

// unchanged says that the open snapshot is a delta that has nothing of segment n.
func (t *Segments) unchanged(n uint32) bool {
	return t.snapshot.delta && t.track.marks[n].empty()
}

// size is the memory of it in bytes; of none it is 0.
func (c *tracking) size() int64 {
	if c == nil {
		return 0
	}
	return int64(cap(c.marks))*int64(unsafe.Sizeof(marks{})) + int64(c.gone.bytes+c.held.bytes)
}
