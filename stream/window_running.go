package stream

import (
	"cmp"
	"slices"

	"github.com/weft-stream/weft/internal/state"
)

// runningResults gives the results of sliding windows whose accumulators can be
// taken out of each other again: the sum over the window is kept, as a run. To
// close a window is one pass over it, in which the panes that are new are folded
// in, the results are emitted, and the panes that no later window has are folded
// out. So it costs the same however many panes the window has.
//
// The sum is no state: after a restore it is made of the panes anew.
type runningResults[K comparable, T, A, R any] struct {
	packer[K, T, A, R]
	join[K, A]
	sum, made sums[K, A]
	from, to  int64             // the sum is of the panes that start in from to to
	added     map[K]*lateSum[A] // to panes of the sum since then

	waiting     []*pane[K, A] // to be packed
	plus, minus []part[K, A]  // yet to be folded in and out
	stage       runningStage
}

type sums[K comparable, A any] struct {
	entries []state.Entry[K, A]
	panes   []uint32
}

// lateSum is what late records of a key have added.
type lateSum[A any] struct {
	hash  uint64
	acc   A
	panes uint32 // where the key is new
}

// ranked is the place of a late sum, to be put in the order of hashes.
type ranked struct {
	hash uint64
	at   int
}

type runningStage int

const (
	packing  runningStage = iota
	adding                // panes to the sum, without results
	emitting              // and folding in the last panes, and folding out the first
	removing              // panes from the sum, after the results
)

// partsPerPass bounds how many runs are gone through side by side.
const partsPerPass = 16

func newRunningResults[K comparable, T, A, R any](w *paneWindow[K, T, A, R]) *runningResults[K, T, A, R] {
	r := &runningResults[K, T, A, R]{packer: packer[K, T, A, R]{w: w}}
	r.join.merge, r.join.subtract = w.merged, w.fold.subtract
	r.reset()
	return r
}

func (r *runningResults[K, T, A, R]) begin(end int64) {
	w := r.packer.w
	if from := end - w.size; r.from != from {
		r.reset()
		r.from, r.to = from, from
	}
	r.waiting = append(r.waiting[:0], w.between(r.from, r.from+w.slide)...)
	r.waiting = append(r.waiting, w.between(max(r.to, r.from+w.slide), end)...)
	r.stage = packing
}

func (r *runningResults[K, T, A, R]) slice(keys int) (left int, done bool) {
	if r.stage == packing {
		for len(r.waiting) > 0 {
			if keys, done = r.pack(r.waiting[0], keys); !done {
				return 0, false
			}
			r.waiting = r.waiting[1:]
		}
		r.plan()
		r.nextPass()
	}
	for {
		if keys = r.pass(keys); keys <= 0 {
			return 0, false
		}
		if r.sum, r.made = r.made, r.sum; !r.nextPass() {
			break
		}
	}
	w := r.packer.w
	r.from, r.to = r.from+w.slide, w.end
	return keys, true
}

// plan notes which runs are to be folded in and out.
func (r *runningResults[K, T, A, R]) plan() {
	w := r.packer.w
	r.plus, r.minus, r.stage = r.plus[:0], r.minus[:0], adding
	if len(r.added) > 0 {
		r.plus = append(r.plus, r.lateParts())
		clear(r.added)
	}
	for _, p := range w.between(r.to, w.end) {
		r.plus = append(r.plus, part[K, A]{entries: p.run.Entries()})
	}
	for _, p := range w.between(r.from, r.from+w.slide) {
		r.minus = append(r.minus, part[K, A]{entries: p.run.Entries()})
	}
}

func (r *runningResults[K, T, A, R]) lateParts() part[K, A] {
	order := make([]ranked, 0, len(r.added))
	all := make([]state.Entry[K, *lateSum[A]], 0, len(r.added))
	for key, l := range r.added {
		order = append(order, ranked{l.hash, len(all)})
		all = append(all, state.Entry[K, *lateSum[A]]{Key: key, Val: l})
	}
	slices.SortFunc(order, func(a, b ranked) int { return cmp.Compare(a.hash, b.hash) })
	p := part[K, A]{panes: make([]uint32, 0, len(all))}
	for _, at := range order {
		e := &all[at.at]
		p.entries = append(p.entries, state.Entry[K, A]{Hash: at.hash, Key: e.Key, Val: e.Val.acc})
		p.panes = append(p.panes, e.Val.panes)
	}
	return p
}

// nextPass prepares the next pass over the sum. It returns false if there is none.
func (r *runningResults[K, T, A, R]) nextPass() bool {
	switch {
	case r.stage == emitting || r.stage == removing:
		if r.stage = removing; len(r.minus) == 0 {
			return false
		}
	case len(r.plus) < partsPerPass:
		r.stage = emitting
	}
	j := &r.join
	j.parts = append(j.parts[:0], part[K, A]{entries: r.sum.entries, panes: r.sum.panes})
	n := min(partsPerPass-1, len(r.plus))
	j.parts, r.plus = append(j.parts, r.plus[:n]...), r.plus[n:]
	j.minus = j.minus[:0]
	if r.stage != adding {
		n = min(partsPerPass, len(r.minus))
		j.minus, r.minus = append(j.minus, r.minus[:n]...), r.minus[n:]
	}
	r.made.entries = slices.Grow(r.made.entries[:0], j.longest())
	r.made.panes = slices.Grow(r.made.panes[:0], j.longest())
	return true
}

// pass goes on with a pass for about so many keys and returns how many are left; 0 if it is not done.
func (r *runningResults[K, T, A, R]) pass(keys int) (left int) {
	w := r.packer.w
	most := keys
	if r.stage != emitting {
		most *= movedPerKey
	}
	for ; most > 0; most-- {
		hash, ok := r.fold()
		if !ok {
			return min(keys, most)
		}
		if r.stage == emitting && !w.clock.wasClosed(hash, w.end) {
			for i := range r.groups {
				g := &r.groups[i]
				w.emitResult(g.key, w.end-w.size, w.end, w.copied(&g.acc))
			}
		}
		r.takeAway(hash)
		for i := range r.groups {
			if g := &r.groups[i]; g.panes > 0 {
				r.made.entries = append(r.made.entries, state.Entry[K, A]{Hash: hash, Key: g.key, Val: g.acc})
				r.made.panes = append(r.made.panes, g.panes)
			}
		}
	}
	return 0
}

func (r *runningResults[K, T, A, R]) late(p *pane[K, A], hash uint64, key K, v T, isNew bool) {
	if p.start < r.from || p.start >= r.to {
		return
	}
	l := r.added[key]
	first := l == nil
	if first {
		l = &lateSum[A]{hash: max(hash, 1)} // as tables report it
		r.added[key] = l
	}
	r.packer.w.addTo(&l.acc, first, v)
	if isNew {
		l.panes++
	}
}

func (r *runningResults[K, T, A, R]) forget(int64) {} // it was folded out when its last window closed

func (r *runningResults[K, T, A, R]) reset() {
	r.sum, r.made = sums[K, A]{}, sums[K, A]{}
	r.from, r.to, r.added = noTime, noTime, map[K]*lateSum[A]{}
}
