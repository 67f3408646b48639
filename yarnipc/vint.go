package yarnipc

import "errors"

// A VInt is Hadoop's variable-length integer (org.apache.hadoop.io.WritableUtils). A first byte of -112 or more is the
// value itself. Below that it holds the sign and the number of big-endian bytes that follow: -113..-120 for 1 to 8
// bytes of a positive value, -121..-128 for 1 to 8 bytes of a negative one, stored as its ones' complement.

var errTruncated = errors.New("ends too early")

// appendVInt appends v, which must not be negative: lengths and counts never are.
func appendVInt(b []byte, v int) []byte {
	if v <= 127 {
		return append(b, byte(v))
	}
	size := 0
	for rest := v; rest > 0; rest >>= 8 {
		size++
	}
	b = append(b, byte(-112-size))
	for shift := 8 * (size - 1); shift >= 0; shift -= 8 {
		b = append(b, byte(v>>shift))
	}
	return b
}

// readVInt reads one VInt off the front of b and returns the rest.
func readVInt(b []byte) (int64, []byte, error) {
	if len(b) == 0 {
		return 0, nil, errTruncated
	}
	first := int8(b[0])
	b = b[1:]
	if first >= -112 {
		return int64(first), b, nil
	}
	negative := first < -120
	size := -112 - int(first)
	if negative {
		size = -120 - int(first)
	}
	if len(b) < size {
		return 0, nil, errTruncated
	}
	var v int64
	for _, c := range b[:size] {
		v = v<<8 | int64(c)
	}
	if negative {
		v = ^v
	}
	return v, b[size:], nil
}

// readCount reads a VInt that counts something.
func readCount(b []byte) (int64, []byte, error) {
	n, rest, err := readVInt(b)
	if err == nil && n < 0 {
		err = errors.New("is negative")
	}
	return n, rest, err
}

// readChunk reads a VInt length and as many bytes off the front of b. The chunk aliases b.
func readChunk(b []byte) (chunk, rest []byte, err error) {
	n, rest, err := readCount(b)
	if err != nil {
		return nil, nil, err
	}
	if n > int64(len(rest)) {
		return nil, nil, errTruncated
	}
	return rest[:n:n], rest[n:], nil
}
