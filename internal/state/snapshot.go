package state

import (
	"encoding/binary"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"unsafe"

	"github.com/weft-stream/weft/internal/codec"
	"github.com/weft-stream/weft/internal/keygroup"
)

// A snapshot is the table as it was when it began. The owner of the table writes it between two updates: StepSnapshot
// writes the next segments in the order of the directory, and Ref and Delete write the segment they are about to change
// unless it was written before. So nothing is copied to begin one, no other goroutine looks at the table, and an update
// waits for one segment at most.
type snapshot struct {
	emit    func(firstKG, lastKG int, frame []byte)
	delta   bool                  // only of what has changed: see track.go
	saved   bitset                // by number of segment: it was written. Beside each other, since every update looks
	cursor  int                   // the next directory entry to look at
	ordered frame                 // gathers segments that are written in order
	early   [1 << earlyBits]frame // gather those that are written before their turn, by position
	due     due
}

const (
	frameBytes = 64 << 10 // at about this size a frame of gathered segments is given away
	frameRoom  = 72 << 10 // what is made for one: the last segment may be larger than the one before
	largeTable = 1 << 8   // segments: its frames are large from the first
	cacheLine  = 64       // bytes that the processor reads at once
	earlyBits  = 4        // of the position: frames of segments that were written early cover no more than this part of it
)

// frame is a frame being built: the number of entries as four bytes, little endian, and the entries, each a key and a
// value in their codecs' bytes.
type frame struct {
	buf      []byte
	count    uint32
	low, top uint64 // the least and the greatest hash
	large    bool   // it will be: it gets all its room at once
}

func (f *frame) note(hash uint64) {
	if f.count == 0 {
		if f.buf == nil && f.large {
			f.buf = newFrame()
		}
		f.buf = append(f.buf[:0], 0, 0, 0, 0)
		f.low, f.top = hash, hash
	}
	f.count++
	f.low, f.top = min(f.low, hash), max(f.top, hash)
}

// flush gives the frame, if it isn't empty, to emit: its own memory if that is well filled, else a copy.
func (f *frame) flush(maxParallelism int, emit func(firstKG, lastKG int, frame []byte)) {
	if f.count == 0 {
		return
	}
	binary.LittleEndian.PutUint32(f.buf, f.count)
	f.count = 0
	whole := f.buf
	if len(whole) > frameBytes/2 {
		f.buf, f.large = nil, true
	} else {
		whole = slices.Clone(whole)
	}
	emit(keygroup.Of(f.low, maxParallelism), keygroup.Of(f.top, maxParallelism), whole)
}

// close is the last flush.
func (f *frame) close(maxParallelism int, emit func(firstKG, lastKG int, frame []byte)) {
	f.flush(maxParallelism, emit)
	Recycle(f.buf)
	f.buf = nil
}

// BeginSnapshot begins a snapshot of the table as it is now; it takes no time. emit is called, from StepSnapshot, Ref and
// Delete, with each frame and the range of key groups that covers its keys. It may keep the frame, and give it to [Recycle]
// when it is not needed any more. An empty table has no frames. A snapshot that is still open is aborted.
func (t *Segments) BeginSnapshot(emit func(firstKG, lastKG int, frame []byte)) {
	t.snapshot = &snapshot{emit: emit, saved: newBitset(len(t.segs))}
	if len(t.segs) >= largeTable {
		t.snapshot.ordered.large = true
		for i := range t.snapshot.early {
			t.snapshot.early[i].large = true
		}
	}
	t.watch()
}

// Snapshotting says whether a snapshot is open.
func (t *Segments) Snapshotting() bool { return t.snapshot != nil }

// skipsPerSegment is how many segments are passed over in the time of writing one: those that are written already, or of which
// a delta has nothing.
const skipsPerSegment = 32

// StepSnapshot goes on with the snapshot by at most so many segments, and says whether it is done: then every frame has
// been emitted and the snapshot is closed.
func (t *Segments) StepSnapshot(segments int) (done bool) {
	n := t.snapshot
	if n == nil {
		return true
	}
	for left := segments * skipsPerSegment; left > 0 && n.cursor < len(t.dir); {
		number := t.dir[n.cursor]
		for n.cursor < len(t.dir) && t.dir[n.cursor] == number { // width would look at the segment, which is in no cache
			n.cursor++
		}
		if n.saved.has(number) || t.unchanged(number) {
			left--
			continue
		}
		left -= skipsPerSegment
		t.saveSoon(&n.ordered, number)
	}
	t.saveDue()
	if n.cursor < len(t.dir) {
		return false
	}
	n.ordered.close(t.max, n.emit)
	for i := range n.early {
		n.early[i].close(t.max, n.emit)
	}
	t.AbortSnapshot()
	return true
}

// AbortSnapshot ends the open snapshot, if any: no more frames are emitted.
func (t *Segments) AbortSnapshot() {
	t.snapshot = nil
	t.watch()
	if t.spill != nil && t.spill.leaving {
		t.Leave()
	}
}

// protect writes segment n, where a hash belongs and which is about to change, to the open snapshot.
func (t *Segments) protect(n uint32, hash uint64) {
	if !t.snapshot.saved.has(n) && !t.unchanged(n) {
		t.saveSoon(t.snapshot.earlyOf(t.position(hash)), n)
		t.saveDue()
	}
}

// protectAll is protect for many hashes, most of which are about to change.
func (t *Segments) protectAll(hashes []uint64) {
	for _, hash := range hashes {
		if n := t.segmentOf(hash); !t.snapshot.saved.has(n) && !t.unchanged(n) {
			t.saveSoon(t.snapshot.earlyOf(t.position(hash)), n)
		}
	}
	t.saveDue()
}

func (n *snapshot) earlyOf(position uint64) *frame { return &n.early[position>>(64-earlyBits)] }

// due are segments that are about to be written, each to its frame. They are in no cache: they are read before, a few of them, so
// that the processor waits for all at once.
type due struct {
	numbers [8]uint32
	frames  [8]*frame
	count   int
}

// saveSoon has segment n written to a frame, by the next saveDue at the latest.
func (t *Segments) saveSoon(f *frame, n uint32) {
	d := &t.snapshot.due
	t.snapshot.saved.mark(n)
	d.numbers[d.count], d.frames[d.count] = n, f
	if d.count++; d.count == len(d.numbers) {
		t.saveDue()
	}
}

func (t *Segments) saveDue() {
	d := &t.snapshot.due
	sum := uint64(0)
	for _, n := range d.numbers[:d.count] {
		p := &t.places[n]
		for at, end := uintptr(0), uintptr(p.mask+1)*t.form.size; at < end; at += cacheLine {
			sum += uint64(*(*byte)(unsafe.Add(unsafe.Pointer(p.slots), at)))
		}
		sum += uint64(t.segs[n].n)
	}
	t.touched = sum
	for i, n := range d.numbers[:d.count] {
		t.save(d.frames[i], t.glance(n), n)
	}
	d.count = 0
}

// save writes segment s, number n, to a frame, and gives the frame away if there is no room for another such segment.
func (t *Segments) save(f *frame, s *segment, n uint32) {
	before := len(f.buf)
	slots := t.taken(s, n)
	t.readTexts(s, slots)
	for _, i := range slots {
		e := t.slotOf(s, int(i))
		f.note(e.hash)
		f.buf = t.appendKey(f.buf, s, t.keyAt(e))
		f.buf = t.vals.Append(f.buf, t.valAt(e))
	}
	if 2*len(f.buf)-before > frameBytes {
		f.flush(t.max, t.snapshot.emit)
	}
}

// taken returns which slots of segment s, number n, the open snapshot has, until the next call. Whether a slot is free cannot
// be predicted: a number is added, so that the processor need not guess.
func (t *Segments) taken(s *segment, n uint32) []uint32 {
	t.slotsTaken = slices.Grow(t.slotsTaken[:0], s.n)[:s.n]
	count := 0
	for i := range s.n {
		t.slotsTaken[count] = uint32(i)
		more := 0
		if t.slotOf(s, i).hash != 0 {
			more = 1
		}
		count += more
	}
	all := t.slotsTaken[:count]
	if t.snapshot.delta {
		marks := &t.track.marks[n]
		all = slices.DeleteFunc(all, func(i uint32) bool { return !marks.holds(t.slotOf(s, int(i)).hash) })
	}
	return all
}

// readTexts touches what the values' strings point to. It lies anywhere: waiting for each when it is written took three
// quarters of a snapshot's time.
func (t *Segments) readTexts(s *segment, slots []uint32) {
	sum := uint64(0)
	for _, at := range t.texts {
		for _, i := range slots {
			if text := *(*string)(unsafe.Add(t.valAt(t.slotOf(s, int(i))), at)); len(text) > 0 {
				sum += uint64(text[0])
			}
		}
	}
	t.touched = sum
}

func (t *Segments) appendKey(dst []byte, s *segment, key unsafe.Pointer) []byte {
	if t.pack == nil {
		return t.keys.Append(dst, key)
	}
	if t.plain {
		return appendText(dst, &s.arena, key)
	}
	if t.unpacked == nil {
		t.unpacked = reflect.New(t.form.keys).UnsafePointer()
	}
	t.pack.peek(&s.arena, key, t.unpacked)
	return t.keys.Append(dst, t.unpacked)
}

// Entries returns the number of entries of a frame that this package emitted.
func Entries(frame []byte) int64 { return int64(binary.LittleEndian.Uint32(frame)) }

// readFrame calls entry for each entry of a frame, which takes at least least bytes; entry returns how many it took.
func readFrame(frame []byte, least int, entry func(src []byte) (int, error)) error {
	if len(frame) < 4 {
		return fmt.Errorf("frame of %d bytes: %w", len(frame), codec.ErrShort)
	}
	count, rest := uint64(binary.LittleEndian.Uint32(frame)), frame[4:]
	if count > uint64(len(rest)/max(1, least)) && (least > 0 || count > 1) {
		return fmt.Errorf("frame of %d bytes can't hold %d entries", len(frame), count)
	}
	for i := range count {
		n, err := entry(rest)
		if err != nil {
			return fmt.Errorf("frame entry %d, at byte %d of %d: %w", i, len(frame)-len(rest), len(frame), err)
		}
		rest = rest[n:]
	}
	if len(rest) > 0 {
		return errors.New("frame has " + fmt.Sprint(len(rest)) + " bytes after its last entry")
	}
	return nil
}
