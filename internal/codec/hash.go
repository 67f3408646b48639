package codec

import (
	"errors"
	"fmt"
	"reflect"
	"unsafe"

	"github.com/zeebo/xxh3"
)

// Hasher returns the hash function of keys of type K: the same in every process and every build, for it decides which
// subtask owns a key and where a snapshot keeps it. Strings hash with XXH3 (64 bits, no seed), integers and bools
// with a fixed mixer of their 64 bit value, other types with XXH3 over their codec's bytes.
//
// The function is not for concurrent use (it may hold a buffer): each goroutine takes one of its own. It allocates
// nothing. The error says why K can't be a key: what == calls equal must have equal bytes.
func Hasher[K comparable]() (func(K) uint64, error) {
	c, err := Of[K]()
	if err != nil {
		return nil, err
	}
	if why := c.prog.keyProblem; why != "" {
		return nil, fmt.Errorf("type %s can't be a key: %w", reflect.TypeFor[K](), errors.New(why))
	}
	switch k, plain := plainKind(c); {
	case plain && k == kindString:
		return func(k K) uint64 { return xxh3.HashString(*(*string)(unsafe.Pointer(&k))) }, nil
	case plain && k <= kindUint64:
		return intHasher[K](reflect.TypeFor[K]().Kind()), nil
	}
	var buf []byte
	return func(k K) uint64 {
		buf = c.Append(buf[:0], &k)
		return xxh3.Hash(buf)
	}, nil
}

// plainKind says what kind of value a codec has, if that is no struct.
func plainKind[K any](c *Codec[K]) (k kind, plain bool) {
	if c.prog.ops == nil || c.prog.ops[0].ext.typ != reflect.TypeFor[K]() {
		return 0, false
	}
	return c.prog.ops[0].kind, true
}

// BatchHasher returns the function of [Hasher] for many keys at once: it sets hashes[i] to the hash of keys[i]. A processor
// that waits for the bytes of one key goes on with the next meanwhile. hashes must be as long as keys.
func BatchHasher[K comparable]() (func(keys []K, hashes []uint64), error) {
	hash, err := Hasher[K]()
	if err != nil {
		return nil, err
	}
	c, err := Of[K]()
	if err != nil {
		return nil, err
	}
	switch k, plain := plainKind(c); {
	case plain && k == kindString:
		return func(keys []K, hashes []uint64) {
			hashes = hashes[:len(keys)]
			texts := *(*[]string)(unsafe.Pointer(&keys))
			// A hash takes so many steps that a processor sees few texts ahead. A loop that only reads a byte of each, and
			// keeps it where it cannot be left out, has many of them on their way from memory at once.
			for i, k := range texts {
				if len(k) > 0 {
					hashes[i] = uint64(k[0])
				}
			}
			for i, k := range texts {
				hashes[i] = xxh3.HashString(k)
			}
		}, nil
	case plain && k <= kindUint64 && unsafe.Sizeof(*new(K)) == unsafe.Sizeof(uint64(0)):
		return func(keys []K, hashes []uint64) {
			hashes = hashes[:len(keys)]
			for i, k := range *(*[]uint64)(unsafe.Pointer(&keys)) {
				hashes[i] = mix(k)
			}
		}, nil
	}
	return func(keys []K, hashes []uint64) {
		for i, k := range keys {
			hashes[i] = hash(k)
		}
	}, nil
}

// intHasher hashes integers by value: an int32 and an int64 of the same value have the same hash.
func intHasher[K comparable](k reflect.Kind) func(K) uint64 {
	switch k {
	case reflect.Int8:
		return func(k K) uint64 { return mix(uint64(*(*int8)(unsafe.Pointer(&k)))) }
	case reflect.Int16:
		return func(k K) uint64 { return mix(uint64(*(*int16)(unsafe.Pointer(&k)))) }
	case reflect.Int32:
		return func(k K) uint64 { return mix(uint64(*(*int32)(unsafe.Pointer(&k)))) }
	case reflect.Bool, reflect.Uint8:
		return func(k K) uint64 { return mix(uint64(*(*uint8)(unsafe.Pointer(&k)))) }
	case reflect.Uint16:
		return func(k K) uint64 { return mix(uint64(*(*uint16)(unsafe.Pointer(&k)))) }
	case reflect.Uint32:
		return func(k K) uint64 { return mix(uint64(*(*uint32)(unsafe.Pointer(&k)))) }
	case reflect.Int:
		return func(k K) uint64 { return mix(uint64(*(*int)(unsafe.Pointer(&k)))) }
	case reflect.Uint:
		return func(k K) uint64 { return mix(uint64(*(*uint)(unsafe.Pointer(&k)))) }
	default:
		return func(k K) uint64 { return mix(*(*uint64)(unsafe.Pointer(&k))) }
	}
}

// mix is the output function of splitmix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014):
// every bit of the input reaches every bit of the output, and no two inputs collide.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
