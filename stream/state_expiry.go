package stream

import (
	"time"

	"github.com/weft-stream/weft/internal/state"
)

// A StateOption says how a state differs from one that keeps everything for ever.
type StateOption func(*stateOptions)

type stateOptions struct {
	expiry *expiry
}

// expiry is how long a state keeps what is not used.
type expiry struct {
	after  int64 // ms of the machine's time
	byRead bool  // reading counts as use
}

// ExpireAfter has a value, an element of a list or an entry of a map forgotten
// when the machine's time says that it was written so long ago, at least 1 ms.
// What has expired is never seen again; its memory is freed bit by bit. A state
// with it and one without are of different types: a job cannot go on from the
// other's snapshot.
func ExpireAfter(d time.Duration) StateOption {
	return func(o *stateOptions) { o.expiry = &expiry{after: d.Milliseconds()} }
}

// ExpireUnused is ExpireAfter for what was neither written nor read for so long.
func ExpireUnused(d time.Duration) StateOption {
	return func(o *stateOptions) { o.expiry = &expiry{after: d.Milliseconds(), byRead: true} }
}

// aged is a value with the machine's time of its last use, in ms since 1970.
type aged[V any] struct {
	Used  int64
	Value V
}

// ageing is an expiry with a clock.
type ageing struct {
	expiry
	now func() int64
}

func (a *ageing) gone(used int64) bool { return a.now()-used >= a.after }

// agedCell is the cell of a single value.
type agedCell[V any] struct {
	ageing
	cell cell[aged[V]]
}

func (c *agedCell[V]) get() *V {
	p := c.cell.get()
	if p == nil || c.gone(p.Used) {
		return nil
	}
	if c.byRead && p.Used != c.now() {
		p, _ = c.cell.ref()
		p.Used = c.now()
	}
	return &p.Value
}

func (c *agedCell[V]) ref() (*V, bool) {
	p, isNew := c.cell.ref()
	if !isNew && c.gone(p.Used) {
		*p, isNew = aged[V]{}, true
	}
	p.Used = c.now()
	return &p.Value, isNew
}

func (c *agedCell[V]) clear() { c.cell.clear() }

func (c *agedCell[V]) stale(v *aged[V]) bool       { return c.gone(v.Used) }
func (c *agedCell[V]) prune(*aged[V]) (empty bool) { return true }

// agedList is a list whose elements expire one by one.
type agedList[V any] struct {
	ageing
	cell cell[[]aged[V]]
}

func (l *agedList[V]) get() []V {
	p := l.cell.get()
	if p == nil {
		return nil
	}
	if l.byRead && len(*p) > 0 {
		p, _ = l.cell.ref()
		*p = l.live(*p)
	}
	values := make([]V, 0, len(*p))
	for i := range *p {
		e := &(*p)[i]
		if l.gone(e.Used) {
			continue
		}
		if l.byRead {
			e.Used = l.now()
		}
		values = append(values, e.Value)
	}
	return values
}

func (l *agedList[V]) add(v V) {
	p, _ := l.cell.ref()
	*p = append(l.live(*p), aged[V]{l.now(), v})
}

func (l *agedList[V]) set(values []V) {
	all := make([]aged[V], len(values)) // values may be what get has returned
	for i, v := range values {
		all[i] = aged[V]{l.now(), v}
	}
	p, _ := l.cell.ref()
	*p = all
}

func (l *agedList[V]) clear() { l.cell.clear() }

// live takes expired elements away, in place.
func (l *agedList[V]) live(all []aged[V]) []aged[V] {
	kept := all[:0]
	for _, e := range all {
		if !l.gone(e.Used) {
			kept = append(kept, e)
		}
	}
	clear(all[len(kept):])
	return kept
}

// sweep tells whether elements have expired.
func (l *agedList[V]) stale(all *[]aged[V]) bool {
	for _, e := range *all {
		if l.gone(e.Used) {
			return true
		}
	}
	return len(*all) == 0
}

func (l *agedList[V]) prune(all *[]aged[V]) (empty bool) {
	*all = l.live(*all)
	return len(*all) == 0
}

// agedMap is a map whose entries expire one by one.
type agedMap[M comparable, V any] struct {
	ageing
	cell cell[map[M]aged[V]]
}

func (a *agedMap[M, V]) get(m M) (v V, ok bool) {
	p := a.cell.get()
	if p == nil {
		return v, false
	}
	e, ok := (*p)[m]
	if !ok || a.gone(e.Used) {
		return v, false
	}
	if a.byRead && e.Used != a.now() {
		p, _ = a.cell.ref()
		(*p)[m] = aged[V]{a.now(), e.Value}
	}
	return e.Value, true
}

func (a *agedMap[M, V]) put(m M, v V) {
	p, _ := a.cell.ref()
	if *p == nil {
		*p = make(map[M]aged[V])
	}
	(*p)[m] = aged[V]{a.now(), v}
}

func (a *agedMap[M, V]) remove(m M) {
	if a.cell.get() == nil {
		return
	}
	p, _ := a.cell.ref()
	delete(*p, m)
}

func (a *agedMap[M, V]) all(yield func(M, V) bool) {
	p := a.cell.get()
	if p == nil {
		return
	}
	if a.byRead {
		p, _ = a.cell.ref()
	}
	for m, e := range *p {
		if a.gone(e.Used) {
			continue
		}
		if a.byRead {
			(*p)[m] = aged[V]{a.now(), e.Value}
		}
		if !yield(m, e.Value) {
			return
		}
	}
}

func (a *agedMap[M, V]) len() int {
	p := a.cell.get()
	if p == nil {
		return 0
	}
	n := 0
	for _, e := range *p {
		if !a.gone(e.Used) {
			n++
		}
	}
	return n
}

func (a *agedMap[M, V]) clear() { a.cell.clear() }

func (a *agedMap[M, V]) stale(all *map[M]aged[V]) bool {
	for _, e := range *all {
		if a.gone(e.Used) {
			return true
		}
	}
	return len(*all) == 0
}

func (a *agedMap[M, V]) prune(all *map[M]aged[V]) (empty bool) {
	for m, e := range *all {
		if a.gone(e.Used) {
			delete(*all, m)
		}
	}
	return len(*all) == 0
}

// pruner knows what of a key's value has expired.
type pruner[V any] interface {
	// stale tells whether something has.
	stale(v *V) bool
	// prune takes it away and tells whether nothing is left.
	prune(v *V) (empty bool)
}

// How fast expired state is looked for: a table of ten million integers is gone
// through in about ten minutes.
const (
	sweepEvery    = 100 // ms
	sweepSegments = 16
)

// sweeper goes through a table, a slice at a time, again and again, and frees what has expired.
type sweeper[K comparable, V any] struct {
	table  *state.Table[K, V]
	pruner pruner[V]
	from   int
	due    int64
	found  []found[K]
}

type found[K comparable] struct {
	hash uint64
	key  K
}

// sweep does a slice if it is time for one, and tells when the next is due (ms).
func (s *sweeper[K, V]) sweep(now int64) int64 {
	if now < s.due {
		return s.due
	}
	s.due = now + sweepEvery
	next, more := s.table.Walk(s.from, sweepSegments, func(hash uint64, k K, v *V) bool {
		if s.pruner.stale(v) {
			s.found = append(s.found, found[K]{hash, k})
		}
		return true
	})
	if s.from = next; !more {
		s.from = 0
	}
	for _, f := range s.found {
		if p, _ := s.table.Ref(f.hash, f.key); s.pruner.prune(p) {
			s.table.Delete(f.hash, f.key)
		}
	}
	clear(s.found)
	s.found = s.found[:0]
	return s.due
}
