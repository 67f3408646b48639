package state

import (
	"reflect"
	"unsafe"
)

func (t *Table[K, V]) newSegment(slots int, depth uint) *segment[K, V] {
	t.slots += slots
	return &segment[K, V]{slots: t.makeSlots(slots), depth: depth}
}

func (t *Table[K, V]) makeSlots(n int) []slot[K, V] {
	if t.spill != nil {
		if slots := t.spill.reuse(t.full, n); slots != nil {
			return slots
		}
	}
	if t.pack == nil {
		return make([]slot[K, V], n)
	}
	memory := reflect.MakeSlice(t.pack.slots, n, n).UnsafePointer()
	return unsafe.Slice((*slot[K, V])(memory), n)
}

func (s *segment[K, V]) place() place[K, V] {
	return place[K, V]{&s.slots[0], uint64(len(s.slots) - 1)}
}

// limit is how many entries a segment of so many slots may have: seven eighths, or a half while the table is so small that
// memory is no matter: then most keys are found in the first slot that is looked at, and a processor that expects that is
// seldom wrong. One slot is always free, so that probing ends.
func (t *Table[K, V]) limit(slots int) int {
	if t.count < roomyKeys {
		return slots / 2
	}
	return slots - slots/8
}

// at returns a slot. The index must not be above the mask.
func (p *place[K, V]) at(i uint64) *slot[K, V] {
	return (*slot[K, V])(unsafe.Add(unsafe.Pointer(p.slots), uintptr(i)*unsafe.Sizeof(slot[K, V]{})))
}

// find returns the slot of a key in segment n, where its hash belongs, or the free slot where it would go.
func (t *Table[K, V]) find(n uint32, hash uint64, k K) (s *slot[K, V], found bool) {
	p := &t.places[n]
	for j := hash & p.mask; ; j = (j + 1) & p.mask {
		s = p.at(j)
		if s.hash == hash {
			if t.pack == nil {
				if s.key == k {
					return s, true
				}
			} else if t.holds(n, s, k) {
				return s, true
			}
		}
		if s.hash == 0 {
			if s == t.absent {
				t.present(n)
				return t.find(n, hash, k)
			}
			return s, false
		}
	}
}

// holds says whether a slot of segment n has this key, which is packed.
func (t *Table[K, V]) holds(n uint32, s *slot[K, V], k K) bool {
	if t.text {
		have, short := shortText(unsafe.Pointer(&s.key))
		if !short { // only then: the segment itself is one more place to wait for
			have = textAt(&t.segs[n].arena, unsafe.Pointer(&s.key))
		}
		return have == *(*string)(unsafe.Pointer(&k))
	}
	var own K
	t.pack.peek(&t.segs[n].arena, &s.key, &own)
	return own == k
}

// free returns the free slot where a hash that is not in the segment goes.
func (p *place[K, V]) free(hash uint64) *slot[K, V] {
	for i := hash & p.mask; ; i = (i + 1) & p.mask {
		if s := p.at(i); s.hash == 0 {
			return s
		}
	}
}

// remove frees a slot of segment n and moves entries up that were pushed behind it, so that no
// marks of deleted entries are needed.
func (t *Table[K, V]) remove(n uint32, s *slot[K, V]) {
	p, g := &t.places[n], t.segs[n]
	if t.pack != nil {
		t.pack.drop(&g.arena, &s.key)
	}
	hole := (uint64(uintptr(unsafe.Pointer(s))-uintptr(unsafe.Pointer(p.slots))) / uint64(unsafe.Sizeof(*s))) & p.mask
	for j := (hole + 1) & p.mask; ; j = (j + 1) & p.mask {
		next := p.at(j)
		if next.hash == 0 {
			break
		}
		if (j-next.hash)&p.mask >= (j-hole)&p.mask { // its own place is not between the hole and here
			t.shiftUp(p.at(hole), next)
			hole = j
		}
	}
	t.clear(p.at(hole))
	if g.arena.dead > arenaDead && g.arena.dead > len(g.arena.buf)/2 {
		t.compact(g)
	}
}

// shiftUp moves an entry to another slot of its segment.
func (t *Table[K, V]) shiftUp(to, from *slot[K, V]) {
	if t.pack == nil {
		*to = *from
		return
	}
	to.hash, to.val = from.hash, from.val
	t.pack.copy(&to.key, &from.key)
}

func (t *Table[K, V]) clear(s *slot[K, V]) {
	if t.pack == nil {
		*s = slot[K, V]{}
		return
	}
	var none V
	s.hash, s.val = 0, none
}

// compact drops the bytes of deleted keys from a segment's arena.
func (t *Table[K, V]) compact(g *segment[K, V]) {
	old := g.arena
	t.bytes -= int64(cap(old.buf))
	g.arena = arena{buf: make([]byte, 0, len(old.buf)-old.dead)}
	for j := range g.slots {
		if s := &g.slots[j]; s.hash != 0 {
			t.pack.move(&g.arena, &s.key, &old, &s.key)
		}
	}
	t.bytes += int64(cap(g.arena.buf))
}

// insert puts a key into the free slot s of segment n, after making room if it is full.
func (t *Table[K, V]) insert(s *slot[K, V], n uint32, hash uint64, k K) *V {
	for t.segs[n].used >= t.limit(len(t.segs[n].slots)) {
		t.makeRoom(n, hash)
		n = t.segmentOf(hash)
		s = t.places[n].free(hash)
	}
	g := t.segs[n]
	g.used++
	t.count++
	s.hash = hash
	if t.pack != nil {
		room := cap(g.arena.buf)
		t.pack.store(&g.arena, &s.key, &k)
		t.bytes += int64(cap(g.arena.buf) - room)
		return &s.val
	}
	s.key = k
	if t.aliasing {
		t.keys.Clone(&s.key)
	}
	return &s.val
}

// makeRoom makes segment n, where a hash belongs, bigger, or splits it.
func (t *Table[K, V]) makeRoom(n uint32, hash uint64) {
	s := t.segs[n]
	if len(s.slots) < t.full {
		t.resize(n, 2*len(s.slots))
		return
	}
	if t.width(s) == 1 {
		if t.shift == 1 || 2*len(t.dir) > dirPerSegment*(len(t.segs)+1) {
			t.resize(n, 2*len(s.slots)) // its hashes are too alike to tell them apart
			return
		}
		t.doubleDirectory()
	}
	t.split(n, t.index(hash))
}

// resize gives segment n another number of slots.
func (t *Table[K, V]) resize(n uint32, slots int) {
	s := t.segs[n]
	old := *s
	t.slots += slots - len(old.slots)
	s.slots, s.used, s.arena = t.makeSlots(slots), 0, arena{}
	for j := range old.slots {
		if e := &old.slots[j]; e.hash != 0 {
			t.take(s, &old, e)
		}
	}
	t.replaced(&old)
	t.places[n] = s.place()
}

// take copies an entry of another segment, which the segment doesn't have, into it.
func (t *Table[K, V]) take(s, from *segment[K, V], e *slot[K, V]) {
	p := s.place()
	to := p.free(e.hash)
	s.used++
	if t.pack == nil {
		*to = *e
		return
	}
	room := cap(s.arena.buf)
	t.pack.move(&s.arena, &to.key, &from.arena, &e.key)
	t.bytes += int64(cap(s.arena.buf) - room)
	to.hash, to.val = e.hash, e.val
}

// replaced notes that a segment's memory is garbage.
func (t *Table[K, V]) replaced(s *segment[K, V]) {
	t.bytes -= int64(cap(s.arena.buf))
	if t.spill != nil {
		t.recycle(s.slots)
	}
}

func (t *Table[K, V]) doubleDirectory() {
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
// The halves count as written to the same snapshot. The lower one keeps the number.
func (t *Table[K, V]) split(n uint32, i uint64) {
	s := t.segs[n]
	bit := 63 - s.depth
	ones := 0
	for j := range s.slots {
		if e := &s.slots[j]; e.hash != 0 && t.position(e.hash)>>bit&1 == 1 {
			ones++
		}
	}
	halves := [2]*segment[K, V]{
		t.newSegment(t.slotsFor(s.used-ones), s.depth+1),
		t.newSegment(t.slotsFor(ones), s.depth+1),
	}
	for j := range s.slots {
		if e := &s.slots[j]; e.hash != 0 {
			t.take(halves[t.position(e.hash)>>bit&1], s, e)
		}
	}
	for _, half := range halves {
		half.saved = s.saved
	}
	upper := uint32(len(t.segs))
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
	t.slots -= len(s.slots)
}

// slotsFor is the size of a segment that gets n entries by a split: the full size unless hashes are uneven.
func (t *Table[K, V]) slotsFor(n int) int {
	slots := leastSlots
	for slots < t.full && slots < 4*n || t.limit(slots) <= n {
		slots *= 2
	}
	return slots
}
