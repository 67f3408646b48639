package codec

import (
	"encoding/binary"
	"time"
	"unsafe"
)

// append encodes the value at base.
func (p *program) append(dst []byte, base unsafe.Pointer) []byte {
	for i := range p.ops {
		o := &p.ops[i]
		v := unsafe.Add(base, o.off)
		switch o.kind {
		case kindString:
			s := *(*string)(v)
			dst = appendUint(dst, uint64(len(s)))
			dst = append(dst, s...)
		case kindInt64:
			dst = appendUint(dst, zigzag(*(*int64)(v)))
		case kindUint64:
			dst = appendUint(dst, *(*uint64)(v))
		case kindInt32:
			dst = appendUint(dst, zigzag(int64(*(*int32)(v))))
		case kindUint32:
			dst = appendUint(dst, uint64(*(*uint32)(v)))
		case kindBool, kindByte:
			dst = append(dst, *(*byte)(v))
		case kindFixed16:
			dst = binary.LittleEndian.AppendUint16(dst, *(*uint16)(v))
		case kindFixed32:
			dst = binary.LittleEndian.AppendUint32(dst, *(*uint32)(v))
		case kindFixed64:
			dst = binary.LittleEndian.AppendUint64(dst, *(*uint64)(v))
		default:
			dst = o.append(dst, v)
		}
	}
	return dst
}

// append encodes the less frequent kinds.
func (o *op) append(dst []byte, v unsafe.Pointer) []byte {
	d := o.ext
	switch o.kind {
	case kindBytes:
		b := *(*[]byte)(v)
		if b == nil {
			return append(dst, 0)
		}
		return append(appendUint(dst, uint64(len(b))+1), b...)
	case kindRaw:
		return append(dst, unsafe.Slice((*byte)(v), d.n)...)
	case kindTime:
		t := (*time.Time)(v)
		dst = appendUint(dst, zigzag(t.Unix()))
		return appendUint(dst, uint64(t.Nanosecond()))
	case kindArray:
		return d.elem.appendAll(dst, v, d.n)
	case kindSlice:
		s := (*sliceHeader)(v)
		if s.data == nil {
			return append(dst, 0)
		}
		return d.elem.appendAll(appendUint(dst, uint64(s.len)+1), s.data, s.len)
	case kindPointer:
		e := *(*unsafe.Pointer)(v)
		if e == nil {
			return append(dst, 0)
		}
		return d.elem.append(append(dst, 1), e)
	case kindMap:
		return d.appendMap(dst, *(*unsafe.Pointer)(v))
	case kindCustom:
		return d.appendCustom(dst, v)
	default:
		return d.appendBinary(dst, v)
	}
}

// appendAll encodes n values that lie side by side.
func (p *program) appendAll(dst []byte, v unsafe.Pointer, n int) []byte {
	for i := range n {
		dst = p.append(dst, unsafe.Add(v, uintptr(i)*p.size))
	}
	return dst
}

// sliceHeader is the memory of a slice.
type sliceHeader struct {
	data     unsafe.Pointer
	len, cap int
}
