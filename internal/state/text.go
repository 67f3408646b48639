package state

import (
	"encoding/binary"
	"unsafe"

	"github.com/weft-stream/weft/internal/codec"
)

// A text is a string in 16 bytes without a pointer. Up to 15 bytes lie in the text itself, with their number in its last
// byte. Of longer ones it holds the place and the number of bytes in an arena, and its last byte is textLong.
const (
	textSize  = 16
	textShort = textSize - 1
	textLong  = 0xff
	arenaDead = 256 // bytes of deleted strings that are not worth the trouble
)

// arena holds the bytes of a segment's long strings.
type arena struct {
	buf  []byte
	dead int // bytes of strings that were deleted
}

func textLen(p unsafe.Pointer) int {
	n := *(*byte)(unsafe.Add(p, textShort))
	if n == textLong {
		return int(binary.LittleEndian.Uint64((*[8]byte)(unsafe.Add(p, 8))[:]) &^ (textLong << 56))
	}
	return int(n)
}

// shortText returns a text without an arena, if it is one, as a string that is valid until the text changes.
func shortText(p unsafe.Pointer) (s string, short bool) {
	n := *(*byte)(unsafe.Add(p, textShort))
	if n == textLong {
		return "", false
	}
	return unsafe.String((*byte)(p), n), true
}

// textAt returns a text as a string that is valid until the text or the arena changes.
func textAt(a *arena, p unsafe.Pointer) string {
	if s, short := shortText(p); short {
		return s
	}
	at := *(*uint64)(p)
	return unsafe.String(&a.buf[at], textLen(p))
}

func putText(a *arena, p unsafe.Pointer, s string) {
	t := (*[textSize]byte)(p)
	if len(s) <= textShort {
		*t = [textSize]byte{textShort: byte(len(s))}
		copy(t[:textShort], s)
		return
	}
	*(*uint64)(p) = uint64(len(a.buf))
	binary.LittleEndian.PutUint64(t[8:], uint64(len(s))|textLong<<56)
	a.buf = append(a.buf, s...)
}

// moveText makes t, with its bytes in arena a, what p is with its bytes in another. It may be the same text.
func moveText(a *arena, t unsafe.Pointer, from *arena, p unsafe.Pointer) {
	if *(*byte)(unsafe.Add(p, textShort)) == textLong {
		putText(a, t, textAt(from, p))
		return
	}
	*(*[textSize]byte)(t) = *(*[textSize]byte)(p)
}

// appendText appends a text as a codec does a string.
func appendText(dst []byte, a *arena, p unsafe.Pointer) []byte {
	n := *(*byte)(unsafe.Add(p, textShort))
	if n == textLong {
		return codec.AppendText(dst, textAt(a, p))
	}
	dst = append(dst, n)                          // so small a number is its own byte
	dst = append(dst, (*[textSize]byte)(p)[:]...) // as many each time: that is two moves and no loop
	return dst[:len(dst)-textSize+int(n)]
}

func dropText(a *arena, p unsafe.Pointer) {
	if *(*byte)(unsafe.Add(p, textShort)) == textLong {
		a.dead += textLen(p)
	}
}
