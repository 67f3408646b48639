package state

import (
	"cmp"
	"slices"

	"github.com/weft-stream/weft/internal/codec"
)

// Run is what was in a table that gets no new keys any more: its entries as an array in ascending order of their hashes. It
// takes less memory than the table, and several runs are gone through side by side, key by key, without a look-up.
//
// The values of keys that it has may still be changed. It is written to a snapshot in slices, like a table. No method may be
// called concurrently.
type Run[K comparable, V any] struct {
	entries []Entry[K, V]
	keys    *codec.Codec[K]
	vals    *codec.Codec[V]
	max     int // key groups of the job

	emit    func(firstKG, lastKG int, frame []byte) // of the snapshot being written, nil if there is none
	saved   []bool                                  // which chunks have been written
	cursor  int                                     // the first chunk that may not have been
	ordered frame
}

// Entry is a key of a run with its hash and value.
type Entry[K comparable, V any] struct {
	Hash uint64
	Key  K
	Val  V
}

// chunkEntries is how many entries of a run are written to a snapshot together.
const chunkEntries = 128

// NewRun returns an empty run with room for all entries of a table. [Run.Fill] takes them over.
func (t *Table[K, V]) NewRun() *Run[K, V] {
	return &Run[K, V]{entries: make([]Entry[K, V], 0, t.count), keys: t.keys, vals: t.vals, max: t.max}
}

// Fill appends the entries of the table's next segments, in order. It is called with from 0 first and with the last call's
// next then, while there are more. The table must not change meanwhile, and keeps its entries.
func (r *Run[K, V]) Fill(t *Table[K, V], from, segments int) (next int, more bool) {
	first := len(r.entries)
	next, more = t.Walk(from, segments, func(hash uint64, k K, v *V) bool {
		r.entries = append(r.entries, Entry[K, V]{hash, k, *v})
		return true
	})
	slices.SortFunc(r.entries[first:], func(a, b Entry[K, V]) int { return cmp.Compare(a.Hash, b.Hash) })
	return next, more
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
	return &Run[K, V]{entries: append(all, rest...), keys: r.keys, vals: r.vals, max: r.max}
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
	if c := i / chunkEntries; r.emit != nil && !r.saved[c] {
		var single frame
		r.save(&single, c)
		single.flush(r.max, r.emit)
	}
	return &r.entries[i].Val
}

func (r *Run[K, V]) find(hash uint64, k K) int {
	hash = nonzero(hash)
	i, _ := slices.BinarySearchFunc(r.entries, hash, func(e Entry[K, V], hash uint64) int {
		if e.Hash < hash {
			return -1
		}
		return 1
	})
	for ; i < len(r.entries) && r.entries[i].Hash == hash; i++ {
		if r.entries[i].Key == k {
			return i
		}
	}
	return -1
}

// BeginSnapshot begins a snapshot of the run as it is now; see [Table.BeginSnapshot].
func (r *Run[K, V]) BeginSnapshot(emit func(firstKG, lastKG int, frame []byte)) {
	r.emit, r.cursor, r.ordered = emit, 0, frame{}
	r.saved = make([]bool, (len(r.entries)+chunkEntries-1)/chunkEntries)
}

// Snapshotting says whether a snapshot is open.
func (r *Run[K, V]) Snapshotting() bool { return r.emit != nil }

// StepSnapshot goes on with the snapshot by at most so many chunks of entries, and says whether it is done.
func (r *Run[K, V]) StepSnapshot(chunks int) (done bool) {
	if r.emit == nil {
		return true
	}
	for ; chunks > 0 && r.cursor < len(r.saved); chunks-- {
		if !r.saved[r.cursor] {
			r.save(&r.ordered, r.cursor)
		}
		r.cursor++
		if len(r.ordered.buf) >= frameBytes {
			r.ordered.flush(r.max, r.emit)
		}
	}
	if r.cursor < len(r.saved) {
		return false
	}
	r.ordered.flush(r.max, r.emit)
	r.AbortSnapshot()
	return true
}

// AbortSnapshot ends the open snapshot, if any: no more frames are emitted.
func (r *Run[K, V]) AbortSnapshot() { r.emit, r.saved, r.ordered = nil, nil, frame{} }

func (r *Run[K, V]) save(f *frame, chunk int) {
	r.saved[chunk] = true
	first := chunk * chunkEntries
	for i := first; i < min(first+chunkEntries, len(r.entries)); i++ {
		e := &r.entries[i]
		f.note(e.Hash)
		f.buf = r.keys.Append(f.buf, &e.Key)
		f.buf = r.vals.Append(f.buf, &e.Val)
	}
}
