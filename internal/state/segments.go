package state

import (
	"cmp"
	"math/bits"
	"reflect"
	"slices"
	"unsafe"

	"github.com/weft-stream/weft/internal/codec"
	"github.com/weft-stream/weft/internal/keygroup"
)

// Segments is what of a [Table] is the same for all types: where entries lie, how the table grows, its snapshots, and
// what of it is on disk.
//
// It uses extendible hashing. The entries are in segments of about 4 KiB, small hash tables with linear probing. The
// directory, indexed by the top bits of an entry's hash, gives the number of the segment that holds it; a full segment is
// split in two, and only the directory, some 4 byte numbers per segment, is ever doubled as a whole. Since key groups are ranges of the hash, the
// directory is in the order of key groups. The segment is the unit of a snapshot: see snapshot.go.
//
// No method may be called concurrently.
type Segments struct {
	dir    []uint32   // numbers of segments, by the top bits of the position of a hash
	places []place    // by number
	segs   []*segment // by number
	base   uint64     // the lowest hash, and
	scale  uint       // how far a hash less base is shifted left, to spread the subtask's hashes over the directory
	shift  uint       // 64 - log2(len(dir))

	watched  bool      // an update is to be noted: for a snapshot, a delta or the local file
	aliasing bool      // keys must be cloned
	text     bool      // the key is a string
	plain    bool      // and frames have it as one
	pack     *packing  // nil if slots hold keys as they are
	texts    []uintptr // offsets of the strings in a value
	absent   *slot     // stands for the slots of an evicted segment: see spill

	full  int   // slots of a segment before it is split
	count int   // keys
	slots int   // slots of all segments
	bytes int64 // of all arenas

	typed typed
	form  form
	keys  codec.Untyped
	vals  codec.Untyped
	max   int // key groups of the job

	unpacked  unsafe.Pointer // a key, to be written to a frame
	read      unsafe.Pointer // a key that was read from a frame
	readValue unsafe.Pointer
	snapshot  *snapshot // nil if none is open
	track     *tracking // nil until a checkpoint that deltas follow is begun
	former    *Decoders // of the frames to restore, nil if they are of the types K and V
	touched   uint64    // means nothing: it keeps the compiler from leaving out what Prefetch, PrefetchTexts, saveDue and readTexts read
	spill     *spill    // nil if all is in memory
	order     []ordered // of byHash

	slotsTaken []uint32 // of taken
}

// typed is what Segments needs of its table: what depends on the types of keys and values.
type typed interface {
	// move copies a slot whose key is not packed.
	move(to, from *slot)
	moveValue(to, from unsafe.Pointer)
	// wipe frees slots whose keys are not packed.
	wipe(first *slot, n int)
	wipeValue(v unsafe.Pointer)
	hashOf(key unsafe.Pointer) uint64
	ref(hash uint64, key unsafe.Pointer) (v unsafe.Pointer, isNew bool)
	remove(hash uint64, key unsafe.Pointer)
}

// form is how a slot lies in memory.
type form struct {
	size, key, val uintptr      // bytes of a slot, offsets of its key and its value
	keys, vals     reflect.Type // of a key and a value
	slots          reflect.Type // []entry
}

// place is what a look-up needs of a segment, four to a cache line.
type place struct {
	slots *slot
	mask  uint64
}

type segment struct {
	slots *slot
	n     int // slots: a power of two
	used  int
	depth uint  // how many bits of the position all its entries share
	arena arena // of packed keys
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

// prepare makes an empty table of what the types are.
func (t *Segments) prepare() {
	t.full = max(leastFull, nearestPower(segmentBytes/int(t.form.size)))
	t.pack = newPacking(t.form.keys, t.form.vals)
	t.text = t.pack != nil && t.pack.text()
	t.plain = t.text && t.keys.Text()
	t.aliasing = t.pack == nil && t.keys.Aliases()
	t.texts, _ = codec.Strings(t.form.vals)
	t.start()
}

// start gives a table without segments its first.
func (t *Segments) start() {
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
func (t *Segments) Own(firstKG, lastKG int) {
	if t.count > 0 || firstKG > lastKG {
		return
	}
	t.base = keygroup.FirstHash(firstKG, t.max)
	t.scale = uint(bits.LeadingZeros64(keygroup.FirstHash(lastKG+1, t.max) - 1 - t.base))
}

// Len returns the number of keys.
func (t *Segments) Len() int { return t.count }

// Bytes estimates the memory of the table in bytes: its segments with the strings of their keys, and its directory. It
// doesn't count what other keys and the values point to.
func (t *Segments) Bytes() int64 {
	return int64(unsafe.Sizeof(*t)) + t.bytes +
		int64(t.slots)*int64(t.form.size) +
		int64(len(t.segs))*int64(unsafe.Sizeof(segment{})) +
		int64(cap(t.segs))*int64(unsafe.Sizeof(t.segs[0])+unsafe.Sizeof(t.places[0])) + int64(4*len(t.dir)) + t.track.size()
}

// Prefetch reads the memory that Get and Ref will want for these hashes, so that the processor waits for all of it at once.
// It pays for batches of some hundred records; on a table of few keys it does nothing. It may write to the open snapshot.
func (t *Segments) Prefetch(hashes []uint64) {
	if t.spill != nil {
		t.fetch(hashes)
	}
	if t.snapshot != nil {
		t.protectAll(hashes)
	}
	if t.count < prefetchKeys {
		return
	}
	sum, size := uint64(0), t.form.size
	for _, hash := range hashes {
		p := &t.places[t.segmentOf(hash)]
		s := p.at(hash&p.mask, size)
		sum += s.hash + uint64(*(*byte)(unsafe.Add(unsafe.Pointer(s), size-1))) // a slot can lie in two cache lines
	}
	t.touched = sum
}

// PrefetchTexts does the same for the strings in the values. It comes after Prefetch and pays where each value is read
// whole, as one is that goes on to other operators.
func (t *Segments) PrefetchTexts(hashes []uint64) {
	if t.count < prefetchKeys || len(t.texts) == 0 {
		return
	}
	sum, size := uint64(0), t.form.size
	for _, hash := range hashes {
		p := &t.places[t.segmentOf(hash)]
		value := t.valAt(p.likely(hash, size))
		for _, at := range t.texts {
			if text := *(*string)(unsafe.Add(value, at)); len(text) > 0 {
				sum += uint64(text[0])
			}
		}
	}
	t.touched = sum
}

// changing notes that an entry with this hash, in segment n, is about to change.
func (t *Segments) changing(n uint32, hash uint64) {
	if t.spill != nil {
		t.changingOnDisk(n)
	}
	if t.snapshot != nil {
		t.protect(n, hash)
	}
	if t.track != nil {
		t.track.marks[n].note(hash)
	}
}

// watch sets watched.
func (t *Segments) watch() { t.watched = t.spill != nil || t.snapshot != nil || t.track != nil }

// nonzero keeps hash 0 for free slots. The key group is that of the lowest bit's either value.
func nonzero(hash uint64) uint64 {
	if hash == 0 {
		return 1
	}
	return hash
}

// position is where a hash lies among the subtask's hashes, as a fraction of 2^64.
func (t *Segments) position(hash uint64) uint64 { return (hash - t.base) << (t.scale & 63) }

// index is the directory entry of a hash.
func (t *Segments) index(hash uint64) uint64 { return t.position(hash) >> (t.shift & 63) }

// segmentOf is the number of the segment of a hash.
func (t *Segments) segmentOf(hash uint64) uint32 { return t.dir[t.index(hash)] }

// width is the number of directory entries of a segment.
func (t *Segments) width(s *segment) int { return 1 << (64 - t.shift - s.depth) }

// ordered is a slot of a segment in the order of hashes.
type ordered struct {
	hash uint64
	slot uint32
}

// byHash returns the slots of a segment that are not free in ascending order of their hashes, until the next call.
func (t *Segments) byHash(g *segment) []ordered {
	n := 0
	var ends [orderBuckets]int
	for j := range g.n {
		if s := t.slotOf(g, j); s.hash != 0 {
			ends[t.bucket(g, s.hash)]++
			n++
		}
	}
	for i := 1; i < orderBuckets; i++ {
		ends[i] += ends[i-1]
	}
	t.order = slices.Grow(t.order[:0], n)[:n]
	for j := range g.n {
		if s := t.slotOf(g, j); s.hash != 0 {
			end := &ends[t.bucket(g, s.hash)]
			*end--
			t.order[*end] = ordered{s.hash, uint32(j)}
		}
	}
	for from := 0; from < n; { // hashes are spread: a bucket has few
		to := from + 1
		for bucket := t.bucket(g, t.order[from].hash); to < n && t.bucket(g, t.order[to].hash) == bucket; {
			to++
		}
		if to > from+1 {
			slices.SortFunc(t.order[from:to], func(a, b ordered) int { return cmp.Compare(a.hash, b.hash) })
		}
		from = to
	}
	return t.order
}

const orderBuckets = 128

// bucket divides the hashes of a segment, in their order.
func (t *Segments) bucket(g *segment, hash uint64) uint64 {
	return t.position(hash) << (g.depth & 63) >> 57
}

// textRoom returns room for the strings of a segment's packed keys.
func (t *Segments) textRoom(g *segment) []byte {
	if t.pack == nil {
		return nil
	}
	n := 0
	for j := range g.n {
		if s := t.slotOf(g, j); s.hash != 0 {
			n += t.pack.length(t.keyAt(s))
		}
	}
	return make([]byte, 0, n)
}
