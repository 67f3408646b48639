package state

import "unsafe"

// Run is what was in a table that gets no new keys any more: its entries as an array in ascending order of their hashes. It
// takes less memory than the table, and several runs are gone through side by side, key by key, without a look-up.
//
// The values of keys that it has may still be changed. It is written to a snapshot in slices, like a table. No method may be
// called concurrently.
type Run[K comparable, V any] struct {
	entries []Entry[K, V]
	rows    rows
}

// Entry is a key of a run with its hash and value.
type Entry[K comparable, V any] struct {
	Hash uint64
	Key  K
	Val  V
}

// NewRun returns an empty run with room for all entries of a table. [Run.Fill] takes them over. It is no method of the table:
// then runs would be compiled for each type of table that there is.
func NewRun[K comparable, V any](t *Table[K, V]) *Run[K, V] {
	var e Entry[K, V]
	return &Run[K, V]{entries: make([]Entry[K, V], 0, t.Segments.count), rows: rows{
		size: unsafe.Sizeof(e), key: unsafe.Offsetof(e.Key), val: unsafe.Offsetof(e.Val),
		keys: t.Segments.keys, vals: t.Segments.vals, max: t.Segments.max,
	}}
}

// Fill appends the entries of the table's next segments, in order. It is called with from 0 first and with the last call's
// next then, while there are more. The table must not change meanwhile, and keeps its entries.
func (r *Run[K, V]) Fill(t *Table[K, V], from, segments int) (next int, more bool) {
	for ; segments > 0 && from < len(t.Segments.dir); segments-- {
		g := t.Segments.view(t.Segments.dir[from])
		from += t.Segments.width(g)
		text := t.Segments.textRoom(g)
		for _, at := range t.Segments.byHash(g) {
			s := entryOf[K, V](g, int(at.slot))
			e := Entry[K, V]{Hash: at.hash, Val: s.val}
			e.Key, text = t.keyOf(g, s, text)
			r.entries = append(r.entries, e)
		}
	}
	return from, from < len(t.Segments.dir)
}

// Entries returns all entries in ascending order of hashes. Those of equal hashes are in no order. They must not be changed.
func (r *Run[K, V]) Entries() []Entry[K, V] { return r.entries }

// With returns a run with the entries of both runs, which have no key in common.
func (r *Run[K, V]) With(other *Run[K, V]) *Run[K, V] {
	all := make([]Entry[K, V], 0, len(r.entries)+len(other.entries))
	rest := other.entries
	for i := range r.entries {
		for len(rest) > 0 && rest[0].Hash < r.entries[i].Hash {
			all, rest = append(all, rest[0]), rest[1:]
		}
		all = append(all, r.entries[i])
	}
	return &Run[K, V]{entries: append(all, rest...), rows: r.rows.closed()}
}

// Get returns the value of a key, or nil. The value must not be changed.
func (r *Run[K, V]) Get(hash uint64, k K) *V {
	if i := r.find(hash, k); i >= 0 {
		return &r.entries[i].Val
	}
	return nil
}

// Ref returns the value of a key for update, or nil if the run does not have the key. The pointer is valid until the next
// call of a method.
func (r *Run[K, V]) Ref(hash uint64, k K) *V {
	i := r.find(hash, k)
	if i < 0 {
		return nil
	}
	r.rows.protect(i)
	return &r.entries[i].Val
}

func (r *Run[K, V]) find(hash uint64, k K) int {
	hash = nonzero(hash)
	i, end := 0, len(r.entries)
	for i < end {
		if mid := (i + end) / 2; r.entries[mid].Hash < hash {
			i = mid + 1
		} else {
			end = mid
		}
	}
	for ; i < len(r.entries) && r.entries[i].Hash == hash; i++ {
		if r.entries[i].Key == k {
			return i
		}
	}
	return -1
}

// BeginSnapshot begins a snapshot of the run as it is now; see [Segments.BeginSnapshot].
func (r *Run[K, V]) BeginSnapshot(emit func(firstKG, lastKG int, frame []byte)) {
	r.rows.begin(unsafe.Pointer(unsafe.SliceData(r.entries)), len(r.entries), emit)
}

// Snapshotting says whether a snapshot is open.
func (r *Run[K, V]) Snapshotting() bool { return r.rows.emit != nil }

// StepSnapshot goes on with the snapshot by at most so many chunks of entries, and says whether it is done.
func (r *Run[K, V]) StepSnapshot(chunks int) (done bool) { return r.rows.step(chunks) }

// AbortSnapshot ends the open snapshot, if any: no more frames are emitted.
func (r *Run[K, V]) AbortSnapshot() { r.rows.abort() }
