package stream

import (
	"sort"

	"github.com/weft-stream/weft/internal/state"
)

// paneWindow evaluates tumbling and sliding windows. Time is cut into panes, as
// long as the greatest span that divides both size and slide, so a record is
// folded in once, however many windows it belongs to.
//
// A pane that no window has closed on is open: a table with one accumulator for
// each key. A tumbling window is one pane, and its result is that table. For
// sliding windows the closed panes become runs, sorted by hash, and a window is a
// join of runs: see runningResults and blockResults.
//
// Windows close in slices, and records are taken in between: see window_close.go.
type paneWindow[K comparable, T, A, R any] struct {
	windowBase[K, T, A, R]
	spans
	panes []*pane[K, A] // by start, ascending
	spare spareTables[K, A]

	// The pane of the latest record, if it is one that no closed window has a
	// part in: its span in time (width is 0 if there is none) and its table.
	start, width int64
	table        *state.Table[K, A]

	results  evaluator[K, T, A]
	closing  bool            // the windows that are due
	until    int64           // windows that end then or before are due
	mark     int64           // the watermark to be passed on when they are closed, noTime if none
	end      int64           // of the window that is being closed
	begun    bool            // it is half done
	deferred []deferred[T]   // late records that came while windows were closed
	frozen   []frozen        // of a snapshot, what has frames left
	former   *state.Decoders // of the panes to restore
}

// evaluator gives the results of windows that close, a slice at a time.
type evaluator[K comparable, T, A any] interface {
	// begin starts with the window that ends then.
	begin(end int64)
	// slice goes on for about so many results, tells how many are left of them and whether the window is done.
	slice(keys int) (left int, done bool)
	// late tells that a record was folded into a pane that closed windows have a
	// part in, and whether its key is new there.
	late(p *pane[K, A], hash uint64, key K, v T, isNew bool)
	// forget tells that a pane is not needed any more.
	forget(start int64)
	// reset tells that no pane is.
	reset()
}

// pane is the records of a span of time that is never divided by a window. The
// table and the run have no key in common.
type pane[K comparable, A any] struct {
	start int64
	table *state.Table[K, A] // of an open pane; of a closed one the keys that came too late for the run, or nil
	run   *state.Run[K, A]   // of a closed pane of sliding windows
}

// get returns a key's accumulator, or nil.
func (p *pane[K, A]) get(hash uint64, key K) *A {
	if p.table != nil {
		if acc := p.table.Get(hash, key); acc != nil {
			return acc
		}
	}
	if p.run != nil {
		return p.run.Get(hash, key)
	}
	return nil
}

type deferred[T any] struct {
	hash uint64
	v    T
	ts   int64
}

func newPaneWindow[K comparable, T, A, R any](common windowBase[K, T, A, R], a Assigner) *paneWindow[K, T, A, R] {
	w := &paneWindow[K, T, A, R]{windowBase: common, spans: spansOf(a)}
	switch {
	case w.size == w.slide:
		w.results = newTumblingResults(w)
	case common.fold.subtract != nil:
		w.results = newRunningResults(w)
	case w.size/w.slide >= leastSlides:
		w.results = newSuffixResults(w)
	default:
		w.results = newBlockResults(w)
	}
	return w
}

func (w *paneWindow[K, T, A, R]) record(hash uint64, v T, ts int64) {
	t := ts
	if !w.event {
		t = w.machineTime()
	}
	if uint64(t-w.start) >= uint64(w.width) && !w.turnTo(t) {
		w.closedPane(hash, v, t, ts)
		return
	}
	acc, isNew := w.table.Ref(hash, w.key(v))
	w.addTo(acc, isNew, v)
}

func (w *paneWindow[K, T, A, R]) records(hashes []uint64, values []T, times []int64) {
	if !w.event {
		for i := range values {
			w.record(hashes[i], values[i], stamp(times, i))
		}
		return
	}
	key, add := w.key, w.fold.add
	for i := range values {
		if uint64(times[i]-w.start) >= uint64(w.width) {
			w.record(hashes[i], values[i], times[i])
			continue
		}
		acc, isNew := w.table.Ref(hashes[i], key(values[i]))
		if isNew {
			*acc = w.fold.first(values[i])
		} else {
			*acc = add(*acc, values[i])
		}
	}
}

func (w *paneWindow[K, T, A, R]) prefetch(hashes []uint64) {
	if w.table != nil {
		w.table.Segments.Prefetch(hashes)
	}
}

// machineTime is the time of a record in processing time: none is late, also
// where the machine's clock goes back.
func (w *paneWindow[K, T, A, R]) machineTime() int64 {
	now := max(w.ctx.Now(), w.clock.current)
	if w.closing {
		return max(now, w.until)
	}
	return now
}

// turnTo makes the pane of time t that of the latest record. It tells whether
// that is one that no closed window has a part in.
func (w *paneWindow[K, T, A, R]) turnTo(t int64) bool {
	start := w.pane(t)
	if closed := w.clock.current; w.closing && t < w.until || closed != noTime && w.firstEnd(start) <= closed {
		return false
	}
	p := w.find(start)
	if p == nil {
		p = w.newPane(start)
	}
	w.start, w.width, w.table = start, w.length, p.table
	return true
}

// turnAway forgets the pane of the latest record: windows are closed.
func (w *paneWindow[K, T, A, R]) turnAway() { w.width, w.table = 0, nil }

// closedPane takes a record that is late for at least one of its windows. While
// windows are being closed it waits: their results are as of the watermark.
func (w *paneWindow[K, T, A, R]) closedPane(hash uint64, v T, t, ts int64) {
	if w.closing {
		w.deferred = append(w.deferred, deferred[T]{hash, v, ts})
		return
	}
	start := w.pane(t)
	if w.lastEnd(start)+w.keep <= w.clock.current {
		w.tooLate(v, ts)
		return
	}
	p := w.find(start)
	if p == nil {
		p = w.newPane(start)
	}
	key := w.key(v)
	isNew := w.addLate(p, hash, key, v)
	w.results.late(p, hash, key, v, isNew)
	if w.keep > 0 {
		w.correct(hash, key, start)
	}
}

// addLate folds a record into a pane that may be closed and tells whether its key is new there.
func (w *paneWindow[K, T, A, R]) addLate(p *pane[K, A], hash uint64, key K, v T) (isNew bool) {
	if p.run != nil {
		if acc := p.run.Ref(hash, key); acc != nil {
			w.addTo(acc, false, v)
			return false
		}
	}
	if p.table == nil {
		p.table = w.newTable()
	}
	acc, isNew := p.table.Ref(hash, key)
	w.addTo(acc, isNew, v)
	return isNew
}

// from returns the place of the first pane that does not start before a time.
func (w *paneWindow[K, T, A, R]) from(start int64) int {
	n := len(w.panes)
	for i := n; i > max(0, n-4); i-- { // mostly it is one of the latest
		if w.panes[i-1].start < start {
			return i
		}
	}
	return sort.Search(n, func(i int) bool { return w.panes[i].start >= start })
}

// between returns the panes that start at or after a time and before another.
func (w *paneWindow[K, T, A, R]) between(start, end int64) []*pane[K, A] {
	return w.panes[w.from(start):w.from(end)]
}

// find returns the pane with this start, or nil.
func (w *paneWindow[K, T, A, R]) find(start int64) *pane[K, A] {
	if i := w.from(start); i < len(w.panes) && w.panes[i].start == start {
		return w.panes[i]
	}
	return nil
}

func (w *paneWindow[K, T, A, R]) newPane(start int64) *pane[K, A] {
	p := &pane[K, A]{start: start, table: w.spare.take(w.newTable)}
	w.insert(p)
	if !w.event && !w.closing {
		w.awaitNext()
	}
	return p
}

func (w *paneWindow[K, T, A, R]) newTable() *state.Table[K, A] {
	return newTable(w.ctx, w.keys, w.accs)
}

func (w *paneWindow[K, T, A, R]) insert(p *pane[K, A]) {
	i := w.from(p.start)
	w.panes = append(w.panes, nil)
	copy(w.panes[i+1:], w.panes[i:])
	w.panes[i] = p
}

// correct emits the results of closed windows again that a late record changed.
func (w *paneWindow[K, T, A, R]) correct(hash uint64, key K, start int64) {
	for end := w.firstEnd(start); end <= min(w.lastEnd(start), w.clock.current); end += w.slide {
		if end+w.keep <= w.clock.current {
			continue
		}
		var acc A
		first := true
		for _, p := range w.between(end-w.size, end) {
			if part := p.get(hash, key); part != nil {
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

// drop forgets the panes whose last window is closed for good.
func (w *paneWindow[K, T, A, R]) drop() {
	n := 0
	for n < len(w.panes) && w.lastEnd(w.panes[n].start)+w.keep <= w.clock.current {
		w.results.forget(w.panes[n].start)
		w.spare.give(w.panes[n].table)
		n++
	}
	w.panes = append(w.panes[:0], w.panes[n:]...)
}

// dropAll forgets all panes: no record comes any more.
func (w *paneWindow[K, T, A, R]) dropAll() {
	w.panes = nil
	w.results.reset()
	w.turnAway()
}
