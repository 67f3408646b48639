package stream

// tumblingResults gives the results of windows that are one pane each: what is
// in the pane's table.
type tumblingResults[K comparable, T, A, R any] struct {
	w     *paneWindow[K, T, A, R]
	pane  *pane[K, A] // of the window that is being closed
	next  int         // place in its table
	keys  int
	visit func(hash uint64, key K, acc *A) bool
}

func newTumblingResults[K comparable, T, A, R any](w *paneWindow[K, T, A, R]) *tumblingResults[K, T, A, R] {
	s := &tumblingResults[K, T, A, R]{w: w}
	s.visit = s.emit
	return s
}

func (s *tumblingResults[K, T, A, R]) begin(end int64) {
	s.pane, s.next = s.w.find(end-s.w.size), 0
}

func (s *tumblingResults[K, T, A, R]) slice(keys int) (left int, done bool) {
	s.keys = keys
	for more := true; more; {
		if s.keys <= 0 {
			return 0, false
		}
		s.next, more = s.pane.table.Walk(s.next, 1, s.visit)
	}
	s.pane = nil
	return s.keys, true
}

func (s *tumblingResults[K, T, A, R]) emit(hash uint64, key K, acc *A) bool {
	s.keys--
	w := s.w
	switch {
	case w.clock.wasClosed(hash, w.end):
	case w.keep > 0 || s.pane.table.Segments.Snapshotting(): // it stays, and is not the result's to change
		w.emitResult(key, w.end-w.size, w.end, w.copied(acc))
	default:
		w.emitResult(key, w.end-w.size, w.end, *acc)
	}
	return true
}

func (s *tumblingResults[K, T, A, R]) late(*pane[K, A], uint64, K, T, bool) {}
func (s *tumblingResults[K, T, A, R]) forget(int64)                         {}
func (s *tumblingResults[K, T, A, R]) reset()                               {}
