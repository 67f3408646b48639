package state

import (
	"reflect"
	"unsafe"

	"github.com/weft-stream/weft/internal/codec"
)

// slot is the front of an entry: what of it is the same for all types. Its hash is 0 if it is free. The whole hash is kept:
// it saves comparing keys that differ, and makes splitting cheap.
type slot struct {
	hash uint64
}

// packing says how keys with strings in them are kept without pointers: each string is replaced by a text (text.go) in
// the 16 bytes of its header. So the collector need not look into the table, and comparing a key needs no further memory.
type packing struct {
	size  uintptr   // of a key
	texts []uintptr // offsets of a key's strings
	rest  [][2]uintptr
	slots reflect.Type // []slot, without the pointers of the key
}

// newPacking returns how a table's keys are packed, or nil if they are kept as they are: when they hold no pointers, or
// others than those of strings.
func newPacking(k, v reflect.Type) *packing {
	texts, ok := codec.Strings(k)
	if !ok || len(texts) == 0 {
		return nil
	}
	p := &packing{size: k.Size(), texts: texts, rest: between(texts, k.Size())}
	p.slots = reflect.SliceOf(reflect.StructOf([]reflect.StructField{
		{Name: "Hash", Type: reflect.TypeFor[uint64]()},
		{Name: "Key", Type: reflect.ArrayOf(int(k.Size()/8), reflect.TypeFor[uint64]())},
		{Name: "Val", Type: v},
	}))
	return p
}

// between returns the parts of a type of so many bytes that are not the strings at these offsets.
func between(texts []uintptr, size uintptr) (rest [][2]uintptr) {
	from := uintptr(0)
	for _, at := range append(texts, size) {
		if from < at {
			rest = append(rest, [2]uintptr{from, at})
		}
		from = at + unsafe.Sizeof("")
	}
	return rest
}

// text says whether the key is nothing but a string.
func (p *packing) text() bool { return len(p.texts) == 1 && len(p.rest) == 0 }

// store packs a key into a slot's key of segment g.
func (p *packing) store(g *arena, key, k unsafe.Pointer) {
	for _, r := range p.rest {
		copy(bytesAt(key, r), bytesAt(k, r))
	}
	for _, at := range p.texts {
		putText(g, unsafe.Add(key, at), *(*string)(unsafe.Add(k, at)))
	}
}

// move copies a packed key into another slot's, from the arena of one segment to that of another.
func (p *packing) move(to *arena, key unsafe.Pointer, from *arena, k unsafe.Pointer) {
	for _, r := range p.rest {
		copy(bytesAt(key, r), bytesAt(k, r))
	}
	for _, at := range p.texts {
		moveText(to, unsafe.Add(key, at), from, unsafe.Add(k, at))
	}
}

// copy copies a packed key into another slot's of the same segment.
func (p *packing) copy(key, k unsafe.Pointer) {
	all := [2]uintptr{0, p.size}
	copy(bytesAt(key, all), bytesAt(k, all))
}

// peek unpacks a key into *k, whose strings are valid only until the segment changes.
func (p *packing) peek(g *arena, key, k unsafe.Pointer) {
	for _, r := range p.rest {
		copy(bytesAt(k, r), bytesAt(key, r))
	}
	for _, at := range p.texts {
		*(*string)(unsafe.Add(k, at)) = textAt(g, unsafe.Add(key, at))
	}
}

// own replaces the strings of an unpacked key by copies in buf, which must have the room.
func (p *packing) own(k unsafe.Pointer, buf []byte) []byte {
	for _, at := range p.texts {
		s := (*string)(unsafe.Add(k, at))
		from := len(buf)
		buf = append(buf, *s...)
		*s = unsafe.String(unsafe.SliceData(buf[from:]), len(*s))
	}
	return buf
}

// length is the number of bytes of a packed key's strings.
func (p *packing) length(key unsafe.Pointer) int {
	n := 0
	for _, at := range p.texts {
		n += textLen(unsafe.Add(key, at))
	}
	return n
}

// drop notes that a packed key has gone from segment g.
func (p *packing) drop(g *arena, key unsafe.Pointer) {
	for _, at := range p.texts {
		dropText(g, unsafe.Add(key, at))
	}
}

func bytesAt(k unsafe.Pointer, r [2]uintptr) []byte {
	return unsafe.Slice((*byte)(unsafe.Add(k, r[0])), r[1]-r[0])
}
