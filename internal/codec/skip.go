package codec

import (
	"encoding/binary"
	"fmt"
	"math"
	"unsafe"
)

// Skip returns how many bytes the value at the front of src takes, without looking closer than that needs. It allocates
// nothing. The error wraps ErrShort where src ends inside the value; a value that encodes itself (custom) has no end that
// can be known here, and is an error. It may be called concurrently.
func (s *Schema) Skip(src []byte) (n int, err error) { return s.skip(src, 0) }

// Int64 reads an encoded int64 from the front of src, and says how many bytes it takes. The error wraps ErrShort.
func Int64(src []byte) (x int64, n int, err error) {
	u, next := readUint(src, 0)
	if next < 0 {
		return 0, 0, fmt.Errorf("%w (an integer in %d bytes)", ErrShort, len(src))
	}
	return unzigzag(u), next, nil
}

// Length reads the number of elements at the front of an encoded slice or map, and says how many bytes it takes. A nil
// one has none. The error wraps ErrShort.
func Length(src []byte) (elements uint64, n int, err error) {
	u, next := readUint(src, 0)
	if next < 0 {
		return 0, 0, fmt.Errorf("%w (a length in %d bytes)", ErrShort, len(src))
	}
	return max(u, 1) - 1, next, nil
}

// skips says whether values of the schema can be gone over without their type.
func (s *Schema) skips() bool {
	switch {
	case s.Kind == CustomKind, s.Key != nil && !s.Key.skips(), s.Elem != nil && !s.Elem.skips():
		return false
	}
	for i := range s.Fields {
		if !s.Fields[i].Type.skips() {
			return false
		}
	}
	return true
}

// skip goes over a value at src[at:] and returns the position after it.
func (s *Schema) skip(src []byte, at int) (int, error) {
	if len(src)-at < s.min {
		return 0, s.short(src, at)
	}
	switch s.Kind {
	case "bool", "int8", "uint8", "int16", "uint16", "float32", "float64":
		return at + s.min, nil
	case "int32", "uint32", "int64", "uint64":
		return s.skipUint(src, at)
	case TimeKind:
		next, err := s.skipUint(src, at)
		if err != nil {
			return 0, err
		}
		return s.skipUint(src, next)
	case "string", BinaryKind:
		n, next := readUint(src, at)
		if next < 0 || n > uint64(len(src)-next) {
			return 0, s.short(src, at)
		}
		return next + int(n), nil
	case StructKind:
		var err error
		for i := range s.Fields {
			if at, err = s.Fields[i].Type.skip(src, at); err != nil {
				return 0, err
			}
		}
		return at, nil
	case ArrayKind:
		if s.min == 0 {
			return at, nil
		}
		return s.skipElems(src, at, uint64(s.Len))
	case PointerKind:
		if src[at] > 1 {
			return 0, fmt.Errorf("byte %d: %d is no pointer flag", at, src[at])
		}
		return s.skipElems(src, at+1, uint64(src[at]))
	case CustomKind:
		return 0, s.opaque()
	default: // a slice or map: the length+1, or 0 for nil
		n, next := readUint(src, at)
		if next < 0 {
			return 0, s.short(src, at)
		}
		return s.skipElems(src, next, max(n, 1)-1)
	}
}

func (s *Schema) skipUint(src []byte, at int) (int, error) {
	_, next := readUint(src, at)
	if next < 0 {
		return 0, s.short(src, at)
	}
	return next, nil
}

// skipElems goes over n elements, or entries of a map. Each takes at least a byte, so hostile lengths end soon.
func (s *Schema) skipElems(src []byte, at int, n uint64) (_ int, err error) {
	if s.Elem.Kind == "uint8" && s.Key == nil {
		if n > uint64(len(src)-at) {
			return 0, s.short(src, at)
		}
		return at + int(n), nil
	}
	for ; n > 0; n-- {
		if s.Key != nil {
			if at, err = s.Key.skip(src, at); err != nil {
				return 0, err
			}
		}
		if at, err = s.Elem.skip(src, at); err != nil {
			return 0, err
		}
	}
	return at, nil
}

func (s *Schema) opaque() error {
	return fmt.Errorf("type %s encodes itself: only its own program knows where a value ends", s)
}

func (s *Schema) short(src []byte, at int) error {
	return fmt.Errorf("%w (%s at byte %d of %d)", ErrShort, s.Kind, at, len(src))
}

// decodeWiden reads a number into one of more bits.
func (d *detail) decodeWiden(src []byte, at int, v unsafe.Pointer) (int, error) {
	if len(src)-at < d.was.min {
		return 0, d.short(src, at)
	}
	var x uint64
	switch src := src[at:]; d.was.Kind {
	case "int8":
		x = uint64(int8(src[0]))
	case "uint8":
		x = uint64(src[0])
	case "int16":
		x = uint64(int16(binary.LittleEndian.Uint16(src)))
	case "uint16":
		x = uint64(binary.LittleEndian.Uint16(src))
	default: // float32
		x = math.Float64bits(float64(math.Float32frombits(binary.LittleEndian.Uint32(src))))
	}
	switch d.typ.Size() {
	case 2:
		*(*uint16)(v) = uint16(x)
	case 4:
		*(*uint32)(v) = uint32(x)
	default:
		*(*uint64)(v) = x
	}
	return at + d.was.min, nil
}
