package codec

import (
	"bytes"
	"math"
	"math/big"
	"math/rand/v2"
	"net/netip"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/quick"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"
)

func must[T any](t testing.TB) *Codec[T] {
	t.Helper()
	c, err := Of[T]()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

type color string

type inner struct {
	Name  string
	Tags  []string
	Score float64
}

type everything struct {
	Yes     bool
	I8      int8
	I16     int16
	I32     int32
	I64     int64
	I       int
	U8      uint8
	U16     uint16
	U32     uint32
	U64     uint64
	U       uint
	F32     float32
	F64     float64
	Text    string
	Color   color
	Raw     []byte
	Array   [3]inner
	Bytes   [5]byte
	Ints    []int16
	Deep    [][]*inner
	Named   map[color]inner
	Counts  map[int32][]string
	Flags   map[[2]bool]*int64
	Ptr     *string
	Length  time.Duration
	Nothing struct{}
}

// fill makes a random value. Maps and slices are nil, empty or short.
func fill[T any](t *testing.T, r *rand.Rand) T {
	t.Helper()
	v, ok := quick.Value(reflect.TypeFor[T](), quickSource(r))
	if !ok {
		t.Fatalf("no random %s", reflect.TypeFor[T]())
	}
	return v.Interface().(T)
}

func TestRoundTrip(t *testing.T) {
	c := must[everything](t)
	for seed := range uint64(300) {
		want := fill[everything](t, rand.New(rand.NewPCG(seed, 1)))
		if seed == 0 {
			want = everything{Raw: []byte{}, Ints: []int16{}, Counts: map[int32][]string{}}
		}
		row := c.Append([]byte("before"), &want)
		if !bytes.HasPrefix(row, []byte("before")) {
			t.Fatal("Append changed what was there")
		}
		row = append(row[6:], "after"...)
		for name, decode := range map[string]func([]byte, *everything) (int, error){"Decode": c.Decode, "DecodeCopy": c.DecodeCopy} {
			got := everything{Text: "old", Ints: []int16{1}, Ptr: new(string), Counts: map[int32][]string{1: nil}}
			n, err := decode(row, &got)
			if err != nil || n != len(row)-5 {
				t.Fatalf("%s: took %d of %d, %v", name, n, len(row)-5, err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("%s (-want +got):\n%s", name, diff)
			}
		}
		for cut := range len(row) - 5 {
			var got everything
			if _, err := c.Decode(row[:cut:cut], &got); err == nil {
				t.Fatalf("decoded from %d of %d bytes", cut, len(row)-5)
			}
		}
	}
}

func TestIntegers(t *testing.T) {
	c := must[int64](t)
	u := must[uint64](t)
	values := []int64{math.MinInt64, math.MaxInt64, 0}
	for bit := range 64 {
		for d := range int64(5) {
			values = append(values, 1<<bit+d-2, -(1<<bit)+d-2)
		}
	}
	for _, want := range values {
		var got int64
		row := c.Append(nil, &want)
		if n, err := c.Decode(row, &got); err != nil || n != len(row) || got != want {
			t.Errorf("%d: got %d, %v", want, got, err)
		}
		wantU, gotU := uint64(want), uint64(0)
		row = u.Append(nil, &wantU)
		padded := append(row, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)
		if n, err := u.Decode(padded, &gotU); err != nil || n != len(row) || gotU != wantU {
			t.Errorf("%d: got %d, %v", wantU, gotU, err)
		}
	}
}

// TestFormatIsFrozen pins the bytes: snapshots hold them.
func TestFormatIsFrozen(t *testing.T) {
	one := int64(1)
	v := everything{
		Yes: true, I8: -1, I16: 258, I32: -2, I64: 1 << 40, I: -1 << 63, U8: 7, U16: 0xffff, U32: 247, U64: 248, U: math.MaxUint64,
		F32: 1, F64: -2, Text: "ab", Color: "c", Raw: []byte{}, Bytes: [5]byte{1, 2, 3, 4, 5}, Ints: []int16{-1, 1},
		Named: map[color]inner{"b": {}, "a": {Tags: []string{"x"}}}, Flags: map[[2]bool]*int64{{true, false}: &one},
		Length: time.Second, Array: [3]inner{1: {Name: "n"}},
	}
	want := "\x01" + "\xff" + "\x02\x01" + "\x03" + "\xfd\x00\x00\x00\x00\x00\x02" + "\xff\xff\xff\xff\xff\xff\xff\xff\xff" +
		"\x07" + "\xff\xff" + "\xf7" + "\xf8\xf8" + "\xff\xff\xff\xff\xff\xff\xff\xff\xff" +
		"\x00\x00\x80\x3f" + "\x00\x00\x00\x00\x00\x00\x00\xc0" + "\x02ab" + "\x01c" + "\x01" +
		"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" + "\x01n\x00\x00\x00\x00\x00\x00\x00\x00\x00" + "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" +
		"\x01\x02\x03\x04\x05" + "\x03\xff\xff\x01\x00" + "\x00" +
		"\x03" + "\x01a\x00\x02\x01x\x00\x00\x00\x00\x00\x00\x00\x00" + "\x01b\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" +
		"\x00" + "\x02\x01\x00\x01\x02" + "\x00" + "\xfb\x00\x94\x35\x77"
	got := string(must[everything](t).Append(nil, &v))
	if diff := cmp.Diff([]byte(want), []byte(got)); diff != "" {
		t.Errorf("the format changed (-want +got):\n%s", diff)
	}
	at := time.Date(1969, 12, 31, 23, 59, 59, 5, time.FixedZone("x", 3600))
	if got := string(must[time.Time](t).Append(nil, &at)); got != "\xf9\x21\x1c\x05" {
		t.Errorf("time: %q", got)
	}
}

func TestEqualMapsGiveEqualBytes(t *testing.T) {
	c := must[map[string]int](t)
	a, b := map[string]int{}, map[string]int{}
	r := rand.New(rand.NewPCG(1, 2))
	for _, i := range r.Perm(500) {
		a[strings.Repeat("x", i)] = i
	}
	for _, i := range r.Perm(500) {
		b[strings.Repeat("x", i)] = i
	}
	if !bytes.Equal(c.Append(nil, &a), c.Append(nil, &b)) {
		t.Error("equal maps have different bytes")
	}
}

func TestSchema(t *testing.T) {
	type tagged struct {
		Key   color `weft:"key"`
		Cache int   `weft:"-"`
		Other []byte
		When  time.Time
		Sizes map[uint8]*[2]float32
		Price big.Float `weft:"-"`
		Addr  netip.Addr
	}
	for got, want := range map[string]string{
		must[struct {
			Word  string
			Count int
		}](t).Schema(): "struct{Word string; Count int64}",
		must[tagged](t).Schema():          "struct{key string; Other []uint8; When time; Sizes map[uint8]*[2]float32; Addr binary(netip.Addr)}",
		must[time.Duration](t).Schema():   "int64",
		must[[0]struct{}](t).Schema():     "[0]struct{}",
		must[map[string]uint](t).Schema(): "map[string]uint64",
		must[struct{}](t).Schema():        "struct{}",
	} {
		if got != want {
			t.Errorf("schema %q, want %q", got, want)
		}
	}
	tag := tagged{Cache: 5, Key: "k"}
	got := tagged{Cache: 9}
	if _, err := must[tagged](t).Decode(must[tagged](t).Append(nil, &tag), &got); err != nil || got.Cache != 9 || got.Key != "k" {
		t.Errorf("%+v, %v", got, err)
	}
}

type (
	tree    struct{ Kids []tree }
	list    struct{ Next *list }
	stamped struct{ time.Time }
	owner   struct{ Owner strings.Builder }
	clash   struct {
		A int `weft:"X"`
		X string
	}
)

func TestUnsupported(t *testing.T) {
	check := func(err error, want string) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	_, err := Of[struct{ Owner struct{ Ch chan int } }]()
	check(err, "field Owner.Ch: chan int can't be stored; use data, or tag the field `weft:\"-\"` to leave it out")
	_, err = Of[owner]()
	check(err, "type codec.owner: field Owner.addr: is not exported")
	_, err = Of[map[string][]any]()
	check(err, "field [][]: interface {} can't be stored; use a concrete type")
	_, err = Of[func()]()
	check(err, "type func(): func() can't be stored")
	_, err = Of[complex64]()
	check(err, "use two floats")
	_, err = Of[uintptr]()
	check(err, "use uint64")
	_, err = Of[tree]()
	check(err, "field Kids[]: codec.tree contains itself")
	_, err = Of[list]()
	check(err, "field Next: codec.list contains itself")
	_, err = Of[[]struct{}]()
	check(err, "its elements take no bytes")
	_, err = Of[map[struct{}]int]()
	check(err, "its keys take no bytes")
	_, err = Of[stamped]()
	check(err, "embeds time.Time, whose methods would encode it alone")
	_, err = Of[clash]()
	check(err, "field X: has the name X of field A")
	_, err = Of[struct {
		A int `weft:"a b"`
	}]()
	check(err, "field A: its tag `weft:\"a b\"` is none; use a name")
}

func TestTime(t *testing.T) {
	c := must[time.Time](t)
	for _, want := range []time.Time{{}, time.Unix(0, 0), time.Now(), time.Date(9999, 1, 2, 3, 4, 5, 999999999, time.FixedZone("x", -7200))} {
		var got time.Time
		row := c.Append(nil, &want)
		if n, err := c.Decode(row, &got); err != nil || n != len(row) || !got.Equal(want) || got.Location() != time.UTC {
			t.Errorf("%v: got %v, %v", want, got, err)
		}
	}
	var got time.Time
	if c.Decode(c.Append(nil, &time.Time{}), &got); got != (time.Time{}) {
		t.Errorf("the zero time became %v", got)
	}
}

// point has methods of its own; its bytes are the other way round.
type point struct{ x, y byte }

func (p point) AppendWeft(dst []byte) []byte { return append(dst, p.y, p.x) }
func (p *point) DecodeWeft(src []byte) (int, error) {
	if len(src) < 2 {
		return 0, ErrShort
	}
	p.y, p.x = src[0], src[1]
	return 2, nil
}

// liar says that it took more than there is.
type liar struct{ N int }

func (liar) AppendWeft(dst []byte) []byte        { return append(dst, 1) }
func (*liar) DecodeWeft(src []byte) (int, error) { return len(src) + 1, nil }

// broken fails to encode.
type broken struct{ N int }

func (broken) MarshalBinary() ([]byte, error)    { return nil, ErrShort }
func (*broken) UnmarshalBinary(src []byte) error { return nil }

func TestOwnMethods(t *testing.T) {
	type trip struct {
		From point
		Via  []point
		At   map[point]netip.Addr
		Link url.URL
		To   *point
	}
	link, err := url.Parse("https://example.org/" + strings.Repeat("long", 100))
	if err != nil {
		t.Fatal(err)
	}
	want := trip{
		point{1, 2}, []point{{3, 4}, {5, 6}}, map[point]netip.Addr{{7, 8}: netip.MustParseAddr("10.1.2.3")}, *link, &point{9, 9},
	}
	c := must[trip](t)
	row := c.Append(nil, &want)
	var got trip
	if n, err := c.Decode(row, &got); err != nil || n != len(row) {
		t.Fatalf("took %d of %d, %v", n, len(row), err)
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(point{}), cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got := c.Append(nil, &want)[:2]; !bytes.Equal(got, []byte{2, 1}) {
		t.Errorf("point became %v", got)
	}
	if _, err := must[liar](t).Decode([]byte{1}, &liar{}); err == nil || !strings.Contains(err.Error(), "took 2 of 1 bytes") {
		t.Errorf("liar: %v", err)
	}
	defer func() {
		if e, ok := recover().(*EncodeError); !ok || e.Error() != "encode: field B: bytes end inside the value" {
			t.Errorf("broken: %v", e)
		}
	}()
	must[struct{ B broken }](t).Append(nil, &struct{ B broken }{})
}

// inside says whether s lies in the memory of b.
func inside(s string, b []byte) bool {
	p, from := uintptr(unsafe.Pointer(unsafe.StringData(s))), uintptr(unsafe.Pointer(unsafe.SliceData(b)))
	return p >= from && p < from+uintptr(len(b))
}

func TestAliasing(t *testing.T) {
	type record struct {
		Name string
		Raw  []byte
		Deep []map[string]*[1]string
	}
	c := must[record](t)
	make1 := func() record {
		return record{"name", []byte("raw"), []map[string]*[1]string{{"key": {"value"}}}}
	}
	v := make1()
	row := c.Append(nil, &v)
	var got record
	if _, err := c.Decode(row, &got); err != nil || !inside(got.Name, row) || cap(got.Raw) != 3 {
		t.Fatalf("Decode does not alias: %v", err)
	}
	before := got
	c.Clone(&got)
	if before.Deep[0]["key"] == got.Deep[0]["key"] {
		t.Error("Clone wrote through a pointer")
	}
	var copied record
	if _, err := c.DecodeCopy(row, &copied); err != nil {
		t.Fatal(err)
	}
	clear(row)
	for name, r := range map[string]record{"Clone": got, "DecodeCopy": copied} {
		if diff := cmp.Diff(make1(), r); diff != "" {
			t.Errorf("%s still aliases (-want +got):\n%s", name, diff)
		}
	}
	var zero record
	c.Clone(&zero)
	if diff := cmp.Diff(record{}, zero); diff != "" {
		t.Errorf("clone of a zero value:\n%s", diff)
	}
}

func TestProperties(t *testing.T) {
	type numbers struct {
		A int64
		B [3]float32
	}
	if c := must[numbers](t); !c.PointerFree() || c.Aliases() || c.MinSize() != 13 {
		t.Errorf("numbers: %v %v %d", c.PointerFree(), c.Aliases(), c.MinSize())
	}
	if c := must[[]int64](t); c.PointerFree() || c.Aliases() {
		t.Error("slice of numbers")
	}
	if c := must[*[2]color](t); c.PointerFree() || !c.Aliases() {
		t.Error("pointer to strings")
	}
	if a, b := must[numbers](t), must[numbers](t); a != b {
		t.Error("compiled twice")
	}
}

func TestNoAllocation(t *testing.T) {
	c := must[wordCount](t)
	b := must[bid](t)
	own := must[point](t)
	buf := make([]byte, 0, 1024)
	allocs := testing.AllocsPerRun(1000, func() {
		v, w := wordCount{"abcdefgh", 1}, sampleBid
		row := b.Append(c.Append(buf[:0], &v), &w)
		var gotV wordCount
		var gotW bid
		n, err := c.Decode(row, &gotV)
		if err != nil || gotV != v {
			t.Fatal(err)
		}
		if _, err := b.Decode(row[n:], &gotW); err != nil || gotW != w {
			t.Fatal(err)
		}
		p := point{1, 2}
		own.Append(buf[:0], &p)
	})
	if allocs != 0 {
		t.Errorf("%v allocations per record", allocs)
	}
}

func TestStrings(t *testing.T) {
	type inner struct {
		N int32
		S string
	}
	for _, c := range []struct {
		v    any
		want []uintptr
		ok   bool
	}{
		{uint64(0), nil, true},
		{"", []uintptr{0}, true},
		{inner{}, []uintptr{8}, true},
		{[2]inner{}, []uintptr{8, 32}, true},
		{[0]string{}, nil, true},
		{struct {
			A string
			B inner
			C [9]int64
		}{}, []uintptr{0, 24}, true},
		{[]string{}, nil, false},
		{struct {
			A string
			P *int
		}{}, []uintptr{0}, false},
		{time.Time{}, nil, false},
	} {
		got, ok := Strings(reflect.TypeOf(c.v))
		if ok != c.ok || c.ok && !slices.Equal(got, c.want) {
			t.Errorf("Strings of %T are %v, %v, want %v, %v", c.v, got, ok, c.want, c.ok)
		}
	}
}
