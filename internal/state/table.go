// Package state holds keyed state in memory: a table of values by key, and a set of timers.
//
// Both belong to one goroutine, that of their subtask. Both give snapshots as frames: byte slices that each hold the
// entries of a range of key groups, so that a job of another parallelism can be restored from the frames it needs.
package state

import (
	"reflect"
	"unsafe"

	"github.com/weft-stream/weft/internal/codec"
)

// Table is a hash table of one subtask's keyed state. It grows without long pauses, costs the garbage collector nothing
// if K holds no pointers but those of strings and V none, and is written to a snapshot while it is being updated.
//
// Here is only what a look-up needs, and what needs the types: it is compiled anew for each K and V. All else is in
// [Segments], which is compiled once.
//
// Callers give each key together with its hash, which they know from routing the record. A pointer returned by Ref is
// valid until the next call of Ref, Delete, BeginSnapshot or StepSnapshot, and of the table's [Store]'s Trim. No method may be
// called concurrently.
type Table[K comparable, V any] struct {
	Segments Segments
	hash     func(K) uint64
}

// entry is a slot with its key and value. If the table packs its keys (see packing), key is not a K: then nothing may read
// or write it but the methods of packing, nor an entry as a whole. The garbage collector would take the text for pointers.
type entry[K comparable, V any] struct {
	hash uint64
	key  K
	val  V
}

// NewTable returns an empty table for a job with maxParallelism key groups. hash must be the function from
// [codec.Hasher] with which callers hash; the table uses it for keys that it reads from a frame.
func NewTable[K comparable, V any](keys *codec.Codec[K], vals *codec.Codec[V], hash func(K) uint64, maxParallelism int) *Table[K, V] {
	var e entry[K, V]
	t := &Table[K, V]{hash: hash}
	t.Segments = Segments{
		typed: t, keys: keys.Untyped(), vals: vals.Untyped(), max: maxParallelism,
		form: form{
			size: unsafe.Sizeof(e), key: unsafe.Offsetof(e.key), val: unsafe.Offsetof(e.val),
			keys: reflect.TypeFor[K](), vals: reflect.TypeFor[V](), slots: reflect.TypeFor[[]entry[K, V]](),
		},
	}
	t.Segments.prepare()
	return t
}

// Get returns the value of a key, or nil. The value must not be changed.
func (t *Table[K, V]) Get(hash uint64, k K) *V {
	hash = nonzero(hash)
	if s, found := t.find(t.Segments.segmentOf(hash), hash, k); found {
		return &s.val
	}
	return nil
}

// Ref returns the value of a key for update. An absent key is inserted with a zero value; isNew tells. Strings and byte
// slices that the caller puts into the value must not alias a frame.
func (t *Table[K, V]) Ref(hash uint64, k K) (v *V, isNew bool) {
	hash = nonzero(hash)
	g := &t.Segments
	n := g.segmentOf(hash)
	if g.watched {
		g.changing(n, hash)
	}
	p := &g.places[n]
	if s := likely[K, V](p, hash); s.hash == hash && (g.pack == nil && s.key == k || g.pack != nil && t.holds(n, s, k)) {
		return &s.val, false
	}
	at, found := t.find(n, hash, k)
	if found {
		return &at.val, false
	}
	return t.insert(at, n, hash, k), true
}

// Delete removes a key and says whether it was there.
func (t *Table[K, V]) Delete(hash uint64, k K) bool {
	hash = nonzero(hash)
	n := t.Segments.segmentOf(hash)
	s, found := t.find(n, hash, k)
	if found {
		t.Segments.remove(n, s.slot())
	}
	return found
}

// Range calls f for each key, in the order of the directory (inside a segment in no order), until f returns false. f must
// not change the table. A key whose hash is 0 is reported with hash 1. f may keep the key: strings of one segment's keys
// share one piece of memory, which is that long as they all together. What v points to is valid during the call.
func (t *Table[K, V]) Range(f func(hash uint64, k K, v *V) bool) {
	t.Walk(0, len(t.Segments.dir), f)
}

// Walk is Range a piece at a time: it calls f for each key of the next segments. All hashes of a later segment are higher.
// It is called with from 0 first and with the last call's next then, while there are more; the table must not change
// meanwhile.
func (t *Table[K, V]) Walk(from, segments int, f func(hash uint64, k K, v *V) bool) (next int, more bool) {
	for ; segments > 0 && from < len(t.Segments.dir); segments-- {
		g := t.Segments.view(t.Segments.dir[from])
		from += t.Segments.width(g)
		if !t.each(g, f) {
			break
		}
	}
	return from, from < len(t.Segments.dir)
}

// each calls f for the keys of a segment until it returns false, and says whether it never did.
func (t *Table[K, V]) each(g *segment, f func(hash uint64, k K, v *V) bool) bool {
	text := t.Segments.textRoom(g)
	for j := range g.n {
		s := entryOf[K, V](g, j)
		if s.hash == 0 {
			continue
		}
		var k K
		if k, text = t.keyOf(g, s, text); !f(s.hash, k, &s.val) {
			return false
		}
	}
	return true
}

// keyOf returns an entry's key, with strings of its own, for which text has the room.
func (t *Table[K, V]) keyOf(g *segment, s *entry[K, V], text []byte) (k K, rest []byte) {
	pack := t.Segments.pack
	if pack == nil {
		return s.key, text
	}
	pack.peek(&g.arena, unsafe.Pointer(&s.key), unsafe.Pointer(&k))
	return k, pack.own(unsafe.Pointer(&k), text)
}

// find returns the slot of a key in segment n, where its hash belongs, or the free slot where it would go.
func (t *Table[K, V]) find(n uint32, hash uint64, k K) (s *entry[K, V], found bool) {
	p := &t.Segments.places[n]
	for j := hash & p.mask; ; j = (j + 1) & p.mask {
		s = entryAt[K, V](p, j)
		if s.hash == hash {
			if t.Segments.pack == nil {
				if s.key == k {
					return s, true
				}
			} else if t.holds(n, s, k) {
				return s, true
			}
		}
		if s.hash == 0 {
			if s.slot() == t.Segments.absent {
				t.Segments.present(n)
				return t.find(n, hash, k)
			}
			return s, false
		}
	}
}

// holds says whether a slot of segment n has this key, which is packed.
func (t *Table[K, V]) holds(n uint32, s *entry[K, V], k K) bool {
	key := unsafe.Pointer(&s.key)
	if t.Segments.text {
		have, short := shortText(key)
		if !short { // only then: the segment itself is one more place to wait for
			have = textAt(&t.Segments.segs[n].arena, key)
		}
		return have == *(*string)(unsafe.Pointer(&k))
	}
	var own K
	t.Segments.pack.peek(&t.Segments.segs[n].arena, key, unsafe.Pointer(&own))
	return own == k
}

// insert puts a key into the free slot s of segment n, after making room if it is full.
func (t *Table[K, V]) insert(s *entry[K, V], n uint32, hash uint64, k K) *V {
	g := &t.Segments
	taken, n := g.admit(s.slot(), n, hash)
	s = (*entry[K, V])(unsafe.Pointer(taken))
	if g.pack != nil {
		g.storeKey(n, unsafe.Pointer(&s.key), unsafe.Pointer(&k))
		return &s.val
	}
	s.key = k
	if g.aliasing {
		g.keys.Clone(unsafe.Pointer(&s.key))
	}
	return &s.val
}

func (s *entry[K, V]) slot() *slot { return (*slot)(unsafe.Pointer(s)) }

// entryAt returns the entry of a place's slot. The index must not be above the mask.
func entryAt[K comparable, V any](p *place, i uint64) *entry[K, V] {
	return (*entry[K, V])(unsafe.Add(unsafe.Pointer(p.slots), uintptr(i)*unsafe.Sizeof(entry[K, V]{})))
}

// likely is [place.likely] for an entry.
func likely[K comparable, V any](p *place, hash uint64) *entry[K, V] {
	return (*entry[K, V])(unsafe.Pointer(p.likely(hash, unsafe.Sizeof(entry[K, V]{}))))
}

func entryOf[K comparable, V any](g *segment, i int) *entry[K, V] {
	return (*entry[K, V])(unsafe.Add(unsafe.Pointer(g.slots), uintptr(i)*unsafe.Sizeof(entry[K, V]{})))
}

// What follows implements typed.

func (t *Table[K, V]) move(to, from *slot) {
	*(*entry[K, V])(unsafe.Pointer(to)) = *(*entry[K, V])(unsafe.Pointer(from))
}

func (t *Table[K, V]) moveValue(to, from unsafe.Pointer) { *(*V)(to) = *(*V)(from) }

func (t *Table[K, V]) wipe(first *slot, n int) {
	clear(unsafe.Slice((*entry[K, V])(unsafe.Pointer(first)), n))
}

func (t *Table[K, V]) wipeValue(v unsafe.Pointer) {
	var none V
	*(*V)(v) = none
}

func (t *Table[K, V]) hashOf(k unsafe.Pointer) uint64 { return t.hash(*(*K)(k)) }

func (t *Table[K, V]) ref(hash uint64, k unsafe.Pointer) (v unsafe.Pointer, isNew bool) {
	p, isNew := t.Ref(hash, *(*K)(k))
	return unsafe.Pointer(p), isNew
}

func (t *Table[K, V]) remove(hash uint64, k unsafe.Pointer) { t.Delete(hash, *(*K)(k)) }
