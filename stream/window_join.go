package stream

import "github.com/weft-stream/weft/internal/state"

// join goes through sorted runs side by side, key by key in ascending order of
// hashes, and folds each key's accumulators into one: those of parts in their
// order, then, if it is asked for, those of minus out again.
type join[K comparable, A any] struct {
	parts, minus []part[K, A]
	groups       []group[K, A] // the keys of the current hash: nearly always one
	merge        func(acc A, first bool, part *A) A
	subtract     func(acc, part A) A
}

// part is a run in a join.
type part[K comparable, A any] struct {
	entries []state.Entry[K, A]
	panes   []uint32 // how many panes each entry is the sum of; nil for one each
	at      int
}

// group is what a join has of one key.
type group[K comparable, A any] struct {
	key   K
	acc   A
	panes uint32 // that acc is the sum of
}

// fold goes on to the next hash and folds its parts. It returns false at the end.
func (j *join[K, A]) fold() (hash uint64, ok bool) {
	if len(j.parts) == 2 {
		if hash, ok = j.foldPair(&j.parts[0], &j.parts[1]); ok {
			return hash, true
		}
	}
	for i := range j.parts {
		if p := &j.parts[i]; p.at < len(p.entries) {
			if h := p.entries[p.at].Hash; !ok || h < hash {
				hash, ok = h, true
			}
		}
	}
	j.groups = j.groups[:0]
	for i := range j.parts {
		p := &j.parts[i]
		for p.at < len(p.entries) && p.entries[p.at].Hash == hash {
			e := &p.entries[p.at]
			g, first := j.group(e.Key)
			g.acc = j.merge(g.acc, first, &e.Val)
			g.panes += p.count()
			p.at++
		}
	}
	return hash, ok
}

// foldPair is fold for what two parts nearly always have next: one entry of a hash
// each, of the same key, or one of a lower hash in one of them. Else it returns false.
func (j *join[K, A]) foldPair(a, b *part[K, A]) (hash uint64, ok bool) {
	if a.at >= len(a.entries) || b.at >= len(b.entries) {
		return 0, false
	}
	x, y := &a.entries[a.at], &b.entries[b.at]
	both := x.Hash == y.Hash
	if y.Hash < x.Hash {
		x, a = y, b
	}
	if both && x.Key != y.Key || a.repeats(x.Hash) || both && b.repeats(x.Hash) {
		return 0, false
	}
	g := group[K, A]{key: x.Key, panes: a.count()}
	g.acc = j.merge(g.acc, true, &x.Val)
	a.at++
	if both {
		g.acc = j.merge(g.acc, false, &y.Val)
		g.panes += b.count()
		b.at++
	}
	j.groups = append(j.groups[:0], g)
	return x.Hash, true
}

// appendTo folds all into a run, a slice at a time. Each key costs a part of what an emitted one does.
func (j *join[K, A]) appendTo(run *[]state.Entry[K, A], keys int) (left int, done bool) {
	for most := keys * movedPerKey; most > 0; most-- {
		hash, ok := j.fold()
		if !ok {
			return min(keys, most), true
		}
		for i := range j.groups {
			*run = append(*run, state.Entry[K, A]{Hash: hash, Key: j.groups[i].key, Val: j.groups[i].acc})
		}
	}
	return 0, false
}

// emitJoin emits the results of what a join folds, a slice at a time.
func (w *paneWindow[K, T, A, R]) emitJoin(j *join[K, A], keys int) (left int, done bool) {
	for ; keys > 0; keys-- {
		hash, ok := j.fold()
		if !ok {
			return keys, true
		}
		if w.clock.wasClosed(hash, w.end) {
			continue
		}
		for i := range j.groups {
			w.emitResult(j.groups[i].key, w.end-w.size, w.end, j.groups[i].acc)
		}
	}
	return 0, false
}

// repeats tells whether the entry after the next one has this hash too.
func (p *part[K, A]) repeats(hash uint64) bool {
	return p.at+1 < len(p.entries) && p.entries[p.at+1].Hash == hash
}

// takeAway folds the parts of minus out of the current groups.
func (j *join[K, A]) takeAway(hash uint64) {
	for i := range j.minus {
		p := &j.minus[i]
		for p.at < len(p.entries) && p.entries[p.at].Hash == hash {
			e := &p.entries[p.at]
			g, _ := j.group(e.Key)
			g.acc = j.subtract(g.acc, e.Val)
			g.panes -= p.count()
			p.at++
		}
	}
}

func (p *part[K, A]) count() uint32 {
	if p.panes == nil {
		return 1
	}
	return p.panes[p.at]
}

func (j *join[K, A]) group(key K) (g *group[K, A], first bool) {
	for i := range j.groups {
		if j.groups[i].key == key {
			return &j.groups[i], false
		}
	}
	j.groups = append(j.groups, group[K, A]{key: key})
	return &j.groups[len(j.groups)-1], true
}

// longest returns the number of entries of the longest part.
func (j *join[K, A]) longest() int {
	n := 0
	for i := range j.parts {
		n = max(n, len(j.parts[i].entries))
	}
	return n
}

// packer turns the tables of closed panes into runs, one after the other.
type packer[K comparable, T, A, R any] struct {
	w     *paneWindow[K, T, A, R]
	run   *state.Run[K, A] // of the pane that is half done
	place int              // where to go on in its table
}

// movedPerKey is how many accumulators may be moved instead of making one result.
const movedPerKey = 4

// pack goes on with a pane for about so many keys.
func (k *packer[K, T, A, R]) pack(p *pane[K, A], keys int) (left int, done bool) {
	if p.table == nil {
		return keys, true
	}
	if k.run == nil {
		k.settle(p)
		k.run, k.place = state.NewRun(p.table), 0
	}
	for more := true; more; {
		if keys <= 0 {
			return 0, false
		}
		had := len(k.run.Entries())
		k.place, more = k.run.Fill(p.table, k.place, 1)
		keys -= 1 + (len(k.run.Entries())-had)/movedPerKey
	}
	if p.run != nil {
		k.run = p.run.With(k.run)
	}
	k.w.spare.give(p.table)
	p.run, p.table, k.run = k.run, nil, nil
	return keys, true
}

// settle writes a pane to the open snapshot, if there is one and the pane's
// accumulators share something with those of the run to be: a late record that
// changes the run would change what is still to be written.
func (k *packer[K, T, A, R]) settle(p *pane[K, A]) {
	if !k.w.shares {
		return
	}
	for !p.table.Segments.StepSnapshot(segmentsPerStep) {
	}
	for p.run != nil && !p.run.StepSnapshot(segmentsPerStep) {
	}
}
