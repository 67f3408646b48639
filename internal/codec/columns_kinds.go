package codec

import (
	"encoding/binary"
	"slices"
	"unsafe"
)

// extend makes dst longer by n bytes and returns them too.
func extend(dst []byte, n int) (longer, added []byte) {
	dst = slices.Grow(dst, n)
	return dst[:len(dst)+n], dst[len(dst) : len(dst)+n]
}

type integer interface {
	int64 | uint64 | int32 | uint32 | int
}

// intsHead is the size of what comes before the values of a column of integers.
const intsHead = 1 + 8

func appendInts[N integer](dst []byte, c column) []byte {
	least := *(*N)(c.first)
	most := least
	for i := 1; i < c.n; i++ {
		v := *(*N)(c.at(i))
		least, most = min(least, v), max(most, v)
	}
	width := widthOf(uint64(most) - uint64(least))
	dst, b := extend(dst, intsHead+c.n*width)
	b[0] = byte(width)
	binary.LittleEndian.PutUint64(b[1:], uint64(least))
	b = b[intsHead:]
	switch width {
	case 1:
		for i := range b {
			b[i] = byte(*(*N)(c.at(i)) - least)
		}
	case 2:
		for i := range c.n {
			binary.LittleEndian.PutUint16(b[2*i:], uint16(*(*N)(c.at(i))-least))
		}
	case 4:
		for i := range c.n {
			binary.LittleEndian.PutUint32(b[4*i:], uint32(*(*N)(c.at(i))-least))
		}
	case 8:
		for i := range c.n {
			binary.LittleEndian.PutUint64(b[8*i:], uint64(*(*N)(c.at(i))-least))
		}
	}
	return dst
}

// widthOf returns the bytes that values up to spread take.
func widthOf(spread uint64) int {
	switch {
	case spread == 0:
		return 0
	case spread < 1<<8:
		return 1
	case spread < 1<<16:
		return 2
	case spread < 1<<32:
		return 4
	}
	return 8
}

// openInts reads the head of a column of n integers.
func openInts(src []byte, n int) (width int, least uint64, values, rest []byte, ok bool) {
	if len(src) < intsHead {
		return 0, 0, nil, nil, false
	}
	width = int(src[0])
	least = binary.LittleEndian.Uint64(src[1:])
	src = src[intsHead:]
	if width > 8 || width&(width-1) != 0 || len(src) < n*width {
		return 0, 0, nil, nil, false
	}
	return width, least, src[:n*width], src[n*width:], true
}

func decodeInts[N integer](src []byte, c column) (rest []byte, ok bool) {
	width, least, b, rest, ok := openInts(src, c.n)
	if ok {
		fillInts[N](c, width, least, b)
	}
	return rest, ok
}

// fillInts reads c.n integers of the given width. Hostile bytes may hold some that are too large for N: they lose their
// top bits.
func fillInts[N integer](c column, width int, least uint64, b []byte) {
	switch width {
	case 0:
		for i := range c.n {
			*(*N)(c.at(i)) = N(least)
		}
	case 1:
		b = b[:c.n]
		for i := range b {
			*(*N)(c.at(i)) = N(least + uint64(b[i]))
		}
	case 2:
		for i := range c.n {
			*(*N)(c.at(i)) = N(least + uint64(binary.LittleEndian.Uint16(b[2*i:])))
		}
	case 4:
		for i := range c.n {
			*(*N)(c.at(i)) = N(least + uint64(binary.LittleEndian.Uint32(b[4*i:])))
		}
	case 8:
		for i := range c.n {
			*(*N)(c.at(i)) = N(least + binary.LittleEndian.Uint64(b[8*i:]))
		}
	}
}

// appendFixed appends values as they are in memory, of 1, 2, 4 or 8 bytes each.
func appendFixed(dst []byte, c column, size int) []byte {
	dst, b := extend(dst, c.n*size)
	switch size {
	case 1:
		for i := range b {
			b[i] = *(*byte)(c.at(i))
		}
	case 2:
		for i := range c.n {
			binary.LittleEndian.PutUint16(b[2*i:], *(*uint16)(c.at(i)))
		}
	case 4:
		for i := range c.n {
			binary.LittleEndian.PutUint32(b[4*i:], *(*uint32)(c.at(i)))
		}
	default:
		for i := range c.n {
			binary.LittleEndian.PutUint64(b[8*i:], *(*uint64)(c.at(i)))
		}
	}
	return dst
}

func decodeFixed(src []byte, c column, size int) (rest []byte, ok bool) {
	if len(src) < c.n*size {
		return nil, false
	}
	b, rest := src[:c.n*size], src[c.n*size:]
	switch size {
	case 1:
		for i := range b {
			*(*byte)(c.at(i)) = b[i]
		}
	case 2:
		for i := range c.n {
			*(*uint16)(c.at(i)) = binary.LittleEndian.Uint16(b[2*i:])
		}
	case 4:
		for i := range c.n {
			*(*uint32)(c.at(i)) = binary.LittleEndian.Uint32(b[4*i:])
		}
	default:
		for i := range c.n {
			*(*uint64)(c.at(i)) = binary.LittleEndian.Uint64(b[8*i:])
		}
	}
	return rest, true
}

// lengths is the column of the lengths of a column of strings: the second word of each.
func (c column) lengths() column {
	c.first = unsafe.Add(c.first, unsafe.Sizeof(uintptr(0)))
	return c
}

func appendTexts(dst []byte, c column) []byte {
	dst = appendInts[int](dst, c.lengths())
	total := 0
	for i := range c.n {
		total += len(*(*string)(c.at(i)))
	}
	dst, b := extend(dst, total)
	for i := range c.n {
		b = b[copy(b, *(*string)(c.at(i))):]
	}
	return dst
}

// SharedText is the most bytes that strings which were decoded together share. Sharing saves most of what a string by
// itself costs; a string that a job keeps shall not keep much else.
const SharedText = 256

// textsAtOnce is how many lengths are read ahead.
const textsAtOnce = 256

func decodeTexts(src []byte, c column) (rest []byte, ok bool) {
	width, least, b, rest, ok := openInts(src, c.n)
	if !ok {
		return nil, false
	}
	var lengths [textsAtOnce]int
	for from := 0; from < c.n; from += textsAtOnce {
		some := lengths[:min(textsAtOnce, c.n-from)]
		fill := column{unsafe.Pointer(&lengths[0]), unsafe.Sizeof(lengths[0]), len(some)}
		fillInts[int](fill, width, least, b[from*width:])
		if rest, ok = cutTexts(rest, some, c.from(from)); !ok {
			return nil, false
		}
	}
	return rest, true
}

// from is the column without its first values.
func (c column) from(i int) column { return column{c.at(i), c.stride, c.n - i} }

// cutTexts makes strings of the given lengths from the front of src.
func cutTexts(src []byte, lengths []int, c column) (rest []byte, ok bool) {
	for i := 0; i < len(lengths); {
		size, end := 0, i
		for end < len(lengths) && (end == i || uint(size+lengths[end]) <= SharedText) {
			if uint(lengths[end]) > uint(len(src)) {
				return nil, false
			}
			size += lengths[end]
			end++
		}
		if size > len(src) {
			return nil, false
		}
		text := string(src[:size])
		src = src[size:]
		for ; i < end; i++ {
			n := lengths[i]
			*(*string)(c.at(i)), text = text[:n], text[n:]
		}
	}
	return src, true
}
