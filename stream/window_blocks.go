package stream

import "github.com/weft-stream/weft/internal/state"

// blockResults gives the results of sliding windows of few slides whose accumulators
// can only be merged. The runs of aligned panes are merged into blocks of 4, 8, 16, …
// panes when a window first needs them; a window is the join of the few largest
// blocks that it consists of: about twice the logarithm of its number of panes.
//
// Blocks are no state: after a restore they are made of the panes anew.
type blockResults[K comparable, T, A, R any] struct {
	packer[K, T, A, R]
	join[K, A]
	blocks map[block][]state.Entry[K, A]
	widest int64 // panes of the widest block that a window can have

	toPack   *pane[K, A] // needed first
	making   block       // made of the join, width 0 if none is
	made     []state.Entry[K, A]
	emitting bool // the join is the window
}

// block is so many panes from the one with this number on, which is a multiple of the width.
type block struct{ first, width int64 }

// leastBlock is the number of panes below which merging them ahead does not pay.
const leastBlock = 4

func newBlockResults[K comparable, T, A, R any](w *paneWindow[K, T, A, R]) *blockResults[K, T, A, R] {
	r := &blockResults[K, T, A, R]{packer: packer[K, T, A, R]{w: w}, widest: 1}
	for 2*r.widest <= w.size/w.length {
		r.widest *= 2
	}
	r.join.merge = w.merged
	r.reset()
	return r
}

func (r *blockResults[K, T, A, R]) begin(int64) { r.emitting = false }

func (r *blockResults[K, T, A, R]) slice(keys int) (left int, done bool) {
	w := r.packer.w
	if !r.emitting {
		if keys, r.emitting = r.prepare(w.end-w.size, w.end, keys); !r.emitting {
			return 0, false
		}
	}
	return w.emitJoin(&r.join, keys)
}

// prepare puts the parts of a span of time into the join. It takes slices too.
func (r *blockResults[K, T, A, R]) prepare(from, to int64, keys int) (left int, ready bool) {
	for ; keys > 0; keys-- {
		switch {
		case r.toPack != nil:
			if keys, ready = r.pack(r.toPack, keys); ready {
				r.toPack = nil
			}
		case r.making.width > 0:
			keys = r.makeBlock(keys)
		default:
			r.parts = r.parts[:0]
			if r.cover(from, to) {
				return keys, true
			}
		}
	}
	return 0, false
}

// cover puts the parts of a span of time into the join. It returns false if something is
// to be packed or made first, which it has noted.
func (r *blockResults[K, T, A, R]) cover(from, to int64) bool {
	at, left := r.number(from), (to-from)/r.packer.w.length
	for left > 0 {
		width := int64(1)
		for 2*width <= left && at&(2*width-1) == 0 {
			width *= 2
		}
		parts, ready := r.add(r.parts, at, width)
		if !ready {
			return false
		}
		r.parts = parts
		at, left = at+width, left-width
	}
	return true
}

// add appends the run of a block to parts, or those of its panes if they are few.
func (r *blockResults[K, T, A, R]) add(parts []part[K, A], at, width int64) (_ []part[K, A], ready bool) {
	w := r.packer.w
	panes := w.between(r.startOf(at), r.startOf(at+width))
	if len(panes) < leastBlock {
		for _, p := range panes {
			if p.table != nil {
				r.toPack = p
				return nil, false
			}
			parts = append(parts, part[K, A]{entries: p.run.Entries()})
		}
		return parts, true
	}
	if entries, made := r.blocks[block{at, width}]; made {
		return append(parts, part[K, A]{entries: entries}), true
	}
	halves, ready := r.add(nil, at, width/2)
	if ready {
		halves, ready = r.add(halves, at+width/2, width/2)
	}
	if ready { // to be made
		r.parts, r.making = halves, block{at, width}
		r.made = make([]state.Entry[K, A], 0, r.longest())
	}
	return nil, false
}

func (r *blockResults[K, T, A, R]) makeBlock(keys int) (left int) {
	left, done := r.appendTo(&r.made, keys)
	if done {
		r.blocks[r.making] = r.made
		r.making, r.made = block{}, nil
	}
	return left
}

// number returns the number of the pane with this start.
func (r *blockResults[K, T, A, R]) number(start int64) int64 {
	w := r.packer.w
	return (start - w.offset) / w.length
}

func (r *blockResults[K, T, A, R]) startOf(number int64) int64 {
	w := r.packer.w
	return number*w.length + w.offset
}

func (r *blockResults[K, T, A, R]) late(p *pane[K, A], _ uint64, _ K, _ T, _ bool) { r.forget(p.start) }

// forget drops the blocks that a pane is in.
func (r *blockResults[K, T, A, R]) forget(start int64) {
	n := r.number(start)
	for width := int64(leastBlock); width <= r.widest; width *= 2 {
		delete(r.blocks, block{n &^ (width - 1), width})
	}
}

func (r *blockResults[K, T, A, R]) reset() {
	r.blocks = map[block][]state.Entry[K, A]{}
}
