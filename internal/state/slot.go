package state

import (
	"reflect"
	"unsafe"

	"github.com/weft-stream/weft/internal/codec"
)

// slot holds an entry. Its hash is 0 if it is free. The whole hash is kept: it saves comparing keys that differ, and
// makes splitting cheap.
//
// If the table packs its keys (see packing), key is not a K: then nothing may read or write it but the methods of
// packing, nor a slot as a whole. The garbage collector would take the text for pointers.
type slot[K comparable, V any] struct {
	hash uint64
	key  K
	val  V
}

func (s *slot[K, V]) lastByte() byte {
	return *(*byte)(unsafe.Add(unsafe.Pointer(s), unsafe.Sizeof(*s)-1))
}

// packing says how keys with strings in them are kept without pointers: each string is replaced by a text (text.go) in
// the 16 bytes of its header. So the collector need not look into the table, and comparing a key needs no further memory.
type packing[K comparable] struct {
	texts []uintptr // offsets of a key's strings
	rest  [][2]uintptr
	slots reflect.Type // []slot, without the pointers of the key
}

// newPacking returns how a table's keys are packed, or nil if they are kept as they are: when they hold no pointers, or
// others than those of strings.
func newPacking[K comparable, V any]() *packing[K] {
	k := reflect.TypeFor[K]()
	texts, ok := codec.Strings(k)
	if !ok || len(texts) == 0 {
		return nil
	}
	p := &packing[K]{texts: texts, rest: between(texts, k.Size())}
	p.slots = reflect.SliceOf(reflect.StructOf([]reflect.StructField{
		{Name: "Hash", Type: reflect.TypeFor[uint64]()},
		{Name: "Key", Type: reflect.ArrayOf(int(k.Size()/8), reflect.TypeFor[uint64]())},
		{Name: "Val", Type: reflect.TypeFor[V]()},
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
func (p *packing[K]) text() bool { return len(p.texts) == 1 && len(p.rest) == 0 }

// store packs a key into a slot's key of segment g.
func (p *packing[K]) store(g *arena, key, k *K) {
	for _, r := range p.rest {
		copy(bytesAt(key, r), bytesAt(k, r))
	}
	for _, at := range p.texts {
		putText(g, unsafe.Add(unsafe.Pointer(key), at), *(*string)(unsafe.Add(unsafe.Pointer(k), at)))
	}
}

// move copies a packed key into another slot's, from the arena of one segment to that of another.
func (p *packing[K]) move(to *arena, key *K, from *arena, k *K) {
	for _, r := range p.rest {
		copy(bytesAt(key, r), bytesAt(k, r))
	}
	for _, at := range p.texts {
		moveText(to, unsafe.Add(unsafe.Pointer(key), at), from, unsafe.Add(unsafe.Pointer(k), at))
	}
}

// copy copies a packed key into another slot's of the same segment.
func (p *packing[K]) copy(key, k *K) {
	all := [2]uintptr{0, unsafe.Sizeof(*k)}
	copy(bytesAt(key, all), bytesAt(k, all))
}

// peek unpacks a key into *k, whose strings are valid only until the segment changes.
func (p *packing[K]) peek(g *arena, key, k *K) {
	for _, r := range p.rest {
		copy(bytesAt(k, r), bytesAt(key, r))
	}
	for _, at := range p.texts {
		*(*string)(unsafe.Add(unsafe.Pointer(k), at)) = textAt(g, unsafe.Add(unsafe.Pointer(key), at))
	}
}

// own replaces the strings of an unpacked key by copies in buf, which must have the room.
func (p *packing[K]) own(k *K, buf []byte) []byte {
	for _, at := range p.texts {
		s := (*string)(unsafe.Add(unsafe.Pointer(k), at))
		from := len(buf)
		buf = append(buf, *s...)
		*s = unsafe.String(unsafe.SliceData(buf[from:]), len(*s))
	}
	return buf
}

// length is the number of bytes of a packed key's strings.
func (p *packing[K]) length(key *K) int {
	n := 0
	for _, at := range p.texts {
		n += textLen(unsafe.Add(unsafe.Pointer(key), at))
	}
	return n
}

// drop notes that a packed key has gone from segment g.
func (p *packing[K]) drop(g *arena, key *K) {
	for _, at := range p.texts {
		dropText(g, unsafe.Add(unsafe.Pointer(key), at))
	}
}

func bytesAt[K any](k *K, r [2]uintptr) []byte {
	return unsafe.Slice((*byte)(unsafe.Add(unsafe.Pointer(k), r[0])), r[1]-r[0])
}
