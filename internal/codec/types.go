package codec

import (
	"reflect"
	"strconv"
)

// simple describes a type that is one op.
type simple struct {
	kind   kind
	min    int
	schema string
}

var simpleKinds = map[reflect.Kind]simple{
	reflect.Bool:    {kindBool, 1, "bool"},
	reflect.Int8:    {kindByte, 1, "int8"},
	reflect.Uint8:   {kindByte, 1, "uint8"},
	reflect.Int16:   {kindFixed16, 2, "int16"},
	reflect.Uint16:  {kindFixed16, 2, "uint16"},
	reflect.Int32:   {kindInt32, 1, "int32"},
	reflect.Uint32:  {kindUint32, 1, "uint32"},
	reflect.Int64:   {kindInt64, 1, "int64"},
	reflect.Uint64:  {kindUint64, 1, "uint64"},
	reflect.Int:     {nativeInt, 1, "int64"},
	reflect.Uint:    {nativeUint, 1, "uint64"},
	reflect.Float32: {kindFixed32, 4, "float32"},
	reflect.Float64: {kindFixed64, 8, "float64"},
	reflect.String:  {kindString, 1, "string"},
}

// nativeInt and nativeUint are the ops for int and uint on this machine. The bytes are the same for 32 and 64 bits: on a
// 32 bit machine a value that doesn't fit is an error when it is decoded.
var nativeInt, nativeUint = nativeKinds(strconv.IntSize)

func nativeKinds(bits int) (signed, unsigned kind) {
	if bits == 32 {
		return kindInt32, kindUint32
	}
	return kindInt64, kindUint64
}

// advice says what to use instead of a type that can't be stored.
func advice(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Interface:
		return "use a concrete type"
	case reflect.Complex64, reflect.Complex128:
		return "use two floats"
	case reflect.Uintptr, reflect.UnsafePointer:
		return "use uint64"
	default:
		return "use data, or tag the field `weft:\"-\"` to leave it out"
	}
}

// Strings returns the offsets of the strings in a value of type t, ascending. ok says that they are all the pointers that
// the value's memory holds.
func Strings(t reflect.Type) (offsets []uintptr, ok bool) {
	return stringsAt(t, 0, nil)
}

func stringsAt(t reflect.Type, at uintptr, found []uintptr) (offsets []uintptr, ok bool) {
	ok = true
	switch t.Kind() {
	case reflect.String:
		return append(found, at), true
	case reflect.Array:
		if !hasPointers(t) {
			return found, true
		}
		for i := 0; i < t.Len() && ok; i++ {
			found, ok = stringsAt(t.Elem(), at+uintptr(i)*t.Elem().Size(), found)
		}
		return found, ok
	case reflect.Struct:
		for i := 0; i < t.NumField() && ok; i++ {
			found, ok = stringsAt(t.Field(i).Type, at+t.Field(i).Offset, found)
		}
		return found, ok
	default:
		return found, !hasPointers(t)
	}
}

// hasPointers says whether the garbage collector has to look into values of type t.
func hasPointers(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Array:
		return t.Len() > 0 && hasPointers(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			if hasPointers(t.Field(i).Type) {
				return true
			}
		}
		return false
	case reflect.String, reflect.Slice, reflect.Map, reflect.Pointer, reflect.Interface, reflect.Chan, reflect.Func,
		reflect.UnsafePointer:
		return true
	default:
		return false
	}
}
