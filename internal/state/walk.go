package state

// Clear removes all keys, for a next use with about as many: the segments stay, unless most of their slots were free. No
// snapshot may be open.
func (t *Segments) Clear() {
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
	t.watch()
}

func (t *Segments) empty(g *segment) {
	g.used, g.arena = 0, arena{}
	t.wipe(g.slots, g.n)
}
