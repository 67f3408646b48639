package state

import (
	"encoding/binary"
	"fmt"

	"github.com/weft-stream/weft/internal/codec"
)

// A segment whose slots hold pointers is written to the local file as its entries: the number of the slot as a varint,
// the hash in eight bytes, little endian, key and value in their codecs' bytes.

// encodeSegment appends a segment's entries.
func (t *Segments) encodeSegment(dst []byte, g *segment) []byte {
	for j := range g.n {
		s := t.slotOf(g, j)
		if s.hash == 0 {
			continue
		}
		dst = binary.AppendUvarint(dst, uint64(j))
		dst = binary.LittleEndian.AppendUint64(dst, s.hash)
		dst = t.appendKey(dst, g, t.keyAt(s))
		dst = t.vals.Append(dst, t.valAt(s))
	}
	return dst
}

// decodeSegment puts the entries into their slots, which are free.
func (t *Segments) decodeSegment(g *segment, src []byte) error {
	for size := len(src); len(src) > 0; {
		n, err := t.decodeEntry(g, src)
		if err != nil {
			return fmt.Errorf("state on disk: entry at byte %d of %d: %w", size-len(src), size, err)
		}
		src = src[n:]
	}
	return nil
}

func (t *Segments) decodeEntry(g *segment, src []byte) (int, error) {
	j, n := binary.Uvarint(src)
	if n <= 0 || len(src) < n+8 {
		return 0, codec.ErrShort
	}
	if j >= uint64(g.n) || t.slotOf(g, int(j)).hash != 0 {
		return 0, fmt.Errorf("slot %d of %d is not free", j, g.n)
	}
	s := t.slotOf(g, int(j))
	hash := binary.LittleEndian.Uint64(src[n:])
	n += 8
	size, err := t.decodePacked(g, s, src[n:])
	if err != nil {
		return 0, err
	}
	n += size
	size, err = t.vals.DecodeCopy(src[n:], t.valAt(s))
	s.hash = hash
	return n + size, err
}

// decodePacked reads a key from the front of src into a slot.
func (t *Segments) decodePacked(g *segment, s *slot, src []byte) (size int, err error) {
	if t.pack != nil {
		if size, err = t.decodeKey(Decoders{keys: t.keys}, src); err == nil {
			t.pack.store(&g.arena, t.keyAt(s), t.read)
		}
		return size, err
	}
	if size, err = t.keys.Decode(src, t.keyAt(s)); err == nil && t.aliasing {
		t.keys.Clone(t.keyAt(s))
	}
	return size, err
}

// entryWeight estimates how much memory the values of a table take beside their slots, where those hold pointers: by some
// entries that were looked at lately.
type entryWeight struct {
	bytes float64 // of an entry
	next  int     // the frame to be weighed next
	turn  int     // counts up to weighEvery
}

// valueOverhead is how much more memory a value takes than bytes when it is encoded, about: integers are short there, and
// what is on the heap has room to grow.
const valueOverhead = 3

// weighEvery is how many times the store is trimmed until a table weighs another of its segments.
const weighEvery = 16

func (w *entryWeight) note(entries, size int) {
	if entries == 0 {
		return
	}
	each := float64(size) / float64(entries)
	if w.bytes == 0 {
		w.bytes = each
		return
	}
	w.bytes += (each - w.bytes) / 64
}

func (w *entryWeight) of(entries int) int64 { return int64(w.bytes * float64(entries)) }

// weigh looks at one segment in memory, the next in turns, to see how large its values have become.
func (t *Segments) weigh() {
	p := t.spill
	if p.weight.turn++; p.weight.turn%weighEvery != 0 && p.weight.bytes > 0 {
		return
	}
	for range p.frames {
		p.weight.next = (p.weight.next + 1) % len(p.frames)
		if n := p.frames[p.weight.next]; n != noSegment {
			p.weight.note(t.segs[n].used, t.weightOf(t.segs[n]))
			return
		}
	}
}

// weightOf is about how many bytes the values of a segment take beside its slots.
func (t *Segments) weightOf(g *segment) int {
	p := t.spill
	if p.texts != nil {
		p.buf = t.foldSegment(p.buf[:0], g)
		return len(p.buf) - len(t.slotBytes(g))
	}
	p.buf = t.encodeSegment(p.buf[:0], g)
	return valueOverhead * len(p.buf)
}
