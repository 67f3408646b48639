// Package state holds keyed state in memory: a table of values by key, and a set of timers.
//
// Both belong to one goroutine, that of their subtask. Both give snapshots as frames: byte slices that each hold the
// entries of a range of key groups, so that a job of another parallelism can be restored from the frames it needs.
package state

import (
	"math/bits"
	"reflect"
	"unsafe"

	"github.com/weft-stream/weft/internal/codec"
	"github.com/weft-stream/weft/internal/keygroup"
)

// Table is a hash table of one subtask's keyed state. It grows without long pauses, costs the garbage collector nothing
// if K holds no pointers but those of strings and V none, and is written to a snapshot while it is being updated.
//
// It uses extendible hashing. The entries are in segments of about 4 KiB, small hash tables with linear probing. The
// directory, indexed by the top bits of an entry's hash, gives the number of the segment that holds it; a full segment is
// split in two, and only the directory, some 4 byte numbers per segment, is ever doubled as a whole. Since key groups are ranges of the hash, the
// directory is in the order of key groups. The segment is the unit of a snapshot: see snapshot.go.
//
// Callers give each key together with its hash, which they know from routing the record. A pointer returned by Ref is
// valid until the next call of Ref, Delete, BeginSnapshot or StepSnapshot, and of the table's [Store]'s Trim. No method may be
// called concurrently.
type Table[K comparable, V any] struct {
	dir    []uint32         // numbers of segments, by the top bits of the position of a hash
	places []place[K, V]    // by number
	segs   []*segment[K, V] // by number
	base   uint64           // the lowest hash, and
	scale  uint             // how far a hash less base is shifted left, to spread the subtask's hashes over the directory
	shift  uint             // 64 - log2(len(dir))

	full  int   // slots of a segment before it is split
	count int   // keys
	slots int   // slots of all segments
	bytes int64 // of all arenas

	keys     *codec.Codec[K]
	vals     *codec.Codec[V]
	hash     func(K) uint64
	max      int         // key groups of the job
	aliasing bool        // keys must be cloned
	pack     *packing[K] // nil if slots hold keys as they are
	text     bool        // K is a string
	texts    []uintptr   // offsets of the strings in V

	snapshot *snapshot       // nil if none is open
	number   uint64          // of the latest snapshot; a segment whose saved is less was not written to it
	track    *tracking       // nil until a checkpoint that deltas follow is begun
	former   *Decoders[K, V] // of the frames to restore, nil if they are of the types K and V
	touched  uint64          // means nothing: it keeps the compiler from leaving out what Prefetch and readTexts read

	spill  *spill[K, V] // nil if all is in memory
	absent *slot[K, V]  // stands for the slots of an evicted segment: see spill
}

// place is what a look-up needs of a segment, four to a cache line.
type place[K comparable, V any] struct {
	slots *slot[K, V]
	mask  uint64
}

type segment[K comparable, V any] struct {
	slots []slot[K, V] // a power of two of them
	used  int
	depth uint   // how many bits of the position all its entries share
	saved uint64 // the last snapshot it was written to
	arena arena  // of packed keys
}

const (
	segmentBytes = 4096 // wanted size of a segment
	leastFull    = 16   // but it has at least so many slots
	leastSlots   = 8    // slots of a new table
	// prefetchKeys is how many keys a table must have for Prefetch to pay: fewer are in the processor's caches.
	prefetchKeys = 50_000
	// roomyKeys is how many keys a table must have to be filled more densely.
	roomyKeys = 4096

	// dirPerSegment bounds the directory. If it would grow beyond, because hashes are not spread, a segment grows instead.
	dirPerSegment = 16
)

// NewTable returns an empty table for a job with maxParallelism key groups. hash must be the function from
// [codec.Hasher] with which callers hash; the table uses it for keys that it reads from a frame.
func NewTable[K comparable, V any](keys *codec.Codec[K], vals *codec.Codec[V], hash func(K) uint64, maxParallelism int) *Table[K, V] {
	t := &Table[K, V]{
		keys: keys, vals: vals, hash: hash, max: maxParallelism,
		pack: newPacking[K, V](),
		full: max(leastFull, nearestPower(segmentBytes/int(unsafe.Sizeof(slot[K, V]{})))),
	}
	t.text = t.pack != nil && t.pack.text()
	t.aliasing = t.pack == nil && keys.Aliases()
	t.texts, _ = codec.Strings(reflect.TypeFor[V]())
	t.start()
	return t
}

// start gives a table without segments its first.
func (t *Table[K, V]) start() {
	t.segs = append(t.segs, t.newSegment(leastSlots, 0))
	t.places = append(t.places, t.segs[0].place())
	t.dir, t.shift = make([]uint32, 2), 63
	if t.spill != nil {
		t.added(0)
	}
}

// nearestPower returns the power of two nearest to n by ratio, at least 1.
func nearestPower(n int) int {
	p := 1 << max(0, bits.Len(uint(n))-1)
	if n*n > 2*p*p {
		p *= 2
	}
	return p
}

// Own tells an empty table the key groups, firstKG to lastKG, that its subtask owns, so that it spreads just their hashes over
// its directory. Without it all works but the table of one subtask of many is less finely divided.
func (t *Table[K, V]) Own(firstKG, lastKG int) {
	if t.count > 0 || firstKG > lastKG {
		return
	}
	t.base = keygroup.FirstHash(firstKG, t.max)
	t.scale = uint(bits.LeadingZeros64(keygroup.FirstHash(lastKG+1, t.max) - 1 - t.base))
}

// Len returns the number of keys.
func (t *Table[K, V]) Len() int { return t.count }

// Bytes estimates the memory of the table in bytes: its segments with the strings of their keys, and its directory. It
// doesn't count what other keys and the values point to.
func (t *Table[K, V]) Bytes() int64 {
	return int64(unsafe.Sizeof(*t)) + t.bytes +
		int64(t.slots)*int64(unsafe.Sizeof(slot[K, V]{})) +
		int64(len(t.segs))*int64(unsafe.Sizeof(segment[K, V]{})) +
		int64(cap(t.segs))*int64(unsafe.Sizeof(t.segs[0])+unsafe.Sizeof(t.places[0])) + int64(4*len(t.dir)) + t.track.size()
}

// Get returns the value of a key, or nil. The value must not be changed.
func (t *Table[K, V]) Get(hash uint64, k K) *V {
	hash = nonzero(hash)
	if s, found := t.find(t.segmentOf(hash), hash, k); found {
		return &s.val
	}
	return nil
}

// Prefetch reads the memory that Get and Ref will want for these hashes, so that the processor waits for all of it at once.
// It pays for batches of some hundred records; on a table of few keys it does nothing.
func (t *Table[K, V]) Prefetch(hashes []uint64) {
	if t.spill != nil {
		t.fetch(hashes)
	}
	if t.count < prefetchKeys {
		return
	}
	sum := uint64(0)
	for _, hash := range hashes {
		p := &t.places[t.segmentOf(hash)]
		s := p.at(hash & p.mask)
		sum += s.hash + uint64(s.lastByte()) // a slot can lie in two cache lines
	}
	t.touched = sum
}

// Ref returns the value of a key for update. An absent key is inserted with a zero value; isNew tells. Strings and byte
// slices that the caller puts into the value must not alias a frame.
func (t *Table[K, V]) Ref(hash uint64, k K) (v *V, isNew bool) {
	hash = nonzero(hash)
	n := t.segmentOf(hash)
	if t.spill != nil {
		t.changing(n)
	}
	if t.snapshot != nil {
		t.protect(n, hash)
	}
	if t.track != nil {
		t.track.marks[n].note(hash)
	}
	p := &t.places[n]
	if s := p.at(hash & p.mask); s.hash == hash && t.pack == nil && s.key == k { // most often, without a call
		return &s.val, false
	}
	s, found := t.find(n, hash, k)
	if found {
		return &s.val, false
	}
	return t.insert(s, n, hash, k), true
}

// Delete removes a key and says whether it was there.
func (t *Table[K, V]) Delete(hash uint64, k K) bool {
	hash = nonzero(hash)
	n := t.segmentOf(hash)
	s, found := t.find(n, hash, k)
	if !found {
		return false
	}
	if t.spill != nil {
		t.changing(n)
	}
	if t.snapshot != nil {
		t.protect(n, hash)
	}
	if t.track != nil {
		t.noteDeleted(t.segs[n], s)
	}
	t.remove(n, s)
	t.segs[n].used--
	t.count--
	return true
}

// Range calls f for each key, in the order of the directory (inside a segment in no order), until f returns false. f must
// not change the table. A key whose hash is 0 is reported with hash 1. f may keep the key: strings of one segment's keys
// share one piece of memory, which is that long as they all together. What v points to is valid during the call.
func (t *Table[K, V]) Range(f func(hash uint64, k K, v *V) bool) {
	for i := 0; i < len(t.dir); {
		g := t.view(t.dir[i])
		i += t.width(g)
		if !t.each(g, f) {
			return
		}
	}
}

// nonzero keeps hash 0 for free slots. The key group is that of the lowest bit's either value.
func nonzero(hash uint64) uint64 {
	if hash == 0 {
		return 1
	}
	return hash
}

// position is where a hash lies among the subtask's hashes, as a fraction of 2^64.
func (t *Table[K, V]) position(hash uint64) uint64 { return (hash - t.base) << (t.scale & 63) }

// index is the directory entry of a hash.
func (t *Table[K, V]) index(hash uint64) uint64 { return t.position(hash) >> (t.shift & 63) }

// segmentOf is the number of the segment of a hash.
func (t *Table[K, V]) segmentOf(hash uint64) uint32 { return t.dir[t.index(hash)] }

// width is the number of directory entries of a segment.
func (t *Table[K, V]) width(s *segment[K, V]) int { return 1 << (64 - t.shift - s.depth) }

// textBytes is the length of all strings of a segment's packed keys.
func (t *Table[K, V]) textBytes(g *segment[K, V]) int {
	n := 0
	for j := range g.slots {
		if s := &g.slots[j]; s.hash != 0 {
			n += t.pack.length(&s.key)
		}
	}
	return n
}
