package stream

import (
	"slices"

	"github.com/weft-stream/weft/internal/state"
)

// suffixResults gives the results of windows that slide by a small part of their
// size and whose accumulators can only be merged. Windows that follow each other
// form a group. What is in all windows of a group, the middle, is folded once, by
// blocks. From there backwards, slide by slide, it is folded on into the suffixes:
// one for each window of the group, of what the window has up to the middle's
// end. What comes behind the middle is the prefix, which grows with each window.
//
// So a window is a suffix and the prefix. For each key it costs four merges
// or so, however many panes it has: into its suffix, its block, the prefix, and the
// result; and as much memory as a group has windows.
//
// Suffixes and the prefix are no state: after a restore they are made of the panes anew.
type suffixResults[K comparable, T, A, R any] struct {
	join[K, A]
	blocks *blockResults[K, T, A, R]
	count  int64 // windows of a group
	group  int64 // the start of its first window, noTime if nothing is made

	suffixes [][]state.Entry[K, A] // by window of the group; the last is the middle
	next     int64                 // the suffix to be made next, those after it are
	prefix   []state.Entry[K, A]
	until    int64 // the prefix is of the panes before

	folding bool // the join goes into made
	made    []state.Entry[K, A]
	spare   [][]state.Entry[K, A]
}

const (
	leastSlides = 16 // a window has to have for suffixes to pay
	mostWindows = 64 // of a group
)

func newSuffixResults[K comparable, T, A, R any](w *paneWindow[K, T, A, R]) *suffixResults[K, T, A, R] {
	r := &suffixResults[K, T, A, R]{blocks: newBlockResults(w), count: leastSlides / 4}
	for 2*r.count <= min(mostWindows, w.size/w.slide/4) {
		r.count *= 2
	}
	r.suffixes = make([][]state.Entry[K, A], r.count+1)
	r.join.merge = w.merged
	r.reset()
	return r
}

// middle returns the span of time that all windows of the group have in common.
func (r *suffixResults[K, T, A, R]) middle() (from, to int64) {
	w := r.blocks.w
	return r.group + r.count*w.slide, r.group + w.size
}

func (r *suffixResults[K, T, A, R]) begin(end int64) {
	w := r.blocks.w
	if group := floor(end-w.size, r.count*w.slide, w.offset); group != r.group {
		r.startOver()
		r.group = group
		_, r.until = r.middle()
	}
}

func (r *suffixResults[K, T, A, R]) slice(keys int) (left int, done bool) {
	w := r.blocks.w
	window := (w.end - w.size - r.group) / w.slide
	for keys > 0 {
		switch {
		case r.folding:
			if keys, done = r.appendTo(&r.made, keys); !done {
				return 0, false
			}
			r.folding, r.parts = false, r.parts[:0]
			if r.next >= window {
				r.suffixes[r.next] = r.made
				r.next--
			} else {
				r.recycle(r.prefix)
				r.prefix, r.until = r.made, w.end
			}
		case r.next >= window || r.until < w.end:
			if keys, done = r.gather(window, keys); !done {
				return 0, false
			}
			r.made, r.folding = r.buffer(r.longest()), true
		case len(r.parts) == 0:
			r.parts = append(r.parts, part[K, A]{entries: r.suffixes[window]}, part[K, A]{entries: r.prefix})
		default:
			if keys, done = w.emitJoin(&r.join, keys); done {
				r.recycle(r.suffixes[window])
				r.suffixes[window], r.parts = nil, r.parts[:0]
			}
			return keys, done
		}
	}
	return 0, false
}

// gather puts into the join what the next suffix, or else the prefix, is made of.
func (r *suffixResults[K, T, A, R]) gather(window int64, keys int) (left int, done bool) {
	w := r.blocks.w
	from, to := r.middle()
	r.parts = r.parts[:0]
	switch {
	case r.next == r.count:
		keys, done = r.blocks.prepare(from, to, keys)
		r.parts = append(r.parts, r.blocks.parts...)
		return keys, done
	case r.next >= window:
		start := r.group + r.next*w.slide
		if keys, done = r.runs(start, start+w.slide, keys); done {
			r.parts = append(r.parts, part[K, A]{entries: r.suffixes[r.next+1]})
		}
		return keys, done
	}
	r.parts = append(r.parts, part[K, A]{entries: r.prefix})
	return r.runs(r.until, w.end, keys)
}

// runs appends the panes of a span of time to the parts of the join.
func (r *suffixResults[K, T, A, R]) runs(from, to int64, keys int) (left int, done bool) {
	for _, p := range r.blocks.w.between(from, to) {
		if keys, done = r.blocks.pack(p, keys); !done {
			return 0, false
		}
		r.parts = append(r.parts, part[K, A]{entries: p.run.Entries()})
	}
	return keys, true
}

// buffer returns an empty run with room for so many keys.
func (r *suffixResults[K, T, A, R]) buffer(keys int) []state.Entry[K, A] {
	var b []state.Entry[K, A]
	if n := len(r.spare); n > 0 {
		b, r.spare = r.spare[n-1], r.spare[:n-1]
	}
	return slices.Grow(b, keys)
}

func (r *suffixResults[K, T, A, R]) recycle(b []state.Entry[K, A]) {
	if cap(b) > 0 {
		r.spare = append(r.spare, b[:0])
	}
}

// late forgets what the pane is in.
func (r *suffixResults[K, T, A, R]) late(p *pane[K, A], _ uint64, _ K, _ T, _ bool) {
	r.blocks.forget(p.start)
	switch _, end := r.middle(); {
	case r.group == noTime || p.start < r.group:
	case p.start < end:
		r.startOver()
	case p.start < r.until:
		r.prefix, r.until = r.prefix[:0], end
	}
}

func (r *suffixResults[K, T, A, R]) forget(start int64) { r.blocks.forget(start) }

// startOver forgets the group.
func (r *suffixResults[K, T, A, R]) startOver() {
	for i := range r.suffixes {
		r.recycle(r.suffixes[i])
		r.suffixes[i] = nil
	}
	r.group, r.next, r.prefix = noTime, r.count, r.prefix[:0]
}

func (r *suffixResults[K, T, A, R]) reset() {
	r.blocks.reset()
	r.startOver()
	r.prefix, r.made, r.spare, r.parts, r.folding = nil, nil, nil, nil, false
}
