package codec

import (
	"math/bits"
	"net/netip"
	"strings"
	"testing"
	"time"
)

func hashOf[K comparable](t *testing.T, k K) uint64 {
	t.Helper()
	h, err := Hasher[K]()
	if err != nil {
		t.Fatal(err)
	}
	if a, b := h(k), h(k); a != b {
		t.Fatalf("hash of %v is %#x, then %#x", k, a, b)
	}
	return h(k)
}

type pair struct {
	A string
	B int32
}

// TestHashesAreFrozen pins hashes: they decide where the state of running jobs is. They may never change.
func TestHashesAreFrozen(t *testing.T) {
	for _, c := range []struct {
		name      string
		got, want uint64
	}{
		{"empty string", hashOf(t, ""), 0x2d06800538d394c2}, // XXH3's published test vector
		{"string", hashOf(t, "abcdefgh"), 0x6f45a76842a96483},
		{"named string", hashOf(t, color("abcdefgh")), 0x6f45a76842a96483},
		{"long string", hashOf(t, strings.Repeat("0123456789", 30)), 0x5681ea1b2e3086b},
		{"int 0", hashOf(t, 0), 0xe220a8397b1dcdaf}, // the first output of splitmix64 from seed 0
		{"int 1", hashOf(t, 1), 0x910a2dec89025cc1}, // and from seed 1
		{"int64 -1", hashOf(t, int64(-1)), 0xe4d971771b652c20},
		{"int8 -1", hashOf(t, int8(-1)), 0xe4d971771b652c20},
		{"uint64", hashOf(t, uint64(0xffffffffffffffff)), 0xe4d971771b652c20},
		{"uint8", hashOf(t, uint8(200)), 0x3f13f4e3c8c592c9},
		{"uint16", hashOf(t, uint16(200)), 0x3f13f4e3c8c592c9},
		{"uint32", hashOf(t, uint32(200)), 0x3f13f4e3c8c592c9},
		{"int16", hashOf(t, int16(200)), 0x3f13f4e3c8c592c9},
		{"int32", hashOf(t, int32(200)), 0x3f13f4e3c8c592c9},
		{"uint", hashOf(t, uint(200)), 0x3f13f4e3c8c592c9},
		{"bool", hashOf(t, true), 0x910a2dec89025cc1},
		{"duration", hashOf(t, time.Second), 0x52c0377768f5b26d},
		{"struct", hashOf(t, pair{"a", -5}), 0x468f3977387177bc},
		{"struct of one int", hashOf(t, struct{ A int8 }{1}), 0xe12ef9d2eb86ceeb},
		{"array", hashOf(t, [4]byte{1, 2, 3, 4}), 0x988b7b9033ac4622},
		{"empty struct", hashOf(t, struct{}{}), 0x2d06800538d394c2},
		{"address", hashOf(t, netip.MustParseAddr("10.0.0.1")), 0xd8eab3b10cf92019},
	} {
		if c.got != c.want {
			t.Errorf("hash of %s is %#x, want %#x: this breaks every snapshot", c.name, c.got, c.want)
		}
	}
}

// TestBatchesHashAlike: a key's hash is the same whether it comes alone or among others.
func TestBatchesHashAlike(t *testing.T) {
	hashAlike(t, "", "a", "abcdefgh", strings.Repeat("long", 100))
	hashAlike(t, color("red"), color("blue"))
	hashAlike(t, 0, 1, -1)
	hashAlike[int64](t, 0, 1, -1)
	hashAlike[uint64](t, 0, 1<<63)
	hashAlike[int8](t, 0, 1, -1)
	hashAlike(t, time.Second, time.Hour)
	hashAlike(t, true, false)
	hashAlike(t, pair{"a", -5}, pair{"", 7})
	hashAlike(t, [4]byte{1, 2, 3, 4})
	hashAlike(t, netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("::1"))
}

func hashAlike[K comparable](t *testing.T, keys ...K) {
	t.Helper()
	batch, err := BatchHasher[K]()
	if err != nil {
		t.Fatal(err)
	}
	hashes := make([]uint64, len(keys))
	batch(keys, hashes)
	for i, k := range keys {
		if want := hashOf(t, k); hashes[i] != want {
			t.Errorf("hash of %v is %#x alone, %#x in a batch", k, want, hashes[i])
		}
	}
}

// TestMixIsStrong changes each bit of an input and wants about half of the bits of the hash to change.
func TestMixIsStrong(t *testing.T) {
	var changed [64]int
	const inputs = 1000
	for i := range uint64(inputs) {
		for bit := range 64 {
			d := mix(i) ^ mix(i^1<<bit)
			for o := range changed {
				changed[o] += int(d >> o & 1)
			}
			if n := bits.OnesCount64(d); n < 8 || n > 56 {
				t.Errorf("bit %d of %d changes %d bits", bit, i, n)
			}
		}
	}
	for o, n := range changed {
		if n < inputs*64*45/100 || n > inputs*64*55/100 {
			t.Errorf("output bit %d changes in %d of %d", o, n, inputs*64)
		}
	}
}

func TestNoKeys(t *testing.T) {
	check := func(err error, want string) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	_, err := Hasher[float64]()
	check(err, "type float64 can't be a key: floats are no keys")
	_, err = Hasher[struct{ At [2]time.Time }]()
	check(err, "field At[]: time.Time values can be equal and differ in their location; use UnixNano")
	_, err = Hasher[struct{ P *int }]()
	check(err, "field P: pointers are compared by address")
	_, err = Hasher[struct {
		A int
		B int `weft:"-"`
	}]()
	check(err, "field B: the field is not stored")
	_, err = Hasher[any]()
	check(err, "can't be stored")
}

func TestHasherDoesNotAllocate(t *testing.T) {
	str, _ := Hasher[string]()
	num, _ := Hasher[int32]()
	two, _ := Hasher[pair]()
	two(pair{"abc", 1})
	var sink uint64
	if n := testing.AllocsPerRun(1000, func() { sink += str("abc") + num(5) + two(pair{"abc", 1}) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
