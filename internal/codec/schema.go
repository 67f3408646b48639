package codec

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Schema is the parsed form of the text that [Codec.Schema] gives: all that there is to know about bytes whose Go type
// is not at hand. Snapshots name it for each state, so tools can read them, and a changed type can be restored from them. It
// must not be changed, and may be used concurrently.
//
// The text is a Go type without names, but for those of fields:
//
//	type   = basic | "time" | "custom(" name ")" | "binary(" name ")" | "[]" type | "[" n "]" type | "*" type |
//	         "map[" type "]" type | "struct{" [ field { "; " field } ] "}"
//	field  = name { ",was=" name } " " type
//	basic  = bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float32 float64 string
type Schema struct {
	Kind   SchemaKind
	Name   string        // of a custom or binary type: the Go type's, package and all
	Len    int           // of an array
	Key    *Schema       // of a map
	Elem   *Schema       // of an array, slice, pointer or map
	Fields []SchemaField // of a struct, in the order of their bytes
	min    int
}

// SchemaField is a field of a struct.
type SchemaField struct {
	Name string
	Was  []string // the names that it had, the latest first
	Type *Schema
}

// SchemaKind says what values of a type look like. The kinds of basic types are the words of the schema's text.
type SchemaKind string

// The kinds besides the basic ones.
const (
	TimeKind    SchemaKind = "time"   // a time.Time
	CustomKind  SchemaKind = "custom" // encodes itself; only its own type knows where it ends
	BinaryKind  SchemaKind = "binary" // encodes itself, with the length in front (before the name existed they were "custom" too)
	StructKind  SchemaKind = "struct"
	ArrayKind   SchemaKind = "array"
	SliceKind   SchemaKind = "slice" // also []uint8
	PointerKind SchemaKind = "pointer"
	MapKind     SchemaKind = "map"
)

// basicSizes are the basic kinds with the fewest bytes of a value of each.
var basicSizes = map[SchemaKind]int{
	"bool": 1, "int8": 1, "uint8": 1, "int16": 2, "uint16": 2, "int32": 1, "uint32": 1, "int64": 1, "uint64": 1,
	"float32": 4, "float64": 8, "string": 1, TimeKind: 2,
}

const (
	schemaLimit = 1 << 20 // bytes of a schema's text
	depthLimit  = 500     // types inside each other
	sizeLimit   = math.MaxInt32
)

// MinSize returns the fewest bytes that a value can take; 0 means that all values take none. It is never above 2^31-1.
func (s *Schema) MinSize() int { return s.min }

// String returns the schema's text.
func (s *Schema) String() string { return string(s.append(nil)) }

func (s *Schema) append(dst []byte) []byte {
	switch s.Kind {
	case CustomKind, BinaryKind:
		return append(dst, string(s.Kind)+"("+s.Name+")"...)
	case ArrayKind:
		return s.Elem.append(append(dst, "["+strconv.Itoa(s.Len)+"]"...))
	case SliceKind:
		return s.Elem.append(append(dst, "[]"...))
	case PointerKind:
		return s.Elem.append(append(dst, '*'))
	case MapKind:
		return s.Elem.append(append(s.Key.append(append(dst, "map["...)), ']'))
	case StructKind:
		return s.appendFields(append(dst, "struct{"...))
	}
	return append(dst, s.Kind...)
}

func (s *Schema) appendFields(dst []byte) []byte {
	for i, f := range s.Fields {
		if i > 0 {
			dst = append(dst, "; "...)
		}
		dst = append(dst, f.label()+" "...)
		dst = f.Type.append(dst)
	}
	return append(dst, '}')
}

// label is the field's name with those that it had.
func (f *SchemaField) label() string {
	return strings.Join(append([]string{f.Name}, f.Was...), wasOption)
}

// ParseSchema parses the text of a schema. The error says where the text is none.
func ParseSchema(text string) (*Schema, error) {
	if len(text) > schemaLimit {
		return nil, fmt.Errorf("schema of %d bytes: more than %d are none", len(text), schemaLimit)
	}
	p := schemaParser{text: text}
	s, err := p.schema(0)
	if err == nil && p.at < len(text) {
		err = p.fail("%q follows the type", p.ahead())
	}
	return s, err
}

// schemaParser goes through a schema's text.
type schemaParser struct {
	text string
	at   int
}

func (p *schemaParser) fail(format string, args ...any) error {
	return fmt.Errorf("schema: byte %d: %s", p.at, fmt.Sprintf(format, args...))
}

// ahead is the text to come, as much as an error shows.
func (p *schemaParser) ahead() string { return p.text[p.at:min(len(p.text), p.at+20)] }

// take goes over a word if it comes next.
func (p *schemaParser) take(word string) bool {
	if !strings.HasPrefix(p.text[p.at:], word) {
		return false
	}
	p.at += len(word)
	return true
}

func (p *schemaParser) schema(depth int) (*Schema, error) {
	if depth > depthLimit {
		return nil, p.fail("more than %d types inside each other", depthLimit)
	}
	switch {
	case p.take("struct{"):
		return p.structure(depth)
	case p.take("map["):
		return p.mapping(depth)
	case p.take("[]"):
		return p.nested(&Schema{Kind: SliceKind, min: 1}, depth)
	case p.take("*"):
		return p.nested(&Schema{Kind: PointerKind, min: 1}, depth)
	case p.take("["):
		return p.array(depth)
	case p.take("custom("):
		return p.own(CustomKind)
	case p.take("binary("):
		return p.own(BinaryKind)
	}
	word := p.word()
	size, ok := basicSizes[SchemaKind(word)]
	if !ok {
		return nil, p.fail("%q is no type", p.ahead())
	}
	p.at += len(word)
	return &Schema{Kind: SchemaKind(word), min: size}, nil
}

// word is the letters and digits to come.
func (p *schemaParser) word() string {
	end := p.at
	for end < len(p.text) && (p.text[end] >= 'a' && p.text[end] <= 'z' || p.text[end] >= '0' && p.text[end] <= '9') {
		end++
	}
	return p.text[p.at:end]
}

// nested parses the element type of s.
func (p *schemaParser) nested(s *Schema, depth int) (_ *Schema, err error) {
	if s.Elem, err = p.schema(depth + 1); err != nil {
		return nil, err
	}
	if s.Kind == SliceKind && s.Elem.min == 0 {
		return nil, p.fail("the elements of a slice take no bytes")
	}
	return s, nil
}

func (p *schemaParser) array(depth int) (*Schema, error) {
	digits := p.word()
	n, err := strconv.ParseUint(digits, 10, 31)
	if err != nil || digits != strconv.FormatUint(n, 10) {
		return nil, p.fail("%q is no length of an array", p.ahead())
	}
	if p.at += len(digits); !p.take("]") {
		return nil, p.fail("] is missing after the length of an array")
	}
	s, err := p.nested(&Schema{Kind: ArrayKind, Len: int(n)}, depth)
	if err != nil {
		return nil, err
	}
	s.min = int(min(sizeLimit, int64(s.Len)*int64(s.Elem.min)))
	return s, nil
}

func (p *schemaParser) mapping(depth int) (*Schema, error) {
	key, err := p.schema(depth + 1)
	if err != nil {
		return nil, err
	}
	if key.min == 0 {
		return nil, p.fail("the keys of a map take no bytes")
	}
	if !p.take("]") {
		return nil, p.fail("] is missing after the key of a map")
	}
	return p.nested(&Schema{Kind: MapKind, Key: key, min: 1}, depth)
}

// own parses the name of a type with methods of its own. It may have parentheses, in pairs, and quoted tags: those of
// its type parameters.
func (p *schemaParser) own(kind SchemaKind) (*Schema, error) {
	depth := 0
	for end := p.at; end < len(p.text); end++ {
		switch p.text[end] {
		case '"':
			quoted, err := strconv.QuotedPrefix(p.text[end:])
			if err != nil {
				return nil, p.fail("a quote in the name of a type does not end")
			}
			end += len(quoted) - 1
		case '(':
			depth++
		case ')':
			if depth--; depth >= 0 {
				continue
			}
			name := p.text[p.at:end]
			p.at = end + 1
			return &Schema{Kind: kind, Name: name, min: 1}, nil
		}
	}
	return nil, p.fail(") is missing after the name of a type")
}

func (p *schemaParser) structure(depth int) (*Schema, error) {
	s := &Schema{Kind: StructKind}
	seen := map[string]bool{}
	for !p.take("}") {
		if len(s.Fields) > 0 && !p.take("; ") {
			return nil, p.fail("; or } is missing after a field")
		}
		f, err := p.field(seen, depth)
		if err != nil {
			return nil, err
		}
		s.Fields = append(s.Fields, f)
		s.min = int(min(sizeLimit, int64(s.min)+int64(f.Type.min)))
	}
	return s, nil
}

// field parses a field; seen holds all names of the struct.
func (p *schemaParser) field(seen map[string]bool, depth int) (f SchemaField, err error) {
	name, _, found := strings.Cut(p.text[p.at:], " ")
	if !found {
		return f, p.fail("a field has no type")
	}
	names := strings.Split(name, wasOption)
	for _, one := range names {
		if !validName(one) {
			return f, p.fail("%q is no name of a field", one)
		}
		if seen[one] {
			return f, p.fail("two fields have the name %s", one)
		}
		seen[one] = true
	}
	p.at += len(name) + 1
	f.Name = names[0]
	if len(names) > 1 {
		f.Was = names[1:]
	}
	f.Type, err = p.schema(depth + 1)
	return f, err
}
