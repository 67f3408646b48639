package state

import (
	"slices"
	"unsafe"
)

// spill is what a table needs to be larger than memory: where each of its segments is, and a clock over those in memory.
//
// The record path knows nothing of it: the place of a segment that is not there leads to a single free slot, absent, so a
// look-up ends as if the key were not in the table, and only then, where it would be inserted, the table looks again.
//
// Nor does it leave a trace when it uses a segment, which a clock needs. So the hand does what an operating system does on
// a processor that keeps no such traces: the segments that it passes are made to look absent, and if nobody has missed
// one by the next round, it goes. One that was missed is there still, and only its place is put right.
type spill struct {
	store  *Store
	absent place
	raw    bool   // slots hold no pointers: they are written as they are
	texts  *texts // of values whose only pointers are those of strings, else nil
	spots  []spot // by number of the segment
	frames []uint32
	vacant []uint32 // frames without a segment
	hand   int      // the frame that is examined next

	spare   []*slot  // memory of evicted segments of the usual size, to be used again
	missing []uint32 // of a batch
	buf     []byte   // of what is encoded, or read

	looked      segment // an evicted segment, read by view
	lookedSlots *slot
	lookedRoom  int // slots

	away    int // entries of evicted segments
	weight  entryWeight
	leaving bool // as soon as the open snapshot is done
}

// noSegment is what a frame without a segment has for its number.
const noSegment = ^uint32(0)

// mostSpare is how many segments' memory is kept for the next loads. A batch rarely needs more.
const mostSpare = 512

// SpillTo lets an empty table be larger than memory. The store must be of the same goroutine.
func (t *Segments) SpillTo(s *Store) {
	p := &spill{store: s}
	if t.pack != nil || t.keys.PointerFree() {
		p.raw, p.texts = t.vals.PointerFree(), newTexts(t.form.vals)
	}
	p.absent = place{t.makeSlots(1), 0}
	t.spill, t.absent = p, p.absent.slots
	for n := range t.segs {
		t.added(uint32(n))
	}
	s.join(t)
	t.watch()
}

// Leave takes a table that is not needed any more, but for a snapshot that is open, out of its store.
func (t *Segments) Leave() {
	switch {
	case t.spill == nil:
	case t.snapshot != nil:
		t.spill.leaving = true
	default:
		t.spill.leaving = false
		t.spill.store.leave(t)
	}
}

// added notes a new segment.
func (t *Segments) added(n uint32) {
	t.spill.spots = append(t.spill.spots, spot{})
	t.spill.frame(n)
}

// frame gives a segment in memory its turn under the hand: that of one that was evicted, which is the longest way.
func (p *spill) frame(n uint32) {
	if last := len(p.vacant) - 1; last >= 0 {
		p.frames[p.vacant[last]] = n
		p.vacant = p.vacant[:last]
		return
	}
	p.frames = append(p.frames, n)
}

// present sees to it that segment n is in memory and has its place.
func (t *Segments) present(n uint32) {
	if t.places[n].slots != t.absent {
		return
	}
	if t.segs[n].slots == nil {
		t.load(n)
	}
	t.places[n] = t.segs[n].place()
}

// changingOnDisk is present for a segment that is about to change: what is on disk of it is not true any more.
func (t *Segments) changingOnDisk(n uint32) {
	t.present(n)
	if s := &t.spill.spots[n]; s.size != 0 {
		t.spill.store.file.release(*s)
		s.size = 0
	}
}

// fetch loads the segments of a batch.
func (t *Segments) fetch(hashes []uint64) {
	p := t.spill
	p.missing = p.missing[:0]
	for _, hash := range hashes {
		n := t.segmentOf(hash)
		if t.places[n].slots != t.absent {
			continue
		}
		if t.segs[n].slots == nil {
			p.missing = append(p.missing, n)
			continue
		}
		t.places[n] = t.segs[n].place()
	}
	for _, n := range p.missing {
		t.present(n) // it may be in the batch twice
	}
}

// load reads an evicted segment.
func (t *Segments) load(n uint32) {
	p, g := t.spill, t.segs[n]
	at := p.spots[n]
	g.slots, g.n = t.makeSlots(int(at.slots)), int(at.slots)
	t.readSegment(at, g, false)
	t.slots += g.n
	t.bytes += int64(cap(g.arena.buf))
	p.away -= g.used
	p.frame(n)
	p.store.count.loads++
}

// view returns segment n to be read only, until the next call: an evicted one without taking it back into memory. What the
// values lead to may be kept.
func (t *Segments) view(n uint32) *segment { return t.look(n, false) }

// glance is view for a caller who keeps nothing.
func (t *Segments) glance(n uint32) *segment { return t.look(n, true) }

func (t *Segments) look(n uint32, shared bool) *segment {
	g := t.segs[n]
	if g.slots != nil {
		return g
	}
	p := t.spill
	at := p.spots[n]
	if p.lookedRoom < int(at.slots) {
		p.lookedSlots, p.lookedRoom = t.makeSlots(int(at.slots)), int(at.slots)
	}
	buf := p.looked.arena.buf[:0]
	p.looked = *g
	p.looked.slots, p.looked.n, p.looked.arena.buf = p.lookedSlots, int(at.slots), buf
	t.wipe(p.looked.slots, p.looked.n)
	t.readSegment(at, &p.looked, shared)
	return &p.looked
}

// readSegment reads what is at a spot into a segment, whose slots are as many as there were, and free. If shared its strings
// may lie in a buffer that is used again.
func (t *Segments) readSegment(at spot, g *segment, shared bool) {
	p := t.spill
	if p.raw {
		slots := t.slotBytes(g)
		if int(at.size) == len(slots) {
			p.store.check(p.store.file.read(at, slots))
			return
		}
		buf := p.room(int(at.size))
		p.store.check(p.store.file.read(at, buf))
		copy(slots, buf)
		g.arena.buf = append(g.arena.buf[:0], buf[len(slots):]...)
		return
	}
	buf := p.room(int(at.size))
	p.store.check(p.store.file.read(at, buf))
	g.arena.dead = 0
	if p.texts != nil {
		size, err := t.unfoldSegment(g, buf, shared)
		p.store.check(err)
		p.weight.note(g.used, size)
		return
	}
	p.store.check(t.decodeSegment(g, buf))
	p.weight.note(g.used, valueOverhead*len(buf))
}

// room is a buffer of so many bytes.
func (p *spill) room(n int) []byte {
	p.buf = slices.Grow(p.buf[:0], n)[:n]
	return p.buf
}

// evict takes a segment out of memory; it is written to the file unless it is there as it is.
func (t *Segments) evict(n uint32) {
	p, g := t.spill, t.segs[n]
	if p.spots[n].size == 0 {
		p.spots[n] = t.writeSegment(g)
	}
	t.slots -= g.n
	t.bytes -= int64(cap(g.arena.buf))
	p.away += g.used
	t.recycle(g.slots, g.n)
	g.slots, g.n, g.arena.buf = nil, 0, nil
	t.places[n] = p.absent
	p.store.count.evictions++
}

func (t *Segments) writeSegment(g *segment) spot {
	p := t.spill
	head, tail := []byte(nil), []byte(nil)
	switch {
	case p.raw:
		head, tail = t.slotBytes(g), g.arena.buf
	case p.texts != nil:
		p.buf = t.foldSegment(p.buf[:0], g)
		head = p.buf
	default:
		p.buf = t.encodeSegment(p.buf[:0], g)
		head = p.buf
	}
	at, err := p.store.file.write(uint32(g.n), head, tail)
	p.store.check(err)
	return at
}

// recycle keeps the memory of a segment of the usual size.
func (t *Segments) recycle(slots *slot, n int) {
	p := t.spill
	if n != t.full || len(p.spare) >= mostSpare {
		return
	}
	t.wipe(slots, n)
	p.spare = append(p.spare, slots)
}

// wipe frees so many slots.
func (t *Segments) wipe(first *slot, n int) {
	if t.pack == nil {
		t.typed.wipe(first, n)
		return
	}
	if t.spill != nil && t.spill.raw {
		clear(t.bytesOf(first, n))
		return
	}
	for j := range n {
		t.free((*slot)(unsafe.Add(unsafe.Pointer(first), uintptr(j)*t.form.size)))
	}
}

// reuse returns memory for so many slots, all free, or nil if there is none.
func (p *spill) reuse(full, n int) *slot {
	last := len(p.spare) - 1
	if n != full || last < 0 {
		return nil
	}
	slots := p.spare[last]
	p.spare = p.spare[:last]
	return slots
}

// slotBytes is the memory of a segment whose slots hold no pointers.
func (t *Segments) slotBytes(g *segment) []byte { return t.bytesOf(g.slots, g.n) }

func (t *Segments) bytesOf(first *slot, n int) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(first)), uintptr(n)*t.form.size)
}

// memory implements spilled.
func (t *Segments) memory() int64 {
	if !t.spill.raw {
		t.weigh()
	}
	return t.inMemory()
}

func (t *Segments) inMemory() int64 {
	return int64(t.slots)*int64(t.form.size) + t.bytes + t.spill.weight.of(t.count-t.spill.away)
}

// sweep implements spilled.
func (t *Segments) sweep(want int64) (freed int64, over bool) {
	p := t.spill
	before := t.inMemory()
	for ; p.hand < len(p.frames); p.hand++ {
		n := p.frames[p.hand]
		if n == noSegment {
			continue
		}
		if t.places[n].slots != t.absent {
			t.places[n] = p.absent
			continue
		}
		t.evict(n)
		p.frames[p.hand] = noSegment
		p.vacant = append(p.vacant, uint32(p.hand))
		if freed = before - t.inMemory(); freed >= want {
			p.hand++
			return freed, false
		}
	}
	p.hand = 0
	return freed, true
}

// drop implements spilled.
func (t *Segments) drop() {
	p := t.spill
	for _, s := range p.spots {
		if s.size != 0 {
			p.store.file.release(s)
		}
	}
	p.spots, p.frames, p.vacant, p.hand, p.away = p.spots[:0], p.frames[:0], p.vacant[:0], 0, 0
}
