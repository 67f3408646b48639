package codec

import (
	"math"
	"strconv"
	"time"
)

// exactJSON is the greatest integer up to which every reader of JSON numbers is exact: 2^53-1.
const exactJSON = 1<<53 - 1

func appendJSONInt(dst []byte, x int64) []byte {
	if -exactJSON <= x && x <= exactJSON {
		return strconv.AppendInt(dst, x, 10)
	}
	return append(strconv.AppendInt(append(dst, '"'), x, 10), '"')
}

func appendJSONUint(dst []byte, x uint64) []byte {
	if x <= exactJSON {
		return strconv.AppendUint(dst, x, 10)
	}
	return append(strconv.AppendUint(append(dst, '"'), x, 10), '"')
}

// appendJSONFloat writes the shortest number that reads back the same, with an exponent where people expect one.
func appendJSONFloat(dst []byte, f float64, bits int) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, `"NaN"`...)
	case math.IsInf(f, 1):
		return append(dst, `"Infinity"`...)
	case math.IsInf(f, -1):
		return append(dst, `"-Infinity"`...)
	}
	format := byte('f')
	if size := math.Abs(f); size != 0 && (size < 1e-6 || size >= 1e21) {
		format = 'e'
	}
	return strconv.AppendFloat(dst, f, format, -1, bits)
}

// AppendJSONTime appends a time, seconds and nanoseconds since 1970, as [Schema.AppendJSON] writes it.
func AppendJSONTime(dst []byte, seconds, nanoseconds int64) []byte {
	const year0, year10000 = -62167219200, 253402300800
	if seconds >= year0 && seconds < year10000 {
		dst = time.Unix(seconds, nanoseconds).UTC().AppendFormat(append(dst, '"'), time.RFC3339Nano)
		return append(dst, '"')
	}
	dst = appendJSONInt(append(dst, `{"seconds":`...), seconds)
	dst = appendJSONInt(append(dst, `,"nanoseconds":`...), nanoseconds)
	return append(dst, '}')
}

// AppendJSONString appends text, which must be UTF-8, as a JSON string.
func AppendJSONString(dst, text []byte) []byte {
	const digits = "0123456789abcdef"
	dst = append(dst, '"')
	from := 0
	for i, c := range text {
		if c >= ' ' && c != '"' && c != '\\' && c != 0x7f {
			continue
		}
		dst = append(dst, text[from:i]...)
		from = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		}
	}
	return append(append(dst, text[from:]...), '"')
}
