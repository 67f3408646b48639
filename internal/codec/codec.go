// Package codec turns values of a Go type into compact bytes and back: for frames between containers, for keyed state
// and for its snapshots.
//
// A codec is compiled once per type: reflection walks the type and leaves a flat list of steps (kind, offset), which a
// small interpreter runs over the memory of a value. No code is generated, nothing is boxed, and for values of numbers,
// strings, byte slices, arrays and structs nothing is allocated.
//
// # Format
//
// A value is the concatenation of its parts; names and types are not in the bytes, they are in [Codec.Schema].
//
//   - 32 and 64 bit integers: values up to 247 take one byte; else a byte 247+k and the k low bytes, little endian.
//     Signed integers are zigzag coded first. It is about as short as a varint and needs one branch instead of one per
//     byte. int and uint are 64 bits wide on every machine.
//   - bool and 8 bit integers: one byte; 16 bit integers two; floats four or eight, little endian.
//   - string: its length as an integer, then its bytes. []byte, slices and maps: length+1, or 0 for nil, then their
//     elements. Map entries are ordered by the bytes of their keys, so equal maps give equal bytes.
//   - pointer: 0, or 1 and what it points to. Array and struct: their parts.
//   - time.Time: seconds since 1970 and nanoseconds. It decodes as UTC: the instant is kept, the location is not.
//   - A type with its own methods ([Custom], or encoding.BinaryMarshaler and BinaryUnmarshaler): what they write, the
//     binary ones with their length in front.
//
// Decoding is bounded: whatever the bytes, it neither panics nor allocates more than a small multiple of their number.
package codec

import (
	"fmt"
	"reflect"
	"sync"
	"unsafe"
)

// Codec encodes and decodes values of type T. It is immutable and may be used concurrently.
type Codec[T any] struct {
	prog *program
}

var cache sync.Map // reflect.Type of T -> *Codec[T]

// Of returns the codec of T; each type is compiled once. The error names the part of T that can't be stored and what to
// use instead. It may be called concurrently.
func Of[T any]() (*Codec[T], error) {
	t := reflect.TypeFor[T]()
	if c, ok := cache.Load(t); ok {
		return c.(*Codec[T]), nil
	}
	p, err := compile(t)
	if err != nil {
		return nil, fmt.Errorf("type %s: %w", t, err)
	}
	c, _ := cache.LoadOrStore(t, &Codec[T]{p})
	return c.(*Codec[T]), nil
}

// Append appends the bytes of *v to dst and returns the longer slice. It may write beyond the result's length, within
// its capacity. It panics with an [*EncodeError] if a type's own MarshalBinary or AppendBinary fails.
func (c *Codec[T]) Append(dst []byte, v *T) []byte {
	return c.prog.append(dst, noescape(unsafe.Pointer(v)))
}

// Decode reads one value from the front of src into *v and returns how many bytes it took. Strings and byte slices in *v
// share src's memory: they are valid as long as src is not changed, and keep all of it alive. Other slices, maps and
// pointers are new. Struct fields tagged `weft:"-"` stay as they are. After an error *v is partly filled.
func (c *Codec[T]) Decode(src []byte, v *T) (n int, err error) {
	return c.prog.decode(src, 0, noescape(unsafe.Pointer(v)), false)
}

// DecodeCopy is Decode with strings and byte slices in memory of their own.
func (c *Codec[T]) DecodeCopy(src []byte, v *T) (n int, err error) {
	return c.prog.decode(src, 0, noescape(unsafe.Pointer(v)), true)
}

// Clone replaces the strings and byte slices in *v, however deep, by copies, so that *v can be kept when the memory it
// was decoded from is used again. Slices, maps and pointers on the way to them are replaced too, never written through.
// It does nothing when Aliases is false.
func (c *Codec[T]) Clone(v *T) {
	if c.prog.aliases() {
		c.prog.clone(noescape(unsafe.Pointer(v)))
	}
}

// Aliases says whether a decoded T can share memory with the bytes it came from: whether it holds strings or byte slices.
func (c *Codec[T]) Aliases() bool { return c.prog.aliases() }

// Schema returns the canonical text of T's format. Types with equal schemas have equal formats. Named types appear by
// their structure; int and uint as int64 and uint64.
func (c *Codec[T]) Schema() string { return c.prog.schema }

// PointerFree says whether T's memory holds no pointers, so that the garbage collector need not look into it.
func (c *Codec[T]) PointerFree() bool { return c.prog.pointerFree }

// MinSize returns the fewest bytes that a value of T can take.
func (c *Codec[T]) MinSize() int { return c.prog.min }

// noescape hides from escape analysis that a value's address is handed to the interpreter, which would move every
// caller's local variable to the heap. The interpreter keeps no address beyond a call, and hands none to foreign code:
// a type's own methods run on copies (see custom.go).
func noescape(p unsafe.Pointer) unsafe.Pointer {
	x := uintptr(p)
	return *(*unsafe.Pointer)(unsafe.Pointer(&x))
}
