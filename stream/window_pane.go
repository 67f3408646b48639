package stream

import (
	"slices"

	"github.com/weft-stream/weft/internal/state"
	"github.com/weft-stream/weft/internal/task"
)

// paneWindow evaluates tumbling and sliding windows. Time is cut into panes, as
// long as the greatest span that divides both size and slide; each pane has a
// table with one accumulator for each key, so a record is folded in once,
// however many windows it belongs to. A window that closes merges its panes.
type paneWindow[K comparable, T, A, R any] struct {
	windowBase[K, T, A, R]
	size, slide, length, offset int64 // ms; length of a pane
	panes                       map[int64]*pane[K, A]
	last                        *pane[K, A] // the pane of the latest record
	ends                        []int64     // of windows that are not closed yet, ascending
	due                         int64
	closing                     bool
	frozen                      []*pane[K, A]
	former                      *state.Decoders[K, A] // of the panes to restore
}

type pane[K comparable, A any] struct {
	start int64
	table *state.Table[K, A]
}

func newPaneWindow[K comparable, T, A, R any](common windowBase[K, T, A, R], a Assigner) *paneWindow[K, T, A, R] {
	size, slide := a.size.Milliseconds(), a.slide.Milliseconds()
	length := gcd(size, slide)
	return &paneWindow[K, T, A, R]{
		windowBase: common, size: size, slide: slide, length: length,
		offset: a.offset.Milliseconds() % slide, panes: map[int64]*pane[K, A]{},
	}
}

func gcd(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

func (w *paneWindow[K, T, A, R]) record(hash uint64, v T, ts int64) {
	t := w.time(ts)
	p := w.last
	if p == nil || t < p.start || t >= p.start+w.length {
		p = w.pane(t)
		if p == nil {
			w.tooLate(v, ts)
			return
		}
		w.last = p
	}
	key := w.key(v)
	acc, isNew := p.table.Ref(hash, key)
	w.addTo(acc, isNew, v)
	if w.keep > 0 && w.firstEnd(p.start) <= w.clock.current {
		w.correct(hash, key, p.start)
	}
}

// firstEnd and lastEnd return the ends of the first and last window that a pane is in.
func (w *paneWindow[K, T, A, R]) firstEnd(start int64) int64 {
	return floor(start+w.length-1-w.size, w.slide, w.offset) + w.slide + w.size
}

func (w *paneWindow[K, T, A, R]) lastEnd(start int64) int64 {
	return floor(start, w.slide, w.offset) + w.size
}

// pane returns the pane of time t, or nil if its last window is closed for good.
func (w *paneWindow[K, T, A, R]) pane(t int64) *pane[K, A] {
	start := floor(t, w.length, w.offset)
	if p := w.panes[start]; p != nil {
		return p
	}
	if w.clock.current != noTime && w.lastEnd(start)+w.keep <= w.clock.current {
		return nil
	}
	return w.newPane(start)
}

func (w *paneWindow[K, T, A, R]) newPane(start int64) *pane[K, A] {
	p := &pane[K, A]{start: start, table: newTable(w.ctx, w.keys, w.accs)}
	w.panes[start] = p
	w.expectAll(start)
	return p
}

// expectAll notes the windows of a pane that are to be closed.
func (w *paneWindow[K, T, A, R]) expectAll(start int64) {
	for end := w.firstEnd(start); end <= w.lastEnd(start); end += w.slide {
		if end > w.clock.current {
			w.expect(end)
		}
	}
}

// expect notes that a window is to be closed.
func (w *paneWindow[K, T, A, R]) expect(end int64) {
	if i, found := slices.BinarySearch(w.ends, end); !found {
		w.ends = slices.Insert(w.ends, i, end)
		if !w.event {
			w.ctx.SetTimer(end)
		}
	}
}

// correct emits the results of closed windows again that a late record changed.
func (w *paneWindow[K, T, A, R]) correct(hash uint64, key K, start int64) {
	for end := w.firstEnd(start); end <= min(w.lastEnd(start), w.clock.current); end += w.slide {
		if end+w.keep <= w.clock.current {
			continue
		}
		var acc A
		first := true
		for at := end - w.size; at < end; at += w.length {
			p := w.panes[at]
			if p == nil {
				continue
			}
			if part := p.table.Get(hash, key); part != nil {
				acc = w.merged(acc, first, part)
				first = false
			}
		}
		w.emitResult(key, end-w.size, end, acc)
	}
}

// merged folds a pane's accumulator into that of a window. The pane serves other
// windows too: what merge may change or keep must be the window's own.
func (w *paneWindow[K, T, A, R]) merged(acc A, first bool, part *A) A {
	if first {
		return w.copied(part)
	}
	return w.fold.merge(acc, w.copied(part))
}

func (w *paneWindow[K, T, A, R]) watermark(mark int64) {
	if mark == task.EndOfTime {
		w.clock.end()
	}
	if !w.event {
		if mark == task.EndOfTime { // no more input: the clock need not be awaited
			w.timer(mark)
		}
		w.base.watermark(mark)
		return
	}
	w.due = mark
	w.closing = true
	w.work()
}

// work closes the next window that is due: one a call, so that other work has its turn.
func (w *paneWindow[K, T, A, R]) work() bool {
	if !w.closing {
		return false
	}
	if w.closeNext(after(w.due)) {
		return true
	}
	w.closing = false
	w.advance(after(w.due))
	w.base.watermark(w.due)
	return false
}

func (w *paneWindow[K, T, A, R]) timer(now int64) int64 {
	if w.event {
		return task.EndOfTime
	}
	for w.closeNext(now) {
	}
	w.advance(now)
	if len(w.ends) > 0 {
		return w.ends[0]
	}
	return task.EndOfTime
}

// closeNext closes one window if its end is not after now.
func (w *paneWindow[K, T, A, R]) closeNext(now int64) bool {
	if len(w.ends) == 0 || w.ends[0] > now {
		return false
	}
	end := w.ends[0]
	w.ends = slices.Delete(w.ends, 0, 1)
	w.fire(end)
	w.clock.current = max(w.clock.current, end)
	w.drop()
	return true
}

// advance moves the time that makes records late on, also where no window was open.
func (w *paneWindow[K, T, A, R]) advance(now int64) {
	if now == task.EndOfTime {
		w.clock.current = now - w.keep - w.size // far beyond any record, without overflow
		w.panes, w.last = map[int64]*pane[K, A]{}, nil
		return
	}
	if now > w.clock.current {
		w.clock.current = now
		w.drop()
	}
}

func (w *paneWindow[K, T, A, R]) fire(end int64) {
	start := end - w.size
	if w.size == w.length {
		if p := w.panes[start]; p != nil {
			p.table.Range(func(hash uint64, key K, acc *A) bool {
				if !w.clock.wasClosed(hash, end) {
					w.emitResult(key, start, end, w.kept(acc))
				}
				return true
			})
		}
		return
	}
	all := newTable(w.ctx, w.keys, w.accs)
	for at := start; at < end; at += w.length {
		p := w.panes[at]
		if p == nil {
			continue
		}
		p.table.Range(func(hash uint64, key K, part *A) bool {
			if !w.clock.wasClosed(hash, end) {
				acc, isNew := all.Ref(hash, key)
				*acc = w.merged(*acc, isNew, part)
			}
			return true
		})
	}
	all.Range(func(_ uint64, key K, acc *A) bool {
		w.emitResult(key, start, end, *acc)
		return true
	})
}

// drop forgets the panes whose last window is closed for good.
func (w *paneWindow[K, T, A, R]) drop() {
	for start, p := range w.panes {
		if w.lastEnd(start)+w.keep > w.clock.current {
			continue
		}
		delete(w.panes, start)
		if w.last == p {
			w.last = nil
		}
	}
}
