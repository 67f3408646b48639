package codec

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/zeebo/xxh3"
)

// Hash returns the hash of an encoded key: what [Hasher] gives for the same key of the Go type. key must be one whole
// value. It may be called concurrently.
func (s *Schema) Hash(key []byte) uint64 {
	switch s.Kind {
	case "bool", "uint8":
		return mix(uint64(key[0]))
	case "int8":
		return mix(uint64(int8(key[0])))
	case "int16":
		return mix(uint64(int16(binary.LittleEndian.Uint16(key))))
	case "uint16":
		return mix(uint64(binary.LittleEndian.Uint16(key)))
	case "int32", "int64":
		x, _ := readUint(key, 0)
		return mix(uint64(unzigzag(x)))
	case "uint32", "uint64":
		x, _ := readUint(key, 0)
		return mix(x)
	case "string":
		_, next := readUint(key, 0)
		return xxh3.Hash(key[next:])
	}
	return xxh3.Hash(key)
}

// ParseKey returns the bytes of a key that a person has written: a string as it is, anything else in the JSON that
// AppendJSON writes. The error says what was expected. It may be called concurrently.
func (s *Schema) ParseKey(text string) ([]byte, error) {
	if s.Kind == "string" && !strings.HasPrefix(text, `{"base64":`) {
		return append(appendUint(nil, uint64(len(text))), text...), nil
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v any
	err := d.Decode(&v)
	if err == nil {
		if _, more := d.Token(); more != io.EOF {
			err = errors.New("something follows the value")
		}
	}
	var key []byte
	if err == nil {
		key, err = s.encode(nil, v)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: want a %s%s", err, s, s.example())
	}
	return key, nil
}

// example shows how a key of the schema is written: its zero value, whose bytes are zeros.
func (s *Schema) example() string {
	if s.Kind != StructKind && s.Kind != ArrayKind || s.min > 1<<10 {
		return ""
	}
	text, _, err := s.AppendJSON(nil, make([]byte, s.min))
	if err != nil {
		return ""
	}
	return ", such as " + string(text)
}

// encode appends the bytes of a value of encoding/json, with numbers as json.Number.
func (s *Schema) encode(dst []byte, v any) ([]byte, error) {
	switch s.Kind {
	case "bool":
		b, ok := v.(bool)
		switch {
		case !ok:
			return nil, s.mismatch(v)
		case b:
			return append(dst, 1), nil
		}
		return append(dst, 0), nil
	case "string", BinaryKind:
		return s.encodeText(dst, v)
	case StructKind:
		return s.encodeFields(dst, v)
	case ArrayKind:
		return s.encodeArray(dst, v)
	}
	return s.encodeInt(dst, v)
}

func (s *Schema) encodeInt(dst []byte, v any) ([]byte, error) {
	var digits string
	switch v := v.(type) {
	case json.Number:
		digits = v.String()
	case string:
		digits = v
	default:
		return nil, s.mismatch(v)
	}
	kind, signed := strings.CutPrefix(string(s.Kind), "int")
	bits, err := strconv.Atoi(strings.TrimPrefix(kind, "uint"))
	if err != nil {
		return nil, fmt.Errorf("a %s cannot be part of a key", s.Kind)
	}
	var x uint64
	if signed {
		var i int64
		i, err = strconv.ParseInt(digits, 10, bits)
		if x = uint64(i); bits > 16 {
			x = zigzag(i)
		}
	} else {
		x, err = strconv.ParseUint(digits, 10, bits)
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s is no %s", digits, s.Kind)
	case bits == 8:
		return append(dst, byte(x)), nil
	case bits == 16:
		return binary.LittleEndian.AppendUint16(dst, uint16(x)), nil
	}
	return appendUint(dst, x), nil
}

// encodeText takes a string, or the form of bytes.
func (s *Schema) encodeText(dst []byte, v any) ([]byte, error) {
	text, plain := v.(string)
	if form, ok := v.(map[string]any); ok && len(form) == 1 {
		encoded, _ := form["base64"].(string)
		b, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil {
			return nil, fmt.Errorf("base64: %w", err)
		}
		text = string(b)
	} else if !plain || s.Kind == BinaryKind {
		return nil, s.mismatch(v)
	}
	return append(appendUint(dst, uint64(len(text))), text...), nil
}

func (s *Schema) encodeFields(dst []byte, v any) ([]byte, error) {
	object, ok := v.(map[string]any)
	if !ok {
		return nil, s.mismatch(v)
	}
	for i := range s.Fields {
		field, ok := object[s.Fields[i].Name]
		if !ok {
			return nil, fmt.Errorf("field %s is missing", s.Fields[i].Name)
		}
		var err error
		if dst, err = s.Fields[i].Type.encode(dst, field); err != nil {
			return nil, fmt.Errorf("field %s: %w", s.Fields[i].Name, err)
		}
	}
	if len(object) > len(s.Fields) {
		return nil, fmt.Errorf("%d fields instead of %d", len(object), len(s.Fields))
	}
	return dst, nil
}

func (s *Schema) encodeArray(dst []byte, v any) ([]byte, error) {
	if s.Elem.Kind == "uint8" {
		text, _ := v.(string)
		b, err := base64.StdEncoding.DecodeString(text)
		if err != nil || len(b) != s.Len {
			return nil, fmt.Errorf("want %d bytes in base64", s.Len)
		}
		return append(dst, b...), nil
	}
	list, ok := v.([]any)
	if !ok || s.Elem.min > 0 && len(list) != s.Len || s.Elem.min == 0 && len(list) > 0 {
		return nil, s.mismatch(v)
	}
	for _, item := range list {
		var err error
		if dst, err = s.Elem.encode(dst, item); err != nil {
			return nil, err
		}
	}
	return dst, nil
}

func (s *Schema) mismatch(v any) error {
	text, _ := json.Marshal(v)
	const most = 60
	if len(text) > most {
		text = append(text[:most], "…"...)
	}
	return fmt.Errorf("%s is no %s", text, s.Kind)
}
