package codec

import (
	"fmt"
	"reflect"
	"strings"
	"unsafe"
)

// Decoder decodes values of T that a former version of the type wrote. It is immutable and may be used concurrently.
type Decoder[T any] struct {
	prog *program
}

// Decoder returns what decodes values of the schema written, "" for the codec's own. It is a program like the codec's
// own, as fast, that goes over fields that T has no more and leaves those that it did not have. The error says where the
// schemas differ too much; see [Compare]. It may be called concurrently.
func (c *Codec[T]) Decoder(written string) (*Decoder[T], error) {
	return c.decoder(written, Compare)
}

// OwnDecoder returns what decodes values that T itself wrote.
func (c *Codec[T]) OwnDecoder() *Decoder[T] { return &Decoder[T]{c.prog} }

// KeyDecoder is Decoder for keys of a stream; see [CompareKeys].
func (c *Codec[T]) KeyDecoder(written string) (*Decoder[T], error) {
	return c.decoder(written, CompareKeys)
}

func (c *Codec[T]) decoder(written string, compare func(written, read *Schema) Evolution) (*Decoder[T], error) {
	u, err := c.Untyped().decoder(written, compare)
	return &Decoder[T]{u.prog}, err
}

func (u Untyped) decoder(written string, compare func(written, read *Schema) Evolution) (Untyped, error) {
	own := u.prog.schema
	if written == "" || written == own {
		return u, nil
	}
	w, err := ParseSchema(written)
	if err != nil {
		return u, err
	}
	r, err := ParseSchema(own)
	if err != nil {
		return u, err
	}
	if problems := compare(w, r).Problems; len(problems) > 0 {
		return u, fmt.Errorf("the type changed from %s to %s: %s", written, own, strings.Join(problems, "; "))
	}
	return Untyped{evolve(w, r, u.prog.typ, "")}, nil
}

// Decode is [Codec.Decode] for what the former version wrote. *v must be the zero value: a field that it did not have
// is left as it is.
func (d *Decoder[T]) Decode(src []byte, v *T) (n int, err error) {
	return d.prog.decode(src, 0, noescape(unsafe.Pointer(v)), false)
}

// DecodeCopy is Decode with strings and byte slices in memory of their own.
func (d *Decoder[T]) DecodeCopy(src []byte, v *T) (n int, err error) {
	return d.prog.decode(src, 0, noescape(unsafe.Pointer(v)), true)
}

// MinSize returns the fewest bytes that a value can take.
func (d *Decoder[T]) MinSize() int { return d.prog.min }

// evolve compiles what decodes values written by w into a type t whose schema is r, as an element or the whole value. The
// two have been compared: they fit. Such a program only decodes.
func evolve(w, r *Schema, t reflect.Type, path string) *program {
	p := &program{typ: t, size: t.Size(), min: w.min}
	p.evolve(w, r, t, 0, path)
	return p
}

// evolve appends the ops for a part of type t at offset off.
func (p *program) evolve(w, r *Schema, t reflect.Type, off uintptr, path string) {
	o := op{off: off, ext: &detail{path: path, typ: t}}
	d := o.ext
	switch r.Kind {
	case StructKind:
		p.evolveStruct(w, r, t, off, path)
		return
	case TimeKind:
		o.kind = kindTime
	case CustomKind, BinaryKind:
		o.kind, _ = hasMethods(t)
		d.pool = customPool(t)
	case ArrayKind:
		if w.min == 0 {
			return // nothing was written
		}
		o.kind, d.n, d.elem = kindArray, w.Len, evolve(w.Elem, r.Elem, t.Elem(), path+"[]")
		if d.elem.isByte() {
			o.kind = kindRaw
		}
	case SliceKind:
		o.kind, d.elem = kindSlice, evolve(w.Elem, r.Elem, t.Elem(), path+"[]")
		if d.elem.isByte() {
			o.kind = kindBytes
		}
	case PointerKind:
		o.kind, d.elem = kindPointer, evolve(w.Elem, r.Elem, t.Elem(), path)
	case MapKind:
		o.kind = kindMap
		d.key, d.elem = evolve(w.Key, r.Key, t.Key(), path+"[key]"), evolve(w.Elem, r.Elem, t.Elem(), path+"[]")
	default:
		o.kind = simpleKinds[t.Kind()].kind
		if w.Kind != r.Kind && w.Kind != "int32" && w.Kind != "uint32" { // those have the bytes of the wider ones
			o.kind, d.was = kindWiden, w
		}
	}
	p.ops = append(p.ops, o)
}

// isByte says whether elements are single bytes, so that a run of them is copied at once.
func (p *program) isByte() bool {
	return p.typ.Kind() == reflect.Uint8 && len(p.ops) == 1 && p.ops[0].kind == kindByte
}

func (p *program) evolveStruct(w, r *Schema, t reflect.Type, off uintptr, path string) {
	stored := storedFields(t)
	for i, to := range r.takes(w) {
		was := w.Fields[i].Type
		if to < 0 {
			p.ops = append(p.ops, op{kindSkip, 0, &detail{path: subfield(path, w.Fields[i].Name), typ: t, was: was}})
			continue
		}
		f := stored[to]
		p.evolve(was, r.Fields[to].Type, f.Type, off+f.Offset, subfield(path, f.Name))
	}
}

// storedFields are the fields that a struct's schema has.
func storedFields(t reflect.Type) []reflect.StructField {
	var stored []reflect.StructField
	for i := range t.NumField() {
		if f := t.Field(i); f.Tag.Get("weft") != "-" {
			stored = append(stored, f)
		}
	}
	return stored
}
