package state

import (
	"math"
	"slices"

	"github.com/weft-stream/weft/internal/codec"
)

// timer is one entry of Timers. The fields are exported for its codec.
type timer[K comparable] struct {
	At  int64
	Key K
}

// span is a set of timers. A few are in a slice, more in a table: most spans of far timers hold one or two.
type span[K comparable] struct {
	few   []timer[K]
	many  *Table[timer[K], struct{}]
	count int
	first int64 // the earliest time, or, if stale, a time before it
	stale bool
}

const fewTimers = 8

// setHash is the hash of a timer in its set, where many have the same key or time. The key's own hash won't do: those of a subtask
// are alike in their top bits.
func setHash(hash uint64, t int64) uint64 {
	return (hash ^ uint64(t)*0x9e3779b97f4a7c15) * 0xd1342543de82ef95
}

// add puts a timer into the set unless it is there.
func (s *span[K]) add(c *codec.Codec[timer[K]], hash uint64, e timer[K]) bool {
	if s.many != nil {
		if _, isNew := s.many.Ref(setHash(hash, e.At), e); !isNew {
			return false
		}
	} else {
		if slices.Contains(s.few, e) {
			return false
		}
		c.Clone(&e)
		s.few = append(s.few, e)
	}
	if s.count == 0 || e.At < s.first {
		s.first, s.stale = e.At, false
	}
	s.count++
	return true
}

// spread moves the few timers into a table.
func (s *span[K]) spread(c *codec.Codec[timer[K]], nothing *codec.Codec[struct{}], hash func(K) uint64) {
	s.many = NewTable(c, nothing, func(e timer[K]) uint64 { return setHash(hash(e.Key), e.At) }, 1)
	for _, e := range s.few {
		s.many.Ref(s.many.hash(e), e)
	}
	s.few = nil
}

// remove takes a timer out of the set and says whether it was there.
func (s *span[K]) remove(hash uint64, e timer[K]) bool {
	if s.many != nil {
		if !s.many.Delete(setHash(hash, e.At), e) {
			return false
		}
	} else {
		i := slices.Index(s.few, e)
		if i < 0 {
			return false
		}
		s.few = slices.Delete(s.few, i, i+1)
	}
	s.count--
	s.stale = s.stale || e.At == s.first
	return true
}

func (s *span[K]) has(hash uint64, e timer[K]) bool {
	if s.many != nil {
		return s.many.Get(setHash(hash, e.At), e) != nil
	}
	return slices.Contains(s.few, e)
}

// each calls f for each timer of the set, in no order.
func (s *span[K]) each(f func(e timer[K])) {
	for _, e := range s.few {
		f(e)
	}
	if s.many != nil {
		s.many.Range(func(_ uint64, e timer[K], _ *struct{}) bool {
			f(e)
			return true
		})
	}
}

// earliest returns the earliest time of a set that isn't empty.
func (s *span[K]) earliest() int64 {
	if s.stale {
		s.first, s.stale = math.MaxInt64, false
		s.each(func(e timer[K]) { s.first = min(s.first, e.At) })
	}
	return s.first
}
