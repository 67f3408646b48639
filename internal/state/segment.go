package state

import "unsafe"

func (t *Table[K, V]) newSegment(slots int, depth uint) *segment[K, V] {
	t.nsegs++
	t.slots += slots
	return &segment[K, V]{slots: make([]slot[K, V], slots), depth: depth}
}

func (s *segment[K, V]) place() place[K, V] {
	return place[K, V]{&s.slots[0], uint64(len(s.slots) - 1)}
}

// limit is how many entries a segment of so many slots may have: seven eighths. One slot is always free, so that
// probing ends.
func limit(slots int) int { return slots - slots/8 }

// at returns a slot. The index must not be above the mask.
func (p *place[K, V]) at(i uint64) *slot[K, V] {
	return (*slot[K, V])(unsafe.Add(unsafe.Pointer(p.slots), uintptr(i)*unsafe.Sizeof(slot[K, V]{})))
}

// find returns the slot of a key, or the free slot where it would go.
func (p *place[K, V]) find(hash uint64, k K) (s *slot[K, V], found bool) {
	for i := hash & p.mask; ; i = (i + 1) & p.mask {
		s = p.at(i)
		if s.hash == hash && s.key == k {
			return s, true
		}
		if s.hash == 0 {
			return s, false
		}
	}
}

// free returns the free slot where a hash that is not in the segment goes.
func (p *place[K, V]) free(hash uint64) *slot[K, V] {
	for i := hash & p.mask; ; i = (i + 1) & p.mask {
		if s := p.at(i); s.hash == 0 {
			return s
		}
	}
}

// remove frees a slot and moves entries up that were pushed behind it, so that no marks of deleted entries are needed.
func (p *place[K, V]) remove(s *slot[K, V]) {
	hole := (uint64(uintptr(unsafe.Pointer(s))-uintptr(unsafe.Pointer(p.slots))) / uint64(unsafe.Sizeof(*s))) & p.mask
	for i := (hole + 1) & p.mask; ; i = (i + 1) & p.mask {
		next := p.at(i)
		if next.hash == 0 {
			break
		}
		if (i-next.hash)&p.mask >= (i-hole)&p.mask { // its own place is not between the hole and here
			*p.at(hole) = *next
			hole = i
		}
	}
	*p.at(hole) = slot[K, V]{}
}

// insert puts a key into the free slot s of the segment at directory entry i, after making room if it is full.
func (t *Table[K, V]) insert(s *slot[K, V], i, hash uint64, k K) *V {
	for t.segs[i].used >= limit(len(t.segs[i].slots)) {
		t.makeRoom(i)
		i = t.index(hash)
		s = t.dir[i].free(hash)
	}
	t.segs[i].used++
	t.count++
	t.bytes += t.keyBytes(&k)
	s.hash, s.key = hash, k
	if t.aliasing {
		t.keys.Clone(&s.key)
	}
	return &s.val
}

// makeRoom makes the segment at directory entry i bigger, or splits it.
func (t *Table[K, V]) makeRoom(i uint64) {
	s := t.segs[i]
	if len(s.slots) < t.full {
		t.resize(i, 2*len(s.slots))
		return
	}
	if t.width(s) == 1 {
		if t.shift == 1 || 2*len(t.dir) > dirPerSegment*(t.nsegs+1) {
			t.resize(i, 2*len(s.slots)) // its hashes are too alike to tell them apart
			return
		}
		t.doubleDirectory()
		i *= 2
	}
	t.split(i)
}

// resize gives the segment at directory entry i another number of slots.
func (t *Table[K, V]) resize(i uint64, slots int) {
	s := t.segs[i]
	old := s.slots
	t.slots += slots - len(old)
	s.slots = make([]slot[K, V], slots)
	s.used = 0
	for j := range old {
		if old[j].hash != 0 {
			s.take(&old[j])
		}
	}
	t.publish(i, s)
}

// take copies an entry that the segment doesn't have into it.
func (s *segment[K, V]) take(e *slot[K, V]) {
	p := s.place()
	*p.free(e.hash) = *e
	s.used++
}

// publish makes the directory entries around i that belong to s point to it.
func (t *Table[K, V]) publish(i uint64, s *segment[K, V]) {
	n := t.width(s)
	first := int(i) &^ (n - 1)
	for j := first; j < first+n; j++ {
		t.segs[j], t.dir[j] = s, s.place()
	}
}

func (t *Table[K, V]) doubleDirectory() {
	dir, segs := make([]place[K, V], 2*len(t.dir)), make([]*segment[K, V], 2*len(t.dir))
	for i := range dir {
		dir[i], segs[i] = t.dir[i/2], t.segs[i/2]
	}
	t.dir, t.segs = dir, segs
	t.shift--
	t.snapshot.cursor *= 2
}

// split divides the segment at directory entry i, which has at least two entries, by the next bit of the position. The
// halves count as written to the same snapshot.
func (t *Table[K, V]) split(i uint64) {
	s := t.segs[i]
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
			halves[t.position(e.hash)>>bit&1].take(e)
		}
	}
	n := t.width(s)
	first := i &^ uint64(n-1)
	for h, half := range halves {
		half.saved = s.saved
		t.publish(first+uint64(h*n/2), half)
	}
	t.nsegs--
	t.slots -= len(s.slots)
}

// slotsFor is the size of a segment that gets n entries by a split: the full size unless hashes are uneven.
func (t *Table[K, V]) slotsFor(n int) int {
	slots := leastSlots
	for slots < t.full && slots < 4*n || limit(slots) <= n {
		slots *= 2
	}
	return slots
}
