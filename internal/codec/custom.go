package codec

import (
	"encoding"
	"fmt"
	"reflect"
	"sync"
	"unsafe"
)

// Custom is for types that encode themselves. AppendWeft may have a value or a pointer receiver. DecodeWeft reads one
// value from the front of src and returns how many bytes it took, at least one; src can be hostile and is valid only
// during the call. Neither method may keep its receiver or write to dst[:len(dst)]. Equal values must give equal bytes if the type is a
// key or part of one.
type Custom interface {
	AppendWeft(dst []byte) []byte
	DecodeWeft(src []byte) (n int, err error)
}

// EncodeError is what [Codec.Append] panics with when a type's own AppendBinary or MarshalBinary fails.
type EncodeError struct {
	Path string // "field A.B", or "" for the value itself
	Err  error
}

// Error tells which part of the value could not be encoded, and why.
func (e *EncodeError) Error() string { return fmt.Sprintf("encode: %v", located(e.Path, e.Err)) }

// Unwrap returns the error of the type's own method.
func (e *EncodeError) Unwrap() error { return e.Err }

var (
	customType      = reflect.TypeFor[Custom]()
	appenderType    = reflect.TypeFor[encoding.BinaryAppender]()
	marshalerType   = reflect.TypeFor[encoding.BinaryMarshaler]()
	unmarshalerType = reflect.TypeFor[encoding.BinaryUnmarshaler]()
)

// ownMethods says whether values of t encode themselves, and how.
func ownMethods(t reflect.Type) (k kind, own bool, err error) {
	if t.Kind() == reflect.Interface || t.Kind() == reflect.Pointer {
		return 0, false, nil
	}
	k, own = hasMethods(t)
	if !own || t.Kind() != reflect.Struct {
		return k, own, nil
	}
	for i := range t.NumField() {
		f := t.Field(i)
		if _, promoted := hasMethods(f.Type); f.Anonymous && promoted {
			return k, false, fmt.Errorf("%s embeds %s, whose methods would encode it alone; name that field", t, f.Type)
		}
	}
	return k, own, nil
}

func hasMethods(t reflect.Type) (k kind, ok bool) {
	p := t
	if t.Kind() != reflect.Interface && t.Kind() != reflect.Pointer {
		p = reflect.PointerTo(t)
	}
	if p.Implements(customType) {
		return kindCustom, true
	}
	return kindBinary, p.Implements(unmarshalerType) && (p.Implements(appenderType) || p.Implements(marshalerType))
}

// ownSchema is the schema of a type that encodes itself.
func ownSchema(k kind, t reflect.Type) string {
	if k == kindBinary {
		return string(BinaryKind) + "(" + t.String() + ")"
	}
	return string(CustomKind) + "(" + t.String() + ")"
}

// scratch is a copy of a value on which its own methods run: they get no address of memory that the codec was told not
// to keep (see noescape), and each copy serves many values.
type scratch struct {
	value reflect.Value // addressable, of the custom type
	self  any           // its address
}

func customPool(t reflect.Type) *sync.Pool {
	return &sync.Pool{New: func() any {
		p := reflect.New(t)
		return &scratch{p.Elem(), p.Interface()}
	}}
}

// take returns a scratch that holds a copy of the value at p.
func (d *detail) take(p unsafe.Pointer) *scratch {
	s := d.pool.Get().(*scratch)
	s.value.Set(reflect.NewAt(d.typ, p).Elem())
	return s
}

// give puts a scratch back.
func (d *detail) give(s *scratch) {
	s.value.SetZero()
	d.pool.Put(s)
}

func (d *detail) appendCustom(dst []byte, p unsafe.Pointer) []byte {
	s := d.take(p)
	start := len(dst)
	if dst = s.self.(Custom).AppendWeft(dst); len(dst) <= start {
		panic(&EncodeError{d.path, fmt.Errorf("%s.AppendWeft appended nothing", d.typ)})
	}
	d.give(s)
	return dst
}

func (d *detail) decodeCustom(src []byte, at int, p unsafe.Pointer) (int, error) {
	s := d.pool.Get().(*scratch)
	n, err := s.self.(Custom).DecodeWeft(src[at:len(src):len(src)])
	if err == nil && (n < 1 || n > len(src)-at) {
		err = fmt.Errorf("%s.DecodeWeft says it took %d of %d bytes", d.typ, n, len(src)-at)
	}
	if err != nil {
		return 0, located(d.path, err)
	}
	reflect.NewAt(d.typ, p).Elem().Set(s.value)
	d.give(s)
	return at + n, nil
}

func (d *detail) appendBinary(dst []byte, p unsafe.Pointer) []byte {
	s := d.take(p)
	start := len(dst)
	dst = append(dst, 0) // the length, if it is one byte
	var err error
	if a, ok := s.self.(encoding.BinaryAppender); ok {
		dst, err = a.AppendBinary(dst)
	} else {
		var b []byte
		b, err = s.self.(encoding.BinaryMarshaler).MarshalBinary()
		dst = append(dst, b...)
	}
	if err != nil {
		panic(&EncodeError{d.path, err})
	}
	d.give(s)
	return prefixLength(dst, start)
}

// prefixLength writes the length of dst[start+1:] to dst[start:], and moves those bytes up if it takes more than a byte.
func prefixLength(dst []byte, start int) []byte {
	n := len(dst) - start - 1
	if n <= inlineMax {
		dst[start] = byte(n)
		return dst
	}
	var head [9]byte
	h := appendUint(head[:0], uint64(n))
	dst = append(dst, h[1:]...)
	copy(dst[start+len(h):], dst[start+1:start+1+n])
	copy(dst[start:], h)
	return dst
}

func (d *detail) decodeBinary(src []byte, at int, p unsafe.Pointer) (int, error) {
	n, next := readUint(src, at)
	if next < 0 || n > uint64(len(src)-next) {
		return 0, d.short(src, at)
	}
	end := next + int(n)
	s := d.pool.Get().(*scratch)
	if err := s.self.(encoding.BinaryUnmarshaler).UnmarshalBinary(src[next:end:end]); err != nil {
		return 0, located(d.path, err)
	}
	reflect.NewAt(d.typ, p).Elem().Set(s.value)
	d.give(s)
	return end, nil
}
