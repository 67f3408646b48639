package stream

import (
	"github.com/weft-stream/weft/internal/codec"
	"github.com/weft-stream/weft/internal/plan"
	"github.com/weft-stream/weft/internal/state"
)

// ValueState is a state with one value for each key. Its methods speak of the
// operator's current key.
type ValueState[V any] struct{ cell cell[V] }

// cell hides the key's type from the state's user.
type cell[V any] interface {
	get() *V
	ref() (*V, bool)
	clear()
}

// NewValue declares a state of a process operator, in its setup. The name is
// the state's within its operator.
func NewValue[V any, K comparable, R any](op *Op[K, R], name string) *ValueState[V] {
	return &ValueState[V]{cell: declare[V](op, name, "value")}
}

// Get returns the key's value, the zero value if it has none. What a map, slice
// or pointer in it leads to must not be changed: use Update, which a checkpoint knows of.
func (s *ValueState[V]) Get() V {
	v, _ := s.Lookup()
	return v
}

// Lookup returns the key's value and whether it has one.
func (s *ValueState[V]) Lookup() (V, bool) {
	if p := s.cell.get(); p != nil {
		return *p, true
	}
	var zero V
	return zero, false
}

// Set gives the key a value.
func (s *ValueState[V]) Set(v V) {
	p, _ := s.cell.ref()
	*p = v
}

// Update changes the key's value in place; it starts from the zero value.
func (s *ValueState[V]) Update(change func(v *V)) {
	p, _ := s.cell.ref()
	change(p)
}

// Clear takes the key's value away.
func (s *ValueState[V]) Clear() { s.cell.clear() }

// ListState is a state with a list for each key.
type ListState[V any] struct{ cell cell[[]V] }

// NewList declares a list state of a process operator, in its setup.
func NewList[V any, K comparable, R any](op *Op[K, R], name string) *ListState[V] {
	return &ListState[V]{cell: declare[[]V](op, name, "list")}
}

// Get returns the key's list. It is valid until the state changes, and must not be changed.
func (s *ListState[V]) Get() []V {
	if p := s.cell.get(); p != nil {
		return *p
	}
	return nil
}

// Add puts a value at the list's end.
func (s *ListState[V]) Add(v V) {
	p, _ := s.cell.ref()
	*p = append(*p, v)
}

// Set replaces the key's list; the values are copied.
func (s *ListState[V]) Set(values []V) {
	p, _ := s.cell.ref()
	*p = append((*p)[:0], values...)
}

// Clear takes the key's list away.
func (s *ListState[V]) Clear() { s.cell.clear() }

// MapState is a state with a map for each key. The map is written to a snapshot as a
// whole: for very large ones make the map's key part of the stream's key.
type MapState[M comparable, V any] struct{ cell cell[map[M]V] }

// NewMap declares a map state of a process operator, in its setup.
func NewMap[M comparable, V any, K comparable, R any](op *Op[K, R], name string) *MapState[M, V] {
	return &MapState[M, V]{cell: declare[map[M]V](op, name, "map")}
}

// Get returns the value under m and whether there is one.
func (s *MapState[M, V]) Get(m M) (V, bool) {
	if p := s.cell.get(); p != nil {
		v, ok := (*p)[m]
		return v, ok
	}
	var zero V
	return zero, false
}

// Put puts a value under m.
func (s *MapState[M, V]) Put(m M, v V) {
	p, _ := s.cell.ref()
	if *p == nil {
		*p = make(map[M]V)
	}
	(*p)[m] = v
}

// Remove takes the value under m away.
func (s *MapState[M, V]) Remove(m M) {
	if s.cell.get() == nil {
		return
	}
	p, _ := s.cell.ref()
	delete(*p, m)
}

// All calls yield for each entry, in no order, until it returns false. The map must not be changed meanwhile.
func (s *MapState[M, V]) All(yield func(M, V) bool) {
	p := s.cell.get()
	if p == nil {
		return
	}
	for m, v := range *p {
		if !yield(m, v) {
			return
		}
	}
}

// Len returns the number of entries.
func (s *MapState[M, V]) Len() int {
	if p := s.cell.get(); p != nil {
		return len(*p)
	}
	return 0
}

// Clear takes the key's map away.
func (s *MapState[M, V]) Clear() { s.cell.clear() }

// keyedCell is a table seen through its operator's current key.
type keyedCell[K comparable, V, R any] struct {
	op    *Op[K, R]
	table *state.Table[K, V]
}

func (c *keyedCell[K, V, R]) get() *V         { return c.table.Get(c.op.hash, c.op.key) }
func (c *keyedCell[K, V, R]) ref() (*V, bool) { return c.table.Ref(c.op.hash, c.op.key) }
func (c *keyedCell[K, V, R]) clear()          { c.table.Delete(c.op.hash, c.op.key) }

// declare makes a state's table, or while the job is described only notes the state.
func declare[V any, K comparable, R any](op *Op[K, R], name, kind string) cell[V] {
	if op.running {
		op.Fail("state " + name + " is declared while records are handled: declare it in the operator's setup")
	}
	if op.ctx != nil {
		values, _ := codec.Of[V]() // was there when the job was described
		t := newTable(op.ctx, op.keys, values)
		op.hold(&tableState[K, V]{label: name, table: t, first: op.ctx.FirstKeyGroup, last: op.ctx.LastKeyGroup})
		return &keyedCell[K, V, R]{op: op, table: t}
	}
	n := op.node
	if op.keys == nil {
		n.env.fail(callerLocation(), "state %q needs a keyed stream: use KeyBy and Process", name)
		return nil
	}
	if name == "" || name == eventTimers || name == processingTimers {
		n.env.fail(callerLocation(), "state %q of operator %q needs a name of its own", name, n.uid)
	}
	for _, s := range n.states {
		if s.Name == name {
			n.env.fail(callerLocation(), "state %q is declared twice in operator %q", name, n.uid)
		}
	}
	if values := valueCodec[V](n, "state "+name); values != nil {
		n.states = append(n.states, plan.State{Name: name, Kind: kind, Schema: values.Schema()})
	}
	return nil
}
