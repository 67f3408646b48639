package codec

import (
	"fmt"
	"reflect"
	"strings"
	"sync"
	"time"
)

// kind says what one step of a program does.
type kind uint8

const (
	kindBool    kind = iota
	kindByte         // int8, uint8
	kindFixed16      // int16, uint16
	kindInt32
	kindUint32
	kindInt64
	kindUint64  // the last of the kinds that hash as integers
	kindFixed32 // float32
	kindFixed64 // float64
	kindString
	kindBytes // []byte
	kindRaw   // [n]byte
	kindTime
	kindArray
	kindSlice
	kindPointer
	kindMap
	kindCustom
	kindBinary
	kindSkip  // of a former version of the type: there is no such part any more
	kindWiden // of a former version: the number was narrower
)

// op is one step: what to do with the memory at an offset. It is small so that several fit a cache line.
type op struct {
	kind kind
	off  uintptr
	ext  *detail
}

// detail is what only some kinds, and errors, need to know.
type detail struct {
	path string       // "field A.B", or "" for the value itself
	typ  reflect.Type // the part's type
	n    int          // elements of an array
	elem *program     // of an array, slice, pointer or map
	key  *program     // of a map
	pool *sync.Pool   // of *scratch or *mapScratch
	was  *Schema      // what a former version wrote, of kindSkip and kindWiden
}

// program is the compiled form of a type.
type program struct {
	ops         []op
	clones      []op // the ops whose values can alias the bytes they came from
	typ         reflect.Type
	size        uintptr // of a value in memory
	min         int     // fewest bytes of an encoded value
	schema      string
	pointerFree bool
	keyProblem  string // why the type can't be a key, or ""
}

func (p *program) aliases() bool { return len(p.clones) > 0 }

// compiler walks one type; open holds the named types it is inside.
type compiler struct {
	open map[reflect.Type]bool
}

func compile(t reflect.Type) (*program, error) {
	c := &compiler{open: map[reflect.Type]bool{}}
	return c.program(t, "")
}

// program compiles a type to a program of its own, as an element or the whole value.
func (c *compiler) program(t reflect.Type, path string) (*program, error) {
	p := &program{typ: t, size: t.Size(), pointerFree: !hasPointers(t)}
	schema, err := c.add(p, t, 0, path)
	if err != nil {
		return nil, err
	}
	p.schema = schema
	return p, nil
}

// add appends the ops for a part of type t at offset off, and returns the part's schema.
func (c *compiler) add(p *program, t reflect.Type, off uintptr, path string) (schema string, err error) {
	d := &detail{path: path, typ: t}
	switch t {
	case reflect.TypeFor[time.Time]():
		p.forbidKey(path, "time.Time values can be equal and differ in their location; use UnixNano")
		return p.step(op{kindTime, off, d}, 2, "time")
	}
	if k, own, err := ownMethods(t); err != nil {
		return "", located(path, err)
	} else if own {
		d.pool = customPool(t)
		return p.step(op{k, off, d}, 1, ownSchema(k, t))
	}
	if simple, ok := simpleKinds[t.Kind()]; ok {
		if t.Kind() == reflect.Float32 || t.Kind() == reflect.Float64 {
			p.forbidKey(path, "floats are no keys (0 equals -0, NaN equals nothing); use an integer or math.Float64bits")
		}
		o := op{simple.kind, off, d}
		if simple.kind == kindString {
			p.clones = append(p.clones, o)
		}
		return p.step(o, simple.min, simple.schema)
	}
	switch t.Kind() {
	case reflect.Struct:
		return c.structure(p, t, off, path)
	case reflect.Array:
		return c.array(p, op{kindArray, off, d})
	case reflect.Slice:
		return c.slice(p, op{kindSlice, off, d})
	case reflect.Pointer:
		p.forbidKey(path, "pointers are compared by address; use the value")
		return c.pointer(p, op{kindPointer, off, d})
	case reflect.Map:
		return c.mapping(p, op{kindMap, off, d})
	}
	return "", located(path, fmt.Errorf("%s can't be stored; %s", t, advice(t)))
}

// step appends an op that takes at least min bytes.
func (p *program) step(o op, min int, schema string) (string, error) {
	p.ops = append(p.ops, o)
	p.min += min
	return schema, nil
}

// nested appends an op over elem, which aliases if elem does.
func (p *program) nested(o op, min int, schema string) (string, error) {
	if o.ext.elem.aliases() || o.ext.key != nil && o.ext.key.aliases() {
		p.clones = append(p.clones, o)
	}
	return p.step(o, min, schema)
}

func (p *program) forbidKey(path, why string) {
	if p.keyProblem == "" {
		p.keyProblem = located(path, fmt.Errorf("%s", why)).Error()
	}
}

func (c *compiler) structure(p *program, t reflect.Type, off uintptr, path string) (string, error) {
	leave, err := c.enter(t, path)
	if err != nil {
		return "", err
	}
	defer leave()
	var b strings.Builder
	seen := map[string]string{}
	for i := range t.NumField() {
		f := t.Field(i)
		in := subfield(path, f.Name)
		label, err := fieldLabel(f, seen)
		if err != nil {
			return "", located(in, err)
		}
		if label == "" {
			p.forbidKey(in, "the field is not stored, but == compares it")
			continue
		}
		schema, err := c.add(p, f.Type, off+f.Offset, in)
		if err != nil {
			return "", err
		}
		if b.Len() > 0 {
			b.WriteString("; ")
		}
		b.WriteString(label + " " + schema)
	}
	return "struct{" + b.String() + "}", nil
}

func subfield(path, name string) string { return strings.TrimPrefix(path+"."+name, ".") }

func (c *compiler) array(p *program, o op) (string, error) {
	t, n := o.ext.typ, o.ext.typ.Len()
	elem, err := c.element(p, t.Elem(), o.ext.path)
	if err != nil {
		return "", err
	}
	o.ext.n, o.ext.elem = n, elem
	schema := fmt.Sprintf("[%d]%s", n, elem.schema)
	if n == 0 || len(elem.ops) == 0 {
		return schema, nil
	}
	if t.Elem().Kind() == reflect.Uint8 && elem.ops[0].kind == kindByte {
		o.kind = kindRaw
		return p.step(o, n, schema)
	}
	return p.nested(o, n*elem.min, schema)
}

func (c *compiler) slice(p *program, o op) (string, error) {
	leave, err := c.enter(o.ext.typ, o.ext.path)
	if err != nil {
		return "", err
	}
	defer leave()
	elem, err := c.element(p, o.ext.typ.Elem(), o.ext.path)
	if err != nil {
		return "", err
	}
	if elem.min == 0 {
		return "", located(o.ext.path, fmt.Errorf("%s can't be stored: its elements take no bytes; use a count", o.ext.typ))
	}
	o.ext.elem = elem
	if elem.typ.Kind() == reflect.Uint8 && elem.ops[0].kind == kindByte {
		o.kind = kindBytes
		p.clones = append(p.clones, o)
		return p.step(o, 1, "[]"+elem.schema)
	}
	return p.nested(o, 1, "[]"+elem.schema)
}

func (c *compiler) pointer(p *program, o op) (string, error) {
	leave, err := c.enter(o.ext.typ, o.ext.path)
	if err != nil {
		return "", err
	}
	defer leave()
	if o.ext.elem, err = c.program(o.ext.typ.Elem(), o.ext.path); err != nil {
		return "", err
	}
	return p.nested(o, 1, "*"+o.ext.elem.schema)
}

func (c *compiler) mapping(p *program, o op) (string, error) {
	leave, err := c.enter(o.ext.typ, o.ext.path)
	if err != nil {
		return "", err
	}
	defer leave()
	t := o.ext.typ
	if o.ext.key, err = c.program(t.Key(), o.ext.path+"[key]"); err != nil {
		return "", err
	}
	if o.ext.elem, err = c.program(t.Elem(), o.ext.path+"[]"); err != nil {
		return "", err
	}
	if o.ext.key.min == 0 {
		return "", located(o.ext.path, fmt.Errorf("%s can't be stored: its keys take no bytes; use a pointer to %s", t, t.Elem()))
	}
	o.ext.pool = mapPool(t)
	return p.nested(o, 1, "map["+o.ext.key.schema+"]"+o.ext.elem.schema)
}

// element compiles the element type of an array or slice and passes on why it can't be a key.
func (c *compiler) element(p *program, t reflect.Type, path string) (*program, error) {
	elem, err := c.program(t, path+"[]")
	if err == nil && elem.keyProblem != "" && p.keyProblem == "" {
		p.keyProblem = elem.keyProblem
	}
	return elem, err
}

// enter notes that the walk is inside t, and refuses a type that contains itself: a chain of values would be as deep as
// hostile bytes want.
func (c *compiler) enter(t reflect.Type, path string) (leave func(), err error) {
	if t.Name() == "" {
		return func() {}, nil // it can only recur through a named type
	}
	if c.open[t] {
		return nil, located(path, fmt.Errorf("%s contains itself; give it the methods of codec.Custom, or keep the parts in a flat slice", t))
	}
	c.open[t] = true
	return func() { delete(c.open, t) }, nil
}

func located(path string, err error) error {
	if path == "" {
		return err
	}
	return fmt.Errorf("field %s: %w", path, err)
}
