package codec

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"
	"unicode/utf8"
)

// jsonLimit bounds the JSON of one value, in bytes: a hostile schema can make much of a few bytes.
const jsonLimit = 1 << 30

var errJSONLimit = errors.New("the value has more than 1 GiB as json")

// AppendJSON appends the value at the front of src as JSON, and returns the longer slice and how many bytes of src it
// took. The forms, of which no reader of JSON loses anything:
//
//   - bool, string, struct (an object, in the order of its fields), slice and array: as one expects; nil is null.
//   - Integers: a number; beyond ±(2^53-1), where many readers round, a string of digits.
//   - Floats: the shortest number that reads back the same; "NaN", "Infinity" and "-Infinity".
//   - []byte and [n]byte: a string in base64. Strings that are not UTF-8, and types that encode themselves with a
//     length (binary): {"base64": "…"}.
//   - time.Time: RFC 3339 in UTC; a year that this cannot write: {"seconds": …, "nanoseconds": …} since 1970.
//   - Maps: an object where keys are strings in UTF-8, integers or bools; else a list of {"key": …, "value": …}.
//
// Errors are those of [Schema.Skip]. It may be called concurrently.
func (s *Schema) AppendJSON(dst, src []byte) (json []byte, n int, err error) {
	w := jsonWriter{src: src, dst: dst, limit: len(dst) + jsonLimit}
	if err := w.value(s); err != nil {
		return dst, 0, err
	}
	return w.dst, w.at, nil
}

// jsonWriter goes through bytes and writes what they mean.
type jsonWriter struct {
	src   []byte
	at    int
	dst   []byte
	limit int
}

func (w *jsonWriter) value(s *Schema) error {
	switch {
	case len(w.dst) > w.limit:
		return errJSONLimit
	case len(w.src)-w.at < s.min:
		return s.short(w.src, w.at)
	}
	switch s.Kind {
	case "bool", "int8", "uint8", "int16", "uint16", "float32", "float64":
		return w.fixed(s)
	case "int32", "uint32", "int64", "uint64":
		return w.integer(s)
	case "string", BinaryKind:
		return w.text(s)
	case TimeKind:
		return w.time(s)
	case StructKind:
		return w.structure(s)
	case ArrayKind:
		return w.array(s)
	case SliceKind:
		return w.slice(s)
	case MapKind:
		return w.mapping(s)
	case PointerKind:
		return w.pointer(s)
	}
	return s.opaque()
}

func (w *jsonWriter) fixed(s *Schema) error {
	b := w.src[w.at : w.at+s.min]
	switch s.Kind {
	case "bool":
		if b[0] > 1 {
			return bad(w.at, "%d is no bool", b[0])
		}
		w.dst = strconv.AppendBool(w.dst, b[0] == 1)
	case "int8":
		w.dst = appendJSONInt(w.dst, int64(int8(b[0])))
	case "uint8":
		w.dst = appendJSONUint(w.dst, uint64(b[0]))
	case "int16":
		w.dst = appendJSONInt(w.dst, int64(int16(binary.LittleEndian.Uint16(b))))
	case "uint16":
		w.dst = appendJSONUint(w.dst, uint64(binary.LittleEndian.Uint16(b)))
	case "float32":
		w.dst = appendJSONFloat(w.dst, float64(math.Float32frombits(binary.LittleEndian.Uint32(b))), 32)
	default:
		w.dst = appendJSONFloat(w.dst, math.Float64frombits(binary.LittleEndian.Uint64(b)), 64)
	}
	w.at += s.min
	return nil
}

func (w *jsonWriter) integer(s *Schema) error {
	x, next := readUint(w.src, w.at)
	switch {
	case next < 0:
		return s.short(w.src, w.at)
	case x > math.MaxUint32 && (s.Kind == "int32" || s.Kind == "uint32"):
		return bad(w.at, "the integer needs more than 32 bits")
	case s.Kind == "int32" || s.Kind == "int64":
		w.dst = appendJSONInt(w.dst, unzigzag(x))
	default:
		w.dst = appendJSONUint(w.dst, x)
	}
	w.at = next
	return nil
}

// text writes a string, or bytes that a type has encoded itself.
func (w *jsonWriter) text(s *Schema) error {
	n, next := readUint(w.src, w.at)
	if next < 0 || n > uint64(len(w.src)-next) {
		return s.short(w.src, w.at)
	}
	w.at = next + int(n)
	b := w.src[next:w.at]
	if s.Kind == "string" && utf8.Valid(b) {
		w.dst = AppendJSONString(w.dst, b)
		return nil
	}
	w.dst = append(w.dst, `{"base64":`...)
	w.dst = append(appendBase64(w.dst, b), '}')
	return nil
}

func (w *jsonWriter) time(s *Schema) error {
	sec, next := readUint(w.src, w.at)
	if next < 0 {
		return s.short(w.src, w.at)
	}
	nano, end := readUint(w.src, next)
	switch {
	case end < 0:
		return s.short(w.src, next)
	case nano >= uint64(time.Second):
		return bad(next, "%d nanoseconds are no part of a second", nano)
	}
	w.at = end
	w.dst = AppendJSONTime(w.dst, unzigzag(sec), int64(nano))
	return nil
}

func (w *jsonWriter) structure(s *Schema) error {
	w.dst = append(w.dst, '{')
	for i := range s.Fields {
		if i > 0 {
			w.dst = append(w.dst, ',')
		}
		w.dst = append(AppendJSONString(w.dst, []byte(s.Fields[i].Name)), ':')
		if err := w.value(s.Fields[i].Type); err != nil {
			return err
		}
	}
	w.dst = append(w.dst, '}')
	return nil
}

func (w *jsonWriter) array(s *Schema) error {
	switch {
	case s.Elem.Kind == "uint8":
		w.dst = appendBase64(w.dst, w.src[w.at:w.at+s.Len])
		w.at += s.Len
		return nil
	case s.Elem.min == 0: // nothing is stored of them
		w.dst = append(w.dst, "[]"...)
		return nil
	}
	return w.elements(s.Elem, s.Len)
}

func (w *jsonWriter) slice(s *Schema) error {
	n, next, err := s.length(w.src, w.at, s.Elem.min)
	if err != nil {
		return err
	}
	w.at = next
	switch {
	case n < 0:
		w.dst = append(w.dst, "null"...)
		return nil
	case s.Elem.Kind == "uint8":
		w.at += n
		w.dst = appendBase64(w.dst, w.src[next:w.at])
		return nil
	}
	return w.elements(s.Elem, n)
}

func (w *jsonWriter) elements(elem *Schema, n int) error {
	w.dst = append(w.dst, '[')
	for i := range n {
		if i > 0 {
			w.dst = append(w.dst, ',')
		}
		if err := w.value(elem); err != nil {
			return err
		}
	}
	w.dst = append(w.dst, ']')
	return nil
}

func (w *jsonWriter) pointer(s *Schema) error {
	flag := w.src[w.at]
	w.at++
	switch flag {
	case 0:
		w.dst = append(w.dst, "null"...)
		return nil
	case 1:
		return w.value(s.Elem)
	}
	return bad(w.at-1, "%d is no pointer flag", flag)
}

// mapping writes a map as an object if all of its keys can be names in one.
func (w *jsonWriter) mapping(s *Schema) error {
	n, next, err := s.length(w.src, w.at, s.Key.min+s.Elem.min)
	if err != nil {
		return err
	}
	if w.at = next; n < 0 {
		w.dst = append(w.dst, "null"...)
		return nil
	}
	if !named(s.Key.Kind) {
		return w.pairs(s, n)
	}
	start := len(w.dst)
	w.dst = append(w.dst, '{')
	for i := range n {
		if i > 0 {
			w.dst = append(w.dst, ',')
		}
		name := len(w.dst)
		if err := w.value(s.Key); err != nil {
			return err
		}
		switch w.dst[name] {
		case '{': // a string that is not UTF-8
			w.dst, w.at = w.dst[:start], next
			return w.pairs(s, n)
		case '"':
		default:
			w.dst = append(w.dst, '"')
			copy(w.dst[name+1:], w.dst[name:])
			w.dst[name] = '"'
			w.dst = append(w.dst, '"')
		}
		w.dst = append(w.dst, ':')
		if err := w.value(s.Elem); err != nil {
			return err
		}
	}
	w.dst = append(w.dst, '}')
	return nil
}

// named says of a kind of keys whether their JSON is, or can be quoted to be, a name.
func named(k SchemaKind) bool {
	switch k {
	case "bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "string":
		return true
	}
	return false
}

func (w *jsonWriter) pairs(s *Schema, n int) error {
	w.dst = append(w.dst, '[')
	for i := range n {
		if i > 0 {
			w.dst = append(w.dst, ',')
		}
		w.dst = append(w.dst, `{"key":`...)
		if err := w.value(s.Key); err != nil {
			return err
		}
		w.dst = append(w.dst, `,"value":`...)
		if err := w.value(s.Elem); err != nil {
			return err
		}
		w.dst = append(w.dst, '}')
	}
	w.dst = append(w.dst, ']')
	return nil
}

// length reads the length+1 of a slice or map whose elements take at least least bytes each. n is -1 for nil.
func (s *Schema) length(src []byte, at, least int) (n, next int, err error) {
	x, next := readUint(src, at)
	if next < 0 || x > 0 && x-1 > uint64((len(src)-next)/max(1, least)) {
		return 0, 0, s.short(src, at)
	}
	return int(x) - 1, next, nil
}

func bad(at int, format string, args ...any) error {
	return fmt.Errorf("byte %d: %s", at, fmt.Sprintf(format, args...))
}

func appendBase64(dst, b []byte) []byte {
	dst = append(dst, '"')
	dst = base64.StdEncoding.AppendEncode(dst, b)
	return append(dst, '"')
}
