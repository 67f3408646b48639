package codec

import (
	"bytes"
	"reflect"
	"strings"
	"unsafe"
)

// clone replaces what can alias foreign bytes in the value at base by copies.
func (p *program) clone(base unsafe.Pointer) {
	for i := range p.clones {
		o := &p.clones[i]
		v := unsafe.Add(base, o.off)
		switch o.kind {
		case kindString:
			s := (*string)(v)
			*s = strings.Clone(*s)
		case kindBytes:
			b := (*[]byte)(v)
			*b = bytes.Clone(*b)
		case kindArray:
			o.ext.elem.cloneAll(v, o.ext.n)
		case kindSlice:
			o.ext.cloneSlice((*sliceHeader)(v))
		case kindPointer:
			o.ext.clonePointer((*unsafe.Pointer)(v))
		default:
			o.ext.cloneMap((*unsafe.Pointer)(v))
		}
	}
}

func (p *program) cloneAll(v unsafe.Pointer, n int) {
	for i := range n {
		p.clone(unsafe.Add(v, uintptr(i)*p.size))
	}
}

func (d *detail) cloneSlice(s *sliceHeader) {
	if s.data == nil {
		return
	}
	fresh := reflect.MakeSlice(d.typ, s.len, s.len)
	old := *s // a copy, so that no address of the value is handed on
	reflect.Copy(fresh, reflect.NewAt(d.typ, unsafe.Pointer(&old)).Elem())
	*s = sliceHeader{fresh.UnsafePointer(), s.len, s.len}
	d.elem.cloneAll(s.data, s.len)
}

func (d *detail) clonePointer(p *unsafe.Pointer) {
	if *p == nil {
		return
	}
	fresh := reflect.New(d.elem.typ)
	fresh.Elem().Set(reflect.NewAt(d.elem.typ, *p).Elem())
	*p = fresh.UnsafePointer()
	d.elem.clone(*p)
}
