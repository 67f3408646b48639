package codec

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"reflect"
	"time"
	"unsafe"
)

// ErrShort is wrapped by the errors of Decode that mean: the bytes end before the value does.
var ErrShort = errors.New("bytes end inside the value")

// decode reads a value at src[at:] into base and returns the position after it. Strings and byte slices are copied if
// copying is set, else they alias src.
func (p *program) decode(src []byte, at int, base unsafe.Pointer, copying bool) (int, error) {
	for i := range p.ops {
		o := &p.ops[i]
		v := unsafe.Add(base, o.off)
		switch o.kind {
		case kindString:
			n, next := readUint(src, at)
			if next < 0 || n > uint64(len(src)-next) {
				return 0, o.ext.short(src, at)
			}
			at = next + int(n)
			if copying {
				*(*string)(v) = string(src[next:at])
			} else {
				*(*string)(v) = unsafe.String(unsafe.SliceData(src[next:at]), int(n))
			}
		case kindInt64:
			x, next := readUint(src, at)
			if next < 0 {
				return 0, o.ext.short(src, at)
			}
			*(*int64)(v) = unzigzag(x)
			at = next
		case kindUint64:
			x, next := readUint(src, at)
			if next < 0 {
				return 0, o.ext.short(src, at)
			}
			*(*uint64)(v) = x
			at = next
		case kindByte:
			if at >= len(src) {
				return 0, o.ext.short(src, at)
			}
			*(*byte)(v) = src[at]
			at++
		case kindFixed64:
			if len(src)-at < 8 {
				return 0, o.ext.short(src, at)
			}
			*(*uint64)(v) = binary.LittleEndian.Uint64(src[at:])
			at += 8
		default:
			var err error
			if at, err = o.decode(src, at, v, copying); err != nil {
				return 0, err
			}
		}
	}
	return at, nil
}

// decode reads the less frequent kinds.
func (o *op) decode(src []byte, at int, v unsafe.Pointer, copying bool) (int, error) {
	d := o.ext
	switch o.kind {
	case kindBool, kindFixed16, kindFixed32, kindRaw:
		return o.decodeFixed(src, at, v)
	case kindInt32, kindUint32:
		return o.decode32(src, at, v)
	case kindTime:
		return d.decodeTime(src, at, v)
	case kindArray:
		return d.elem.decodeAll(src, at, v, d.n, copying)
	case kindBytes:
		return d.decodeBytes(src, at, v, copying)
	case kindSlice:
		return d.decodeSlice(src, at, v, copying)
	case kindPointer:
		return d.decodePointer(src, at, v, copying)
	case kindMap:
		return d.decodeMap(src, at, v, copying)
	case kindCustom:
		return d.decodeCustom(src, at, v)
	case kindSkip:
		return d.was.skip(src, at)
	case kindWiden:
		return d.decodeWiden(src, at, v)
	default:
		return d.decodeBinary(src, at, v)
	}
}

func (o *op) decodeFixed(src []byte, at int, v unsafe.Pointer) (int, error) {
	n := o.width()
	if len(src)-at < n {
		return 0, o.ext.short(src, at)
	}
	if o.kind == kindBool && src[at] > 1 {
		return 0, o.ext.bad(at, "%d is no bool", src[at])
	}
	switch o.kind {
	case kindFixed16:
		*(*uint16)(v) = binary.LittleEndian.Uint16(src[at:])
	case kindFixed32:
		*(*uint32)(v) = binary.LittleEndian.Uint32(src[at:])
	default:
		copy(unsafe.Slice((*byte)(v), n), src[at:])
	}
	return at + n, nil
}

// width is the number of bytes of a fixed kind.
func (o *op) width() int {
	switch o.kind {
	case kindFixed16:
		return 2
	case kindFixed32:
		return 4
	case kindRaw:
		return o.ext.n
	default:
		return 1
	}
}

func (o *op) decode32(src []byte, at int, v unsafe.Pointer) (int, error) {
	x, next := readUint(src, at)
	if next < 0 {
		return 0, o.ext.short(src, at)
	}
	if x > math.MaxUint32 {
		return 0, o.ext.bad(at, "the integer needs more than the 32 bits of %s", o.ext.typ)
	}
	if o.kind == kindInt32 {
		*(*int32)(v) = int32(unzigzag(x))
	} else {
		*(*uint32)(v) = uint32(x)
	}
	return next, nil
}

func (d *detail) decodeTime(src []byte, at int, v unsafe.Pointer) (int, error) {
	sec, next := readUint(src, at)
	if next < 0 {
		return 0, d.short(src, at)
	}
	nano, end := readUint(src, next)
	if end < 0 {
		return 0, d.short(src, next)
	}
	if nano >= uint64(time.Second) {
		return 0, d.bad(next, "%d nanoseconds are no part of a second", nano)
	}
	*(*time.Time)(v) = time.Unix(unzigzag(sec), int64(nano)).UTC()
	return end, nil
}

// length reads the length+1 of a slice or map whose elements take at least min bytes each. n is -1 for nil.
func (d *detail) length(src []byte, at, min int) (n, next int, err error) {
	x, next := readUint(src, at)
	if next < 0 {
		return 0, 0, d.short(src, at)
	}
	if x > 0 && x-1 > uint64((len(src)-next)/min) {
		return 0, 0, d.short(src, at)
	}
	return int(x) - 1, next, nil
}

func (d *detail) decodeBytes(src []byte, at int, v unsafe.Pointer, copying bool) (int, error) {
	n, next, err := d.length(src, at, 1)
	if err != nil {
		return 0, err
	}
	b := (*[]byte)(v)
	if n < 0 {
		*b = nil
		return next, nil
	}
	if copying {
		*b = append(make([]byte, 0, n), src[next:next+n]...)
	} else {
		*b = src[next : next+n : next+n]
	}
	return next + n, nil
}

func (d *detail) decodeSlice(src []byte, at int, v unsafe.Pointer, copying bool) (int, error) {
	n, next, err := d.length(src, at, d.elem.min)
	if err != nil {
		return 0, err
	}
	if n < 0 {
		*(*sliceHeader)(v) = sliceHeader{}
		return next, nil
	}
	s := sliceHeader{reflect.MakeSlice(d.typ, n, n).UnsafePointer(), n, n}
	*(*sliceHeader)(v) = s
	return d.elem.decodeAll(src, next, s.data, n, copying)
}

// decodeAll reads n values that will lie side by side.
func (p *program) decodeAll(src []byte, at int, v unsafe.Pointer, n int, copying bool) (int, error) {
	var err error
	for i := range n {
		if at, err = p.decode(src, at, unsafe.Add(v, uintptr(i)*p.size), copying); err != nil {
			return 0, err
		}
	}
	return at, nil
}

func (d *detail) decodePointer(src []byte, at int, v unsafe.Pointer, copying bool) (int, error) {
	if at >= len(src) {
		return 0, d.short(src, at)
	}
	switch src[at] {
	case 0:
		*(*unsafe.Pointer)(v) = nil
		return at + 1, nil
	case 1:
		if len(src)-at-1 < d.elem.min {
			return 0, d.short(src, at)
		}
		e := reflect.New(d.elem.typ).UnsafePointer()
		*(*unsafe.Pointer)(v) = e
		return d.elem.decode(src, at+1, e, copying)
	default:
		return 0, d.bad(at, "%d is no pointer flag", src[at])
	}
}

func (d *detail) short(src []byte, at int) error {
	return located(d.path, fmt.Errorf("%w (%s at byte %d of %d)", ErrShort, d.typ, at, len(src)))
}

func (d *detail) bad(at int, format string, args ...any) error {
	return located(d.path, fmt.Errorf("byte %d: %s", at, fmt.Sprintf(format, args...)))
}
