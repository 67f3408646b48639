package stream

import (
	"github.com/weft-stream/weft/internal/codec"
	"github.com/weft-stream/weft/internal/inflight"
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
func NewValue[V any, K comparable, R any](op *Op[K, R], name string, options ...StateOption) *ValueState[V] {
	ageing, expires := ageingOf(op, name, options)
	if !expires {
		return &ValueState[V]{cell: declare[V](op, name, "value").cell()}
	}
	t := declare[aged[V]](op, name, "value")
	c := &agedCell[V]{ageing, t.cell()}
	t.sweptBy(c)
	return &ValueState[V]{cell: c}
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
type ListState[V any] struct{ list listing[V] }

// listing is what keeps a list, of the current key.
type listing[V any] interface {
	get() []V
	add(v V)
	set(values []V)
	clear()
}

// NewList declares a list state of a process operator, in its setup.
func NewList[V any, K comparable, R any](op *Op[K, R], name string, options ...StateOption) *ListState[V] {
	ageing, expires := ageingOf(op, name, options)
	if !expires {
		return &ListState[V]{&plainList[V]{declare[[]V](op, name, "list").cell()}}
	}
	t := declare[[]aged[V]](op, name, "list")
	l := &agedList[V]{ageing, t.cell()}
	t.sweptBy(l)
	return &ListState[V]{l}
}

// Get returns the key's list. It is valid until the state changes, and must not be changed.
func (s *ListState[V]) Get() []V { return s.list.get() }

// Add puts a value at the list's end.
func (s *ListState[V]) Add(v V) { s.list.add(v) }

// Set replaces the key's list; the values are copied.
func (s *ListState[V]) Set(values []V) { s.list.set(values) }

// Clear takes the key's list away.
func (s *ListState[V]) Clear() { s.list.clear() }

// plainList keeps a list for ever.
type plainList[V any] struct{ cell[[]V] }

func (l *plainList[V]) get() []V {
	if p := l.cell.get(); p != nil {
		return *p
	}
	return nil
}

func (l *plainList[V]) add(v V) {
	p, _ := l.ref()
	*p = append(*p, v)
}

func (l *plainList[V]) set(values []V) {
	p, _ := l.ref()
	*p = append((*p)[:0], values...)
}

// MapState is a state with a map for each key. The map is written to a snapshot as a
// whole: for very large ones make the map's key part of the stream's key.
type MapState[M comparable, V any] struct{ entries mapping[M, V] }

// mapping is what keeps a map, of the current key.
type mapping[M comparable, V any] interface {
	get(m M) (V, bool)
	put(m M, v V)
	remove(m M)
	all(yield func(M, V) bool)
	len() int
	clear()
}

// NewMap declares a map state of a process operator, in its setup.
func NewMap[M comparable, V any, K comparable, R any](op *Op[K, R], name string, options ...StateOption) *MapState[M, V] {
	ageing, expires := ageingOf(op, name, options)
	if !expires {
		return &MapState[M, V]{&plainMap[M, V]{declare[map[M]V](op, name, "map").cell()}}
	}
	t := declare[map[M]aged[V]](op, name, "map")
	m := &agedMap[M, V]{ageing, t.cell()}
	t.sweptBy(m)
	return &MapState[M, V]{m}
}

// Get returns the value under m and whether there is one.
func (s *MapState[M, V]) Get(m M) (V, bool) { return s.entries.get(m) }

// Put puts a value under m.
func (s *MapState[M, V]) Put(m M, v V) { s.entries.put(m, v) }

// Remove takes the value under m away.
func (s *MapState[M, V]) Remove(m M) { s.entries.remove(m) }

// All calls yield for each entry, in no order, until it returns false. The map must not be changed meanwhile.
func (s *MapState[M, V]) All(yield func(M, V) bool) { s.entries.all(yield) }

// Len returns the number of entries.
func (s *MapState[M, V]) Len() int { return s.entries.len() }

// Clear takes the key's map away.
func (s *MapState[M, V]) Clear() { s.entries.clear() }

// plainMap keeps a map for ever.
type plainMap[M comparable, V any] struct{ cell[map[M]V] }

func (p *plainMap[M, V]) get(m M) (v V, ok bool) {
	if all := p.cell.get(); all != nil {
		v, ok = (*all)[m]
	}
	return v, ok
}

func (p *plainMap[M, V]) put(m M, v V) {
	all, _ := p.ref()
	if *all == nil {
		*all = make(map[M]V)
	}
	(*all)[m] = v
}

func (p *plainMap[M, V]) remove(m M) {
	if p.cell.get() == nil {
		return
	}
	all, _ := p.ref()
	delete(*all, m)
}

func (p *plainMap[M, V]) all(yield func(M, V) bool) {
	all := p.cell.get()
	if all == nil {
		return
	}
	for m, v := range *all {
		if !yield(m, v) {
			return
		}
	}
}

func (p *plainMap[M, V]) len() int {
	if all := p.cell.get(); all != nil {
		return len(*all)
	}
	return 0
}

// keyedCell is a table seen through its operator's current key.
type keyedCell[K comparable, V, R any] struct {
	op    *Op[K, R]
	table *state.Table[K, V]
}

func (c *keyedCell[K, V, R]) get() *V         { return c.table.Get(c.op.hash, c.op.key) }
func (c *keyedCell[K, V, R]) ref() (*V, bool) { return c.table.Ref(c.op.hash, c.op.key) }
func (c *keyedCell[K, V, R]) clear()          { c.table.Delete(c.op.hash, c.op.key) }

func (c *keyedCell[K, V, R]) cell() cell[V] {
	if c == nil {
		return nil
	}
	return c
}

// sweptBy has what expires freed.
func (c *keyedCell[K, V, R]) sweptBy(p pruner[V]) {
	if c != nil {
		c.op.sweepers = append(c.op.sweepers, (&sweeper[K, V]{table: c.table, pruner: p}).sweep)
	}
}

// ageingOf returns how a state's values expire, if they do.
func ageingOf[K comparable, R any](op *Op[K, R], name string, options []StateOption) (a ageing, expires bool) {
	var o stateOptions
	for _, set := range options {
		set(&o)
	}
	switch {
	case o.expiry == nil:
		return a, false
	case o.expiry.after < 1:
		if op.ctx == nil {
			op.node.env.fail(callerLocation(), "state %q expires at once: give it at least 1 ms", name)
		}
		return a, false
	case op.ctx == nil:
		return a, true
	}
	return ageing{*o.expiry, op.ctx.Now}, true
}

// declare makes a state's table, or while the job is described only notes the state and returns nil.
func declare[V any, K comparable, R any](op *Op[K, R], name, kind string) *keyedCell[K, V, R] {
	if op.running {
		op.Fail("state " + name + " is declared while records are handled: declare it in the operator's setup")
	}
	if op.ctx != nil {
		values, _ := codec.Of[V]() // was there when the job was described
		t := newTable(op.ctx, op.keys, values)
		holder := holderOf(name, &t.Segments, op.ctx)
		op.hold(&holder)
		return &keyedCell[K, V, R]{op: op, table: t}
	}
	if !op.node.mayDeclare(name, op.keys != nil) {
		return nil
	}
	n := op.node
	if values := valueCodec[V](n, "state "+name); values != nil {
		n.states = append(n.states, plan.State{Name: name, Kind: kind, Schema: values.Schema()})
	}
	return nil
}

// mayDeclare notes what is wrong with declaring a state of this name. It returns false if there is no use in going on.
func (n *node) mayDeclare(name string, keyed bool) bool {
	if !keyed {
		n.env.fail(callerLocation(), "state %q needs a keyed stream: use KeyBy and Process", name)
		return false
	}
	if name == "" || name == eventTimers || name == processingTimers || inflight.IsName(name) {
		n.env.fail(callerLocation(), "state %q of operator %q needs a name of its own", name, n.uid)
	}
	for _, s := range n.states {
		if s.Name == name {
			n.env.fail(callerLocation(), "state %q is declared twice in operator %q", name, n.uid)
		}
	}
	return true
}
