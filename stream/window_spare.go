package stream

import "github.com/weft-stream/weft/internal/state"

// spareTables are the emptied tables of closed panes, for panes to come: they have
// grown already, which takes longer than to put the keys in. As many are kept as
// panes were opened between two watermarks lately, of which some follow closely.
type spareTables[K comparable, A any] struct {
	tables        []*state.Table[K, A]
	taken, lately int
}

// take returns an empty table.
func (s *spareTables[K, A]) take(make func() *state.Table[K, A]) *state.Table[K, A] {
	s.taken++
	n := len(s.tables)
	if n == 0 {
		return make()
	}
	t := s.tables[n-1]
	s.tables[n-1] = nil
	s.tables = s.tables[:n-1]
	return t
}

// give takes a table back that no pane has any more; nil is none.
func (s *spareTables[K, A]) give(t *state.Table[K, A]) {
	switch {
	case t == nil:
	case len(s.tables) < max(1, s.taken, s.lately) && !t.Segments.Snapshotting():
		t.Segments.Clear()
		s.tables = append(s.tables, t)
	default:
		t.Segments.Leave()
	}
}

// settle is called when the windows that were due are closed.
func (s *spareTables[K, A]) settle() {
	s.lately, s.taken = max(s.taken, s.lately-(s.lately+15)/16), 0
	for n := len(s.tables) - 1; n >= max(1, s.lately); n-- {
		s.tables[n].Segments.Leave()
		s.tables[n] = nil
		s.tables = s.tables[:n]
	}
}
