package state

// Walk is Range a piece at a time: it calls f for each key of the next segments. All hashes of a later segment are higher.
// It is called with from 0 first and with the last call's next then, while there are more; the table must not change
// meanwhile.
func (t *Table[K, V]) Walk(from, segments int, f func(hash uint64, k K, v *V) bool) (next int, more bool) {
	for ; segments > 0 && from < len(t.dir); segments-- {
		g := t.view(t.dir[from])
		from += t.width(g)
		if !t.each(g, f) {
			break
		}
	}
	return from, from < len(t.dir)
}

// each calls f for the keys of a segment until it returns false, and says whether it never did.
func (t *Table[K, V]) each(g *segment[K, V], f func(hash uint64, k K, v *V) bool) bool {
	var text []byte
	if t.pack != nil {
		text = make([]byte, 0, t.textBytes(g))
	}
	for j := range g.slots {
		s := &g.slots[j]
		if s.hash == 0 {
			continue
		}
		var k K
		if t.pack == nil {
			k = s.key
		} else {
			t.pack.peek(&g.arena, &s.key, &k)
			text = t.pack.own(&k, text)
		}
		if !f(s.hash, k, &s.val) {
			return false
		}
	}
	return true
}

// Clear removes all keys, for a next use with about as many: the segments stay, unless most of their slots were free. No
// snapshot may be open.
func (t *Table[K, V]) Clear() {
	t.track = nil
	if t.spill != nil {
		t.drop()
	}
	if t.spill != nil || t.count < t.slots/8 {
		t.segs, t.places, t.slots = nil, nil, 0
		t.start()
	} else {
		for _, g := range t.segs {
			t.empty(g)
		}
	}
	t.count, t.bytes = 0, 0
}

func (t *Table[K, V]) empty(g *segment[K, V]) {
	g.used, g.arena = 0, arena{}
	t.wipe(g.slots)
}
