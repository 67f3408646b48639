package codec

import (
	"fmt"
	"slices"
	"unsafe"
)

// Columns are the form of many values on their way between workers: all values of one part of T lie side by side, so that
// one tight loop handles each part, and what is alike takes little room. The parts come in the order of the steps of T's
// program:
//
//   - integers of 32 and 64 bits: a width of 0, 1, 2, 4 or 8 bytes, the least value in 8 bytes, then of each value how much
//     it is above the least. Values that are all equal take no room.
//   - bools, other integers and floats: side by side in their full size.
//   - strings: their lengths as integers, then all their bytes.
//   - other parts: as single values are written, one after the other.
//
// State is not kept in this form: it has to be there before the first snapshot and stay for ever, columns may change.

// AppendColumns appends the columns of the values to dst and returns the longer slice. The values' number is not in them.
// It panics as Append does.
func (c *Codec[T]) AppendColumns(dst []byte, values []T) []byte {
	if len(values) == 0 {
		return dst
	}
	at := column{unsafe.Pointer(unsafe.SliceData(values)), c.prog.size, len(values)}
	for i := range c.prog.ops {
		o := &c.prog.ops[i]
		dst = o.appendColumn(dst, at.part(o.off))
	}
	return dst
}

// DecodeColumns fills the values from the columns at the front of src and returns how many bytes they took. Strings are
// copied, short ones several at a time: one that is kept keeps at most [SharedText] bytes alive besides itself. After an
// error the values are partly filled.
func (c *Codec[T]) DecodeColumns(src []byte, values []T) (n int, err error) {
	if len(values) == 0 {
		return 0, nil
	}
	at := column{unsafe.Pointer(unsafe.SliceData(values)), c.prog.size, len(values)}
	rest := src
	for i := range c.prog.ops {
		o := &c.prog.ops[i]
		if rest, err = o.decodeColumn(rest, at.part(o.off)); err != nil {
			return 0, err
		}
	}
	return len(src) - len(rest), nil
}

// AppendInts appends a column of integers to dst and returns the longer slice.
func AppendInts(dst []byte, numbers []int64) []byte {
	if len(numbers) == 0 {
		return dst
	}
	return appendInts[int64](dst, column{unsafe.Pointer(unsafe.SliceData(numbers)), 8, len(numbers)})
}

// DecodeInts reads a column of len(numbers) integers and returns what follows it in src.
func DecodeInts(src []byte, numbers []int64) (rest []byte, err error) {
	if len(numbers) == 0 {
		return src, nil
	}
	rest, ok := decodeInts[int64](src, column{unsafe.Pointer(unsafe.SliceData(numbers)), 8, len(numbers)})
	if !ok {
		return nil, fmt.Errorf("%w (a column of %d integers)", ErrShort, len(numbers))
	}
	return rest, nil
}

// column is one part of n values that lie side by side: where that of the first is, and how far apart they are.
type column struct {
	first  unsafe.Pointer
	stride uintptr
	n      int
}

func (c column) part(off uintptr) column {
	c.first = unsafe.Add(c.first, off)
	return c
}

func (c column) at(i int) unsafe.Pointer { return unsafe.Add(c.first, uintptr(i)*c.stride) }

func (o *op) appendColumn(dst []byte, c column) []byte {
	switch o.kind {
	case kindInt64:
		return appendInts[int64](dst, c)
	case kindUint64:
		return appendInts[uint64](dst, c)
	case kindInt32:
		return appendInts[int32](dst, c)
	case kindUint32:
		return appendInts[uint32](dst, c)
	case kindString:
		return appendTexts(dst, c)
	case kindBool, kindByte:
		return appendFixed(dst, c, 1)
	case kindFixed16:
		return appendFixed(dst, c, 2)
	case kindFixed32:
		return appendFixed(dst, c, 4)
	case kindFixed64:
		return appendFixed(dst, c, 8)
	}
	for i := range c.n {
		dst = o.append(dst, c.at(i))
	}
	return dst
}

func (o *op) decodeColumn(src []byte, c column) ([]byte, error) {
	rest, ok := src, true
	switch o.kind {
	case kindInt64:
		rest, ok = decodeInts[int64](src, c)
	case kindUint64:
		rest, ok = decodeInts[uint64](src, c)
	case kindInt32:
		rest, ok = decodeInts[int32](src, c)
	case kindUint32:
		rest, ok = decodeInts[uint32](src, c)
	case kindString:
		rest, ok = decodeTexts(src, c)
	case kindBool:
		if n := min(c.n, len(src)); slices.ContainsFunc(src[:n], func(b byte) bool { return b > 1 }) {
			return nil, o.ext.bad(0, "a column of bools holds other values")
		}
		rest, ok = decodeFixed(src, c, 1)
	case kindByte:
		rest, ok = decodeFixed(src, c, 1)
	case kindFixed16:
		rest, ok = decodeFixed(src, c, 2)
	case kindFixed32:
		rest, ok = decodeFixed(src, c, 4)
	case kindFixed64:
		rest, ok = decodeFixed(src, c, 8)
	default:
		return o.decodeEach(src, c)
	}
	if !ok {
		return nil, located(o.ext.path, fmt.Errorf("%w (a column of %d %s in %d bytes)", ErrShort, c.n, o.ext.typ, len(src)))
	}
	return rest, nil
}

// decodeEach reads values that are written one after the other.
func (o *op) decodeEach(src []byte, c column) ([]byte, error) {
	at, err := 0, error(nil)
	for i := range c.n {
		if at, err = o.decode(src, at, c.at(i), true); err != nil {
			return nil, err
		}
	}
	return src[at:], nil
}
