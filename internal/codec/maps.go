package codec

import (
	"bytes"
	"reflect"
	"slices"
	"sync"
	"unsafe"
)

// mapScratch is what it takes to walk maps of one type without allocating for each.
type mapScratch struct {
	cell     reflect.Value // a variable of the map type
	key, val reflect.Value // variables of its key and element type
	iter     reflect.MapIter
	buf      []byte     // encoded entries, in the map's order
	entries  []mapEntry // where they are in buf
}

// mapEntry is an encoded entry: its key is buf[start:mid], its element buf[mid:end].
type mapEntry struct{ start, mid, end int }

func mapPool(t reflect.Type) *sync.Pool {
	return &sync.Pool{New: func() any {
		return &mapScratch{
			cell: reflect.New(t).Elem(),
			key:  reflect.New(t.Key()).Elem(),
			val:  reflect.New(t.Elem()).Elem(),
		}
	}}
}

// walk calls entry for each entry of m, with the addresses of a copy of its key and its element.
func (s *mapScratch) walk(m unsafe.Pointer, entry func(key, val unsafe.Pointer)) {
	*(*unsafe.Pointer)(s.cell.Addr().UnsafePointer()) = m
	s.iter.Reset(s.cell)
	key, val := s.key.Addr().UnsafePointer(), s.val.Addr().UnsafePointer()
	for s.iter.Next() {
		s.key.SetIterKey(&s.iter)
		s.val.SetIterValue(&s.iter)
		entry(key, val)
	}
	s.iter.Reset(reflect.Value{})
	s.cell.SetZero()
	s.key.SetZero()
	s.val.SetZero()
}

// appendMap encodes the map m, its entries ordered by the bytes of their keys.
func (d *detail) appendMap(dst []byte, m unsafe.Pointer) []byte {
	if m == nil {
		return append(dst, 0)
	}
	s := d.pool.Get().(*mapScratch)
	s.buf, s.entries = s.buf[:0], s.entries[:0]
	s.walk(m, func(key, val unsafe.Pointer) {
		start := len(s.buf)
		s.buf = d.key.append(s.buf, key)
		mid := len(s.buf)
		s.buf = d.elem.append(s.buf, val)
		s.entries = append(s.entries, mapEntry{start, mid, len(s.buf)})
	})
	slices.SortFunc(s.entries, func(a, b mapEntry) int {
		return bytes.Compare(s.buf[a.start:a.mid], s.buf[b.start:b.mid])
	})
	dst = appendUint(dst, uint64(len(s.entries))+1)
	for _, e := range s.entries {
		dst = append(dst, s.buf[e.start:e.end]...)
	}
	d.pool.Put(s)
	return dst
}

func (d *detail) decodeMap(src []byte, at int, v unsafe.Pointer, copying bool) (int, error) {
	n, next, err := d.length(src, at, d.key.min+d.elem.min)
	if err != nil {
		return 0, err
	}
	if n < 0 {
		*(*unsafe.Pointer)(v) = nil
		return next, nil
	}
	m := reflect.MakeMapWithSize(d.typ, n)
	key, val := reflect.New(d.key.typ), reflect.New(d.elem.typ)
	for range n {
		key.Elem().SetZero()
		val.Elem().SetZero()
		if next, err = d.key.decode(src, next, key.UnsafePointer(), copying); err != nil {
			return 0, err
		}
		if next, err = d.elem.decode(src, next, val.UnsafePointer(), copying); err != nil {
			return 0, err
		}
		m.SetMapIndex(key.Elem(), val.Elem())
	}
	*(*unsafe.Pointer)(v) = m.UnsafePointer()
	return next, nil
}

func (d *detail) cloneMap(p *unsafe.Pointer) {
	if *p == nil {
		return
	}
	s := d.pool.Get().(*mapScratch)
	fresh := reflect.MakeMap(d.typ)
	s.walk(*p, func(key, val unsafe.Pointer) {
		d.key.clone(key)
		d.elem.clone(val)
		fresh.SetMapIndex(s.key, s.val)
	})
	d.pool.Put(s)
	*p = fresh.UnsafePointer()
}
