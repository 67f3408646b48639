package codec

import (
	"encoding/binary"
	"math/bits"
)

// inlineMax is the greatest integer that is its own byte; a greater first byte is inlineMax plus the number of bytes
// that follow.
const inlineMax = 0xff - 8

func zigzag(x int64) uint64   { return uint64(x<<1) ^ uint64(x>>63) }
func unzigzag(x uint64) int64 { return int64(x>>1) ^ -int64(x&1) }

func appendUint(dst []byte, x uint64) []byte {
	if x <= inlineMax {
		return append(dst, byte(x))
	}
	return appendWide(dst, x)
}

func appendWide(dst []byte, x uint64) []byte {
	k := (bits.Len64(x) + 7) / 8
	dst = append(dst, byte(inlineMax+k))
	dst = binary.LittleEndian.AppendUint64(dst, x)
	return dst[:len(dst)-8+k]
}

// readUint reads an integer at src[at:] and returns the position after it, or -1 if src ends too early.
func readUint(src []byte, at int) (x uint64, next int) {
	if at < len(src) && src[at] <= inlineMax {
		return uint64(src[at]), at + 1
	}
	return readWide(src, at)
}

func readWide(src []byte, at int) (x uint64, next int) {
	if at >= len(src) {
		return 0, -1
	}
	k := int(src[at]) - inlineMax
	at++
	if len(src)-at >= 8 {
		return binary.LittleEndian.Uint64(src[at:]) & (^uint64(0) >> (64 - 8*k)), at + k
	}
	if len(src)-at < k {
		return 0, -1
	}
	for i := range k {
		x |= uint64(src[at+i]) << (8 * i)
	}
	return x, at + k
}
