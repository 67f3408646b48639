package codec

import (
	"fmt"
	"slices"
)

// Evolution is how values of one schema become values of another, that of a later version of the program.
type Evolution struct {
	Changes  []string // what becomes of the values, a clause each: "field A: int32 becomes int64"
	Problems []string // why they can't, a clause each: "field A: int64 cannot become string"
}

// Compare says whether a value that was written by one schema can be read by another: fields may be added, left out, put
// in another order and renamed with a was= in their tag, and numbers may become wider (int8 to int16 to int32 to int64,
// the unsigned ones likewise, float32 to float64), however deep. It may be called concurrently.
func Compare(written, read *Schema) Evolution {
	var c comparison
	c.value(written, read, "", false)
	return c.Evolution
}

// CompareKeys is Compare for the keys of a stream. Their hashes decide where a snapshot keeps them, so they may change
// only in ways that keep the hash: an integer may become wider, and in a struct or array fields may be renamed and an
// int32 become an int64, a uint32 a uint64.
func CompareKeys(written, read *Schema) Evolution {
	var c comparison
	if wider(written.Kind, read.Kind) && written.Kind != "float32" {
		c.becomes("", written, read)
	} else {
		c.key(written, read, "")
	}
	return c.Evolution
}

// widths are the families of numbers, each in the order of their widths.
var widths = [][]SchemaKind{
	{"int8", "int16", "int32", "int64"},
	{"uint8", "uint16", "uint32", "uint64"},
	{"float32", "float64"},
}

// wider says whether all values of one kind of number are values of the other.
func wider(from, to SchemaKind) bool {
	return slices.ContainsFunc(widths, func(family []SchemaKind) bool {
		i := slices.Index(family, from)
		return i >= 0 && slices.Index(family, to) > i
	})
}

// sameOwn says whether two schemas are of one type that encodes itself. One that says nothing of a length, of an older
// release, may have it.
func sameOwn(written, read *Schema) bool {
	return written.Name == read.Name && (written.Kind == read.Kind || written.Kind == CustomKind && read.Kind == BinaryKind)
}

// comparison walks two schemas.
type comparison struct{ Evolution }

// where begins a clause about a part.
func where(path string) string {
	if path == "" {
		return ""
	}
	return "field " + path + ": "
}

func (c *comparison) becomes(path string, written, read *Schema) {
	c.Changes = append(c.Changes, fmt.Sprintf("%s%s becomes %s", where(path), written, read))
}

func (c *comparison) refuse(path string, written, read *Schema) {
	c.Problems = append(c.Problems, fmt.Sprintf("%s%s cannot become %s", where(path), written, read))
}

// value compares a part at a path. Nothing that keys of a map differ in may be left out: inKey.
func (c *comparison) value(written, read *Schema, path string, inKey bool) {
	switch {
	case wider(written.Kind, read.Kind):
		c.becomes(path, written, read)
	case written.Name != "" && sameOwn(written, read):
	case written.Kind != read.Kind || written.Name != read.Name || written.Len != read.Len:
		c.refuse(path, written, read)
	case written.Kind == StructKind:
		c.fields(written, read, path, inKey)
	case written.Kind == PointerKind:
		c.value(written.Elem, read.Elem, path, inKey)
	default:
		if written.Key != nil {
			c.value(written.Key, read.Key, path+"[key]", true)
		}
		if written.Elem != nil {
			c.value(written.Elem, read.Elem, path+"[]", inKey)
		}
	}
}

func (c *comparison) fields(written, read *Schema, path string, inKey bool) {
	taken := read.takes(written)
	order := -1
	for i, f := range written.Fields {
		to := taken[i]
		if to < 0 {
			c.left(f, path, inKey)
			continue
		}
		if to < order {
			c.Changes = append(c.Changes, where(subfield(path, read.Fields[to].Name))+"is in another place")
		}
		order = max(order, to)
		c.renamed(f, read.Fields[to], path)
		c.value(f.Type, read.Fields[to].Type, subfield(path, read.Fields[to].Name), inKey)
	}
	for i, f := range read.Fields {
		if !slices.Contains(taken, i) {
			c.Changes = append(c.Changes, where(subfield(path, f.Name))+"is new and starts as its zero value")
		}
	}
}

func (c *comparison) renamed(written, read SchemaField, path string) {
	if written.Name != read.Name {
		c.Changes = append(c.Changes, where(subfield(path, written.Name))+"is now "+read.Name)
	}
}

// left notes a field that is left out.
func (c *comparison) left(f SchemaField, path string, inKey bool) {
	in := where(subfield(path, f.Name))
	switch {
	case inKey:
		c.Problems = append(c.Problems, in+"cannot be left out of the keys of a map: different keys could become equal")
	case !f.Type.skips():
		c.Problems = append(c.Problems, fmt.Sprintf("%s%s cannot be left out: only its type knows where a value ends", in, f.Type))
	default:
		c.Changes = append(c.Changes, in+"is left out")
	}
}

// takes says for each field of a struct as it was written which field of s it is now, or -1. A field's own name goes
// before those that it had.
func (s *Schema) takes(written *Schema) []int {
	names := map[string]int{}
	for i, f := range s.Fields {
		names[f.Name] = i
		for _, old := range f.Was {
			names[old] = i
		}
	}
	taken := make([]int, len(written.Fields))
	used := map[int]int{} // field of s -> field of written
	for i, f := range written.Fields {
		taken[i] = -1
		to, found := names[f.Name]
		if !found {
			continue
		}
		if other, twice := used[to]; twice {
			if s.Fields[to].rank(written.Fields[other].Name) <= s.Fields[to].rank(f.Name) {
				continue
			}
			taken[other] = -1
		}
		taken[i], used[to] = to, i
	}
	return taken
}

// rank is 0 for the field's name, 1 for the one before, and so on.
func (f *SchemaField) rank(name string) int { return 1 + slices.Index(f.Was, name) }

// key compares keys, or parts of them, that are hashed by their bytes.
func (c *comparison) key(written, read *Schema, path string) {
	sameBytes := written.Kind == "int32" && read.Kind == "int64" || written.Kind == "uint32" && read.Kind == "uint64"
	switch {
	case sameBytes && path != "":
		c.becomes(path, written, read)
	case written.Name != "" && sameOwn(written, read):
	case written.Kind != read.Kind || written.Name != read.Name || written.Len != read.Len || len(written.Fields) != len(read.Fields):
		c.refuse(path, written, read)
	case written.Kind == StructKind:
		taken := read.takes(written)
		for i, f := range written.Fields {
			if taken[i] != i {
				c.refuse(path, written, read)
				return
			}
			c.renamed(f, read.Fields[i], path)
			c.key(f.Type, read.Fields[i].Type, subfield(path, read.Fields[i].Name))
		}
	case written.Elem != nil:
		c.key(written.Elem, read.Elem, path+"[]")
	}
}
