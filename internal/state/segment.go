package state

import (
	"reflect"
	"unsafe"
)

func (t *Segments) newSegment(slots int, depth uint) *segment {
	t.slots += slots
	return &segment{slots: t.makeSlots(slots), n: slots, depth: depth}
}

func (t *Segments) makeSlots(n int) *slot {
	if t.spill != nil {
		if slots := t.spill.reuse(t.full, n); slots != nil {
			return slots
		}
	}
	slots := t.form.slots
	if t.pack != nil {
		slots = t.pack.slots
	}
	return (*slot)(reflect.MakeSlice(slots, n, n).UnsafePointer())
}

func (s *segment) place() place { return place{s.slots, uint64(s.n - 1)} }

// slotOf returns slot i of a segment.
func (t *Segments) slotOf(g *segment, i int) *slot {
	return (*slot)(unsafe.Add(unsafe.Pointer(g.slots), uintptr(i)*t.form.size))
}

func (t *Segments) keyAt(s *slot) unsafe.Pointer { return unsafe.Add(unsafe.Pointer(s), t.form.key) }

func (t *Segments) valAt(s *slot) unsafe.Pointer { return unsafe.Add(unsafe.Pointer(s), t.form.val) }

// limit is how many entries a segment of so many slots may have: seven eighths, or a half while the table is so small that
// memory is no matter: then most keys are found in the first slot that is looked at, and a processor that expects that is
// seldom wrong. One slot is always free, so that probing ends.
func (t *Segments) limit(slots int) int {
	if t.count < roomyKeys {
		return slots / 2
	}
	return slots - slots/8
}

// at returns a slot. The index must not be above the mask.
func (p *place) at(i uint64, size uintptr) *slot {
	return (*slot)(unsafe.Add(unsafe.Pointer(p.slots), uintptr(i)*size))
}

// likely returns the slot of a hash, if it is the one where it belongs or the next one, as for almost all it is. Which of
// the two cannot be predicted: a number is added, so that the processor need not guess.
func (p *place) likely(hash uint64, size uintptr) *slot {
	second := uint64(0)
	if p.at(hash&p.mask, size).hash != hash {
		second = 1
	}
	return p.at((hash+second)&p.mask, size)
}

// free returns the free slot where a hash that is not in the segment goes.
func (p *place) free(hash uint64, size uintptr) *slot {
	for i := hash & p.mask; ; i = (i + 1) & p.mask {
		if s := p.at(i, size); s.hash == 0 {
			return s
		}
	}
}

// remove takes the entry in a slot of segment n away.
func (t *Segments) remove(n uint32, s *slot) {
	if t.spill != nil {
		t.changingOnDisk(n)
	}
	if t.snapshot != nil {
		t.protect(n, s.hash)
	}
	if t.track != nil {
		t.noteDeleted(t.segs[n], s)
	}
	t.vacate(n, s)
	t.segs[n].used--
	t.count--
}

// vacate frees a slot of segment n and moves entries up that were pushed behind it, so that no
// marks of deleted entries are needed.
func (t *Segments) vacate(n uint32, s *slot) {
	p, g, size := &t.places[n], t.segs[n], t.form.size
	if t.pack != nil {
		t.pack.drop(&g.arena, t.keyAt(s))
	}
	hole := (uint64(uintptr(unsafe.Pointer(s))-uintptr(unsafe.Pointer(p.slots))) / uint64(size)) & p.mask
	for j := (hole + 1) & p.mask; ; j = (j + 1) & p.mask {
		next := p.at(j, size)
		if next.hash == 0 {
			break
		}
		if (j-next.hash)&p.mask >= (j-hole)&p.mask { // its own place is not between the hole and here
			t.shiftUp(p.at(hole, size), next)
			hole = j
		}
	}
	t.free(p.at(hole, size))
	if g.arena.dead > arenaDead && g.arena.dead > len(g.arena.buf)/2 {
		t.compact(g)
	}
}

// shiftUp moves an entry to another slot of its segment.
func (t *Segments) shiftUp(to, from *slot) {
	if t.pack == nil {
		t.typed.move(to, from)
		return
	}
	to.hash = from.hash
	t.typed.moveValue(t.valAt(to), t.valAt(from))
	t.pack.copy(t.keyAt(to), t.keyAt(from))
}

// free frees a slot. A packed key means nothing where the hash is 0.
func (t *Segments) free(s *slot) {
	if t.pack == nil {
		t.typed.wipe(s, 1)
		return
	}
	s.hash = 0
	t.typed.wipeValue(t.valAt(s))
}

// compact drops the bytes of deleted keys from a segment's arena.
func (t *Segments) compact(g *segment) {
	old := g.arena
	t.bytes -= int64(cap(old.buf))
	g.arena = arena{buf: make([]byte, 0, len(old.buf)-old.dead)}
	for j := range g.n {
		if s := t.slotOf(g, j); s.hash != 0 {
			t.pack.move(&g.arena, t.keyAt(s), &old, t.keyAt(s))
		}
	}
	t.bytes += int64(cap(g.arena.buf))
}

// admit takes a free slot for a hash that segment n does not have, s if there is room, and returns it with the number of
// its segment. Its key and value are still zero.
func (t *Segments) admit(s *slot, n uint32, hash uint64) (*slot, uint32) {
	for t.segs[n].used >= t.limit(t.segs[n].n) {
		t.makeRoom(n, hash)
		n = t.segmentOf(hash)
		s = t.places[n].free(hash, t.form.size)
	}
	t.segs[n].used++
	t.count++
	s.hash = hash
	return s, n
}

// storeKey packs a key into a slot's of segment n.
func (t *Segments) storeKey(n uint32, key, k unsafe.Pointer) {
	g := t.segs[n]
	room := cap(g.arena.buf)
	t.pack.store(&g.arena, key, k)
	t.bytes += int64(cap(g.arena.buf) - room)
}

// makeRoom makes segment n, where a hash belongs, bigger, or splits it.
func (t *Segments) makeRoom(n uint32, hash uint64) {
	s := t.segs[n]
	if s.n < t.full {
		t.resize(n, 2*s.n)
		return
	}
	if t.width(s) == 1 {
		if t.shift == 1 || 2*len(t.dir) > dirPerSegment*(len(t.segs)+1) {
			t.resize(n, 2*s.n) // its hashes are too alike to tell them apart
			return
		}
		t.doubleDirectory()
	}
	t.split(n, t.index(hash))
}

// resize gives segment n another number of slots.
func (t *Segments) resize(n uint32, slots int) {
	s := t.segs[n]
	old := *s
	t.slots += slots - old.n
	s.slots, s.n, s.used, s.arena = t.makeSlots(slots), slots, 0, arena{}
	for j := range old.n {
		if e := t.slotOf(&old, j); e.hash != 0 {
			t.take(s, &old, e)
		}
	}
	t.replaced(&old)
	t.places[n] = s.place()
}

// take copies an entry of another segment, which the segment doesn't have, into it.
func (t *Segments) take(s, from *segment, e *slot) {
	p := s.place()
	to := p.free(e.hash, t.form.size)
	s.used++
	if t.pack == nil {
		t.typed.move(to, e)
		return
	}
	room := cap(s.arena.buf)
	t.pack.move(&s.arena, t.keyAt(to), &from.arena, t.keyAt(e))
	t.bytes += int64(cap(s.arena.buf) - room)
	to.hash = e.hash
	t.typed.moveValue(t.valAt(to), t.valAt(e))
}

// replaced notes that a segment's memory is garbage.
func (t *Segments) replaced(s *segment) {
	t.bytes -= int64(cap(s.arena.buf))
	if t.spill != nil {
		t.recycle(s.slots, s.n)
	}
}

func (t *Segments) doubleDirectory() {
	dir := make([]uint32, 2*len(t.dir))
	for i, n := range t.dir {
		dir[2*i], dir[2*i+1] = n, n
	}
	t.dir = dir
	t.shift--
	if t.snapshot != nil {
		t.snapshot.cursor *= 2
	}
}

// split divides segment n, which has at least two directory entries, entry i among them, by the next bit of the position.
// To the open snapshot both are what the whole was. The lower one keeps the number.
func (t *Segments) split(n uint32, i uint64) {
	s := t.segs[n]
	bit := 63 - s.depth
	ones := 0
	for j := range s.n {
		if e := t.slotOf(s, j); e.hash != 0 && t.position(e.hash)>>bit&1 == 1 {
			ones++
		}
	}
	halves := [2]*segment{
		t.newSegment(t.slotsFor(s.used-ones), s.depth+1),
		t.newSegment(t.slotsFor(ones), s.depth+1),
	}
	for j := range s.n {
		if e := t.slotOf(s, j); e.hash != 0 {
			t.take(halves[t.position(e.hash)>>bit&1], s, e)
		}
	}
	upper := uint32(len(t.segs))
	if t.snapshot != nil {
		t.snapshot.saved.copy(upper, n)
	}
	t.segs = append(t.segs, halves[1])
	t.places = append(t.places, halves[1].place())
	t.segs[n], t.places[n] = halves[0], halves[0].place()
	if t.spill != nil {
		t.added(upper)
	}
	if t.track != nil {
		t.track.marks = append(t.track.marks, t.track.marks[n])
	}
	width := uint64(t.width(s))
	for j := i&^(width-1) + width/2; j < i|(width-1)+1; j++ {
		t.dir[j] = upper
	}
	t.replaced(s)
	t.slots -= s.n
}

// slotsFor is the size of a segment that gets n entries by a split: the full size unless hashes are uneven.
func (t *Segments) slotsFor(n int) int {
	slots := leastSlots
	for slots < t.full && slots < 4*n || t.limit(slots) <= n {
		slots *= 2
	}
	return slots
}
