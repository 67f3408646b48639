package state

import "math"

// timer is a time and a key. The fields are exported for its codec.
type timer[K comparable] struct {
	At  int64
	Key K
}

// span is a set of timers, each with a number that tells where in the open span it waits (see Timers); it is 0 before the
// span opens. A few timers are in a slice, more in a table: most spans of far timers hold one or two.
type span[K comparable] struct {
	few   []member[K]
	many  *Table[timer[K], uint32]
	count int   // timers still to fire
	first int64 // the earliest time, or, if stale, a time before it
	stale bool
}

type member[K comparable] struct {
	timer  timer[K]
	number uint32
}

const fewTimers = 8

// setHash is the hash of a timer in its set. The key's own hash won't do: those of one subtask are alike in their top bits.
func setHash(hash uint64, t int64) uint64 {
	return (hash ^ uint64(t)*0x9e3779b97f4a7c15) * 0xd1342543de82ef95
}

// ref returns the number of a timer, which it puts into the set if it isn't there. It doesn't count it.
func (s *span[K]) ref(t *Timers[K], hash uint64, e timer[K]) (number *uint32, isNew bool) {
	if s.many == nil {
		if number := s.find(hash, e); number != nil {
			return number, false
		}
		if len(s.few) < fewTimers {
			t.timers.Clone(&e)
			s.few = append(s.few, member[K]{e, 0})
			return &s.few[len(s.few)-1].number, true
		}
		s.spread(t)
	}
	return s.many.Ref(setHash(hash, e.At), e)
}

// spread moves the few timers into a table.
func (s *span[K]) spread(t *Timers[K]) {
	hash := func(e timer[K]) uint64 { return setHash(t.hash(e.Key), e.At) }
	s.many = NewTable(t.timers, t.numbers, hash, 1)
	for _, m := range s.few {
		number, _ := s.many.Ref(hash(m.timer), m.timer)
		*number = m.number
	}
	s.few = nil
}

// find returns the number of a timer, or nil if it isn't in the set.
func (s *span[K]) find(hash uint64, e timer[K]) *uint32 {
	if s.many != nil {
		return s.many.Get(setHash(hash, e.At), e)
	}
	for i := range s.few {
		if s.few[i].timer == e {
			return &s.few[i].number
		}
	}
	return nil
}

// remove takes a timer out of the set. It doesn't count it.
func (s *span[K]) remove(hash uint64, e timer[K]) {
	if s.many != nil {
		s.many.Delete(setHash(hash, e.At), e)
		return
	}
	for i := range s.few {
		if s.few[i].timer == e {
			last := len(s.few) - 1
			s.few[i], s.few[last] = s.few[last], member[K]{}
			s.few = s.few[:last]
			return
		}
	}
}

// each calls f for each timer of the set, in no order, with its number.
func (s *span[K]) each(f func(e timer[K], number *uint32)) {
	for i := range s.few {
		f(s.few[i].timer, &s.few[i].number)
	}
	if s.many != nil {
		s.many.Range(func(_ uint64, e timer[K], number *uint32) bool {
			f(e, number)
			return true
		})
	}
}

// added and deleted keep count and the earliest time of a span that isn't open.
func (s *span[K]) added(at int64) {
	if s.count == 0 || at < s.first {
		s.first, s.stale = at, false
	}
	s.count++
}

func (s *span[K]) deleted(at int64) {
	s.count--
	s.stale = s.stale || at == s.first
}

// earliest returns the earliest time of a span that is neither open nor empty.
func (s *span[K]) earliest() int64 {
	if s.stale {
		s.first, s.stale = math.MaxInt64, false
		s.each(func(e timer[K], _ *uint32) { s.first = min(s.first, e.At) })
	}
	return s.first
}

// sort returns the timers, all of one span, in ascending time, and sets their numbers to their places. It is a counting
// sort, and stable: timers of one time stay in the order of their table.
func (s *span[K]) sort() []timer[K] {
	const mask = 1<<spanBits - 1
	var place [mask + 2]uint32
	s.each(func(e timer[K], _ *uint32) { place[e.At&mask+1]++ })
	for i := 1; i < len(place); i++ {
		place[i] += place[i-1]
	}
	sorted := make([]timer[K], s.count)
	s.each(func(e timer[K], number *uint32) {
		p := &place[e.At&mask]
		sorted[*p], *number = e, *p
		*p++
	})
	return sorted
}
