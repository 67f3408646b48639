package state

import (
	"encoding/binary"
	"errors"
	"reflect"
	"strings"
	"unsafe"

	"github.com/weft-stream/weft/internal/codec"
)

// texts says where the strings of a table's values are, which are their only pointers. A segment of such values is written
// to the local file nearly as it is in memory, which takes a fraction of the time of their codec: its slots, in which the
// address of each string is replaced by the place of its bytes behind the slots; those bytes; the arena of the keys; and the
// number of bytes of strings, in four bytes.
type texts struct {
	at   []uintptr    // offsets of the strings in a value
	rest [][2]uintptr // the other parts of it
}

func newTexts(v reflect.Type) *texts {
	at, ok := codec.Strings(v)
	if !ok || len(at) == 0 {
		return nil
	}
	return &texts{at, between(at, v.Size())}
}

var errFolded = errors.New("state on disk: the bytes of a segment do not fit together")

// foldSegment appends a segment's bytes.
func (t *Segments) foldSegment(dst []byte, g *segment) []byte {
	base := len(dst)
	dst = append(dst, t.slotBytes(g)...)
	from := len(dst)
	for j := range g.n {
		s := t.slotOf(g, j)
		if s.hash == 0 {
			continue
		}
		val := t.valAt(s)
		for _, at := range t.spill.texts.at {
			place := base + j*int(t.form.size) + int(t.form.val+at)
			binary.LittleEndian.PutUint64(dst[place:], uint64(len(dst)-from))
			dst = append(dst, *(*string)(unsafe.Add(val, at))...)
		}
	}
	size := len(dst) - from
	dst = append(dst, g.arena.buf...)
	return binary.LittleEndian.AppendUint32(dst, uint32(size))
}

// unfoldSegment fills a segment, whose slots are free, from its bytes. It returns the number of bytes of all strings,
// which share one piece of memory: src itself if shared.
func (t *Segments) unfoldSegment(g *segment, src []byte, shared bool) (size int, err error) {
	const lengthBytes = 4
	slots := len(t.slotBytes(g))
	if len(src) < slots+lengthBytes {
		return 0, errFolded
	}
	last := len(src) - lengthBytes
	size = int(binary.LittleEndian.Uint32(src[last:]))
	if size > last-slots {
		return 0, errFolded
	}
	text := unsafe.String(unsafe.SliceData(src[slots:]), size)
	if !shared {
		text = strings.Clone(text)
	}
	g.arena.buf = append(g.arena.buf[:0], src[slots+size:last]...)
	each := int(t.form.size)
	for j := range g.n {
		if !t.unfoldSlot(t.slotOf(g, j), src[j*each:(j+1)*each], text) {
			return 0, errFolded
		}
	}
	return size, nil
}

// unfoldSlot says whether the strings are inside text. Parts without pointers are copied as bytes, which the collector
// must not see of the others.
func (t *Segments) unfoldSlot(s *slot, src []byte, text string) bool {
	hash := binary.NativeEndian.Uint64(src)
	if hash == 0 {
		return true
	}
	s.hash = hash
	copy(bytesAt(t.keyAt(s), [2]uintptr{0, t.form.keys.Size()}), src[t.form.key:])
	src, val := src[t.form.val:], t.valAt(s)
	for _, r := range t.spill.texts.rest {
		copy(bytesAt(val, r), src[r[0]:r[1]])
	}
	for _, at := range t.spill.texts.at {
		from := binary.LittleEndian.Uint64(src[at:])
		size := binary.NativeEndian.Uint64(src[at+8:])
		if from > uint64(len(text)) || size > uint64(len(text))-from {
			return false
		}
		*(*string)(unsafe.Add(val, at)) = text[from : from+size]
	}
	return true
}
