package codec

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// change is a type and a later version of it, with what a value becomes.
type change struct {
	old, now reflect.Type
	become   func(old, now reflect.Value)
}

// changeMaker makes random changeMaker.
type changeMaker struct{ *rand.Rand }

func same(t reflect.Type) change { return change{t, t, func(old, now reflect.Value) { now.Set(old) }} }

var plainTypes = []reflect.Type{
	reflect.TypeFor[bool](), reflect.TypeFor[int8](), reflect.TypeFor[uint16](), reflect.TypeFor[int](), reflect.TypeFor[uint64](),
	reflect.TypeFor[float64](), reflect.TypeFor[string](), reflect.TypeFor[color](), reflect.TypeFor[time.Time](), reflect.TypeFor[netip.Addr](),
	reflect.TypeFor[point](), reflect.TypeFor[struct{}](), reflect.TypeFor[[0]int8](),
}

func (r changeMaker) widened() change {
	families := [][]reflect.Type{
		{reflect.TypeFor[int8](), reflect.TypeFor[int16](), reflect.TypeFor[int32](), reflect.TypeFor[int64]()},
		{reflect.TypeFor[uint8](), reflect.TypeFor[uint16](), reflect.TypeFor[uint32](), reflect.TypeFor[uint]()},
		{reflect.TypeFor[float32](), reflect.TypeFor[float64]()},
	}
	family := families[r.IntN(3)]
	i := r.IntN(len(family))
	return change{family[i], family[i+r.IntN(len(family)-i)], func(old, now reflect.Value) { now.Set(old.Convert(now.Type())) }}
}

func (r changeMaker) change(depth int) change {
	n := 7
	if depth == 0 {
		n = 2
	}
	switch r.IntN(n) {
	case 0:
		return same(plainTypes[r.IntN(len(plainTypes))])
	case 1:
		return r.widened()
	case 2:
		e, n := r.change(depth-1), r.IntN(3)
		return change{reflect.ArrayOf(n, e.old), reflect.ArrayOf(n, e.now), func(old, now reflect.Value) {
			for i := range n {
				e.become(old.Index(i), now.Index(i))
			}
		}}
	case 3:
		e := r.sized(depth - 1)
		return change{reflect.SliceOf(e.old), reflect.SliceOf(e.now), func(old, now reflect.Value) {
			if old.IsNil() {
				return
			}
			now.Set(reflect.MakeSlice(now.Type(), old.Len(), old.Len()))
			for i := range old.Len() {
				e.become(old.Index(i), now.Index(i))
			}
		}}
	case 4:
		e := r.change(depth - 1)
		return change{reflect.PointerTo(e.old), reflect.PointerTo(e.now), func(old, now reflect.Value) {
			if !old.IsNil() {
				now.Set(reflect.New(now.Type().Elem()))
				e.become(old.Elem(), now.Elem())
			}
		}}
	case 5:
		return r.mapping(depth)
	default:
		return r.structure(depth, false)
	}
}

// sized is a change that takes at least a byte.
func (r changeMaker) sized(depth int) change {
	for {
		p := r.change(depth)
		old, err1 := compile(p.old)
		now, err2 := compile(p.now)
		if err1 == nil && err2 == nil && old.min > 0 && now.min > 0 {
			return p
		}
	}
}

func (r changeMaker) mapping(depth int) change {
	k := same(reflect.TypeFor[string]())
	switch r.IntN(3) {
	case 0:
		for k = r.widened(); k.old.Kind() == reflect.Float32 || k.old.Kind() == reflect.Float64; k = r.widened() {
		}
	case 1:
		k = r.structure(0, true)
	}
	e := r.change(depth - 1)
	return change{reflect.MapOf(k.old, e.old), reflect.MapOf(k.now, e.now), func(old, now reflect.Value) {
		if old.IsNil() {
			return
		}
		now.Set(reflect.MakeMap(now.Type()))
		for _, key := range old.MapKeys() {
			nowKey, nowElem := reflect.New(k.now).Elem(), reflect.New(e.now).Elem()
			k.become(key, nowKey)
			e.become(old.MapIndex(key), nowElem)
			now.SetMapIndex(nowKey, nowElem)
		}
	}}
}

// structure is a change of structs: fields stay, change, get other names, come and, but in a key, go.
func (r changeMaker) structure(depth int, isKey bool) change {
	type field struct {
		change
		old, now reflect.StructField
	}
	var fields []field
	for i := range 1 + r.IntN(5) {
		f := field{change: r.change(max(0, depth-1))}
		if isKey {
			f.change = same(reflect.TypeFor[string]())
		}
		f.old = reflect.StructField{Name: fmt.Sprint("F", i), Type: f.change.old}
		f.now = reflect.StructField{Name: f.old.Name, Type: f.change.now}
		switch r.IntN(6) {
		case 0:
			f.now.Name += "Renamed"
			f.now.Tag = reflect.StructTag(`weft:",was=never,was=` + f.old.Name + `"`)
		case 1:
			f.old.Type = nil // it is new
		case 2:
			if !isKey {
				f.now.Type = nil
				if old, err := compile(f.change.old); err != nil || strings.Contains(old.schema, "custom(") {
					f.old.Type = nil
				}
			}
		}
		if i == 0 && isKey {
			f.old.Type, f.now.Type = f.change.old, f.change.now // a key takes bytes
		}
		fields = append(fields, f)
	}
	var old, now []reflect.StructField
	for _, f := range fields {
		if f.old.Type != nil {
			old = append(old, f.old)
		}
		if f.now.Type != nil {
			now = append(now, f.now)
		}
	}
	r.Shuffle(len(now), func(i, j int) { now[i], now[j] = now[j], now[i] })
	return change{reflect.StructOf(old), reflect.StructOf(now), func(old, now reflect.Value) {
		for _, f := range fields {
			if f.old.Type != nil && f.now.Type != nil {
				f.become(old.FieldByName(f.old.Name), now.FieldByName(f.now.Name))
			}
		}
	}}
}

// value fills v at random.
func (r changeMaker) value(v reflect.Value) {
	switch at := v.Addr().Interface().(type) {
	case *time.Time:
		*at = time.Unix(r.Int64N(1e12)-5e11, r.Int64N(1e9)).UTC()
		return
	case *netip.Addr:
		*at = netip.AddrFrom4([4]byte{byte(r.Int()), 1, 2, 3})
		return
	case *point:
		*at = point{byte(r.Int()), byte(r.Int())}
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(r.IntN(2) == 0)
	case reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Int:
		v.SetInt(int64(r.Uint64()>>r.IntN(64)) * int64(1-2*r.IntN(2)))
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uint:
		v.SetUint(r.Uint64() >> r.IntN(64))
	case reflect.Float32, reflect.Float64:
		v.SetFloat(r.NormFloat64())
	case reflect.String:
		v.SetString(strings.Repeat("x", r.IntN(300)))
	case reflect.Array, reflect.Slice:
		if v.Kind() == reflect.Slice && r.IntN(4) > 0 {
			v.Set(reflect.MakeSlice(v.Type(), r.IntN(4), 9))
		}
		for i := range v.Len() {
			r.value(v.Index(i))
		}
	case reflect.Pointer:
		if r.IntN(4) > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			r.value(v.Elem())
		}
	case reflect.Map:
		if r.IntN(4) > 0 {
			v.Set(reflect.MakeMap(v.Type()))
			for range r.IntN(4) {
				key, elem := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
				r.value(key)
				r.value(elem)
				v.SetMapIndex(key, elem)
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			r.value(v.Field(i))
		}
	}
}

var sameValues = cmp.Options{
	cmp.Comparer(func(a, b netip.Addr) bool { return a == b }), cmp.Comparer(func(a, b point) bool { return a == b }),
}

// TestEvolutionOfRandomTypes decodes what one version of a type wrote into the next, and goes over it where it is gone.
func TestEvolutionOfRandomTypes(t *testing.T) {
	seed := rand.Uint64()
	r := changeMaker{rand.New(rand.NewPCG(seed, 7))}
	for range 3000 {
		p := r.change(4)
		old, err := compile(p.old)
		if err != nil {
			continue // a slice or map of nothing
		}
		now, err := compile(p.now)
		if err != nil {
			continue
		}
		w, err := ParseSchema(old.schema)
		if err != nil {
			t.Fatal(err)
		}
		n, err := ParseSchema(now.schema)
		if err != nil {
			t.Fatal(err)
		}
		e := Compare(w, n)
		if len(e.Problems) > 0 {
			t.Fatalf("seed %d: %s cannot become %s: %q", seed, w, n, e.Problems)
		}
		if same := old.schema == now.schema; same != (len(e.Changes) == 0) {
			t.Fatalf("seed %d: %s becomes %s with changes %q", seed, w, n, e.Changes)
		}
		decoder := evolve(w, n, p.now, "")
		for range 5 {
			value, want, got := reflect.New(p.old), reflect.New(p.now), reflect.New(p.now)
			r.value(value.Elem())
			p.become(value.Elem(), want.Elem())
			row := old.append(nil, value.UnsafePointer())
			if took, err := decoder.decode(row, 0, got.UnsafePointer(), true); err != nil || took != len(row) {
				t.Fatalf("seed %d: %s as %s: took %d of %d, %v", seed, w, n, took, len(row), err)
			}
			if diff := cmp.Diff(want.Interface(), got.Interface(), sameValues); diff != "" {
				t.Fatalf("seed %d: %s as %s (-want +got):\n%s", seed, w, n, diff)
			}
			if w.skips() {
				if took, err := w.skip(row, 0); err != nil || took != len(row) {
					t.Fatalf("seed %d: %s: skipped %d of %d, %v", seed, w, took, len(row), err)
				}
			}
			if cut := len(row) - 1; cut >= 0 {
				if _, err := decoder.decode(row[:cut:cut], 0, got.UnsafePointer(), true); err == nil {
					t.Fatalf("seed %d: %s as %s: decoded from %d of %d bytes", seed, w, n, cut, len(row))
				}
			}
		}
	}
}

// TestCompare holds what people read.
func TestCompare(t *testing.T) {
	for _, c := range []struct {
		written, read     string
		changes, problems []string
	}{
		{"int64", "int64", nil, nil},
		{"int64", "string", nil, []string{"int64 cannot become string"}},
		{"int64", "int32", nil, []string{"int64 cannot become int32"}},
		{"uint32", "int64", nil, []string{"uint32 cannot become int64"}},
		{"int32", "float64", nil, []string{"int32 cannot become float64"}},
		{"*int8", "int8", nil, []string{"*int8 cannot become int8"}},
		{"[2]int8", "[3]int8", nil, []string{"[2]int8 cannot become [3]int8"}},
		{"[2]int8", "[]int8", nil, []string{"[2]int8 cannot become []int8"}},
		{"custom(a.B)", "custom(a.C)", nil, []string{"custom(a.B) cannot become custom(a.C)"}},
		{"custom(a.B)", "binary(a.B)", nil, nil},
		{"binary(a.B)", "custom(a.B)", nil, []string{"binary(a.B) cannot become custom(a.B)"}},
		{"struct{}", "time", nil, []string{"struct{} cannot become time"}},
		{
			"struct{A int32; B string; C time; D []map[string]*float32}", "struct{D []map[string]*float64; New bool; A int64; See,was=C time}",
			[]string{
				"field A: int32 becomes int64", "field B: is left out", "field C: is now See",
				"field D: is in another place", "field D[][]: float32 becomes float64", "field New: is new and starts as its zero value",
			},
			nil,
		},
		{
			"struct{A struct{B []int64}; C custom(x.Y)}", "struct{A struct{B []bool}}", nil,
			[]string{"field A.B[]: int64 cannot become bool", "field C: custom(x.Y) cannot be left out: only its type knows where a value ends"},
		},
		{"struct{A int8; B int8}", "struct{B,was=A int8}", []string{"field A: is left out"}, nil},
		{"struct{C int8; A int8}", "struct{B,was=A,was=C int8}", []string{"field C: is left out", "field A: is now B"}, nil},
		{"struct{A map[string]struct{}}", "struct{A map[string]struct{}}", nil, nil},
		{
			"map[struct{A int8; B int8}]int8", "map[struct{A int16}]int8",
			[]string{"field [key].A: int8 becomes int16"},
			[]string{"field [key].B: cannot be left out of the keys of a map: different keys could become equal"},
		},
	} {
		e := Compare(parse(t, c.written), parse(t, c.read))
		if diff := cmp.Diff(Evolution{c.changes, c.problems}, e); diff != "" {
			t.Errorf("%s to %s (-want +got):\n%s", c.written, c.read, diff)
		}
	}
}

func parse(t testing.TB, schema string) *Schema {
	t.Helper()
	s, err := ParseSchema(schema)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// keeps says that keys of the type K become keys of the type L with the hash that they had.
func keeps[K, L comparable](t *testing.T, keys ...K) {
	t.Helper()
	decoder, err := must[L](t).KeyDecoder(must[K](t).Schema())
	if err != nil {
		t.Error(err)
		return
	}
	before, _ := Hasher[K]()
	after, _ := Hasher[L]()
	for _, k := range keys {
		var l L
		if _, err := decoder.Decode(must[K](t).Append(nil, &k), &l); err != nil {
			t.Error(err)
		}
		if before(k) != after(l) {
			t.Errorf("%T %v has another hash as %T", k, k, l)
		}
	}
}

func TestKeysKeepTheirHash(t *testing.T) {
	keeps[int8, int64](t, -128, -1, 0, 127)
	keeps[int16, int](t, -30000, 5)
	keeps[uint8, uint32](t, 0, 255)
	keeps[uint32, uint64](t, 1<<32-1)
	keeps[string, color](t, "", "red")
	type key struct {
		A int32
		B [2]uint32
		C string
	}
	type nowKey struct {
		X int `weft:",was=A"`
		B [2]uint
		C color
	}
	keeps[key, nowKey](t, key{}, key{-5, [2]uint32{1, 1 << 31}, "c"}, key{1 << 30, [2]uint32{}, "d"})
	for _, c := range []struct{ written, read, want string }{
		{"int64", "int32", "int64 cannot become int32"},
		{"int64", "string", "int64 cannot become string"},
		{"bool", "uint8", "bool cannot become uint8"},
		{"struct{A int8}", "struct{A int16}", "field A: int8 cannot become int16"},
		{"struct{A int64; B int64}", "struct{B int64; A int64}", "struct{A int64; B int64} cannot become struct{B int64; A int64}"},
		{"struct{A int64}", "struct{A int64; B int64}", "struct{A int64} cannot become struct{A int64; B int64}"},
		{"struct{A [2]int16}", "struct{A [2]int32}", "field A[]: int16 cannot become int32"},
		{"struct{A string}", "string", "struct{A string} cannot become string"},
	} {
		e := CompareKeys(parse(t, c.written), parse(t, c.read))
		if diff := cmp.Diff([]string{c.want}, e.Problems); diff != "" {
			t.Errorf("%s to %s: %s", c.written, c.read, diff)
		}
	}
}

func TestDecoder(t *testing.T) {
	c := must[inner](t)
	if d, err := c.Decoder(c.Schema()); err != nil || d.prog != c.prog {
		t.Errorf("the codec's own schema: %v", err)
	}
	if d, err := c.Decoder(""); err != nil || d.MinSize() != c.MinSize() {
		t.Errorf("no schema: %v", err)
	}
	_, err := c.Decoder("struct{Name bool}")
	if want := "the type changed from struct{Name bool} to " + c.Schema() + ": field Name: bool cannot become string"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
	if _, err := c.Decoder("junk"); err == nil {
		t.Error("no error for junk")
	}
}

// TestEvolvedRowsNeedNoAllocation: what a former version wrote is decoded as its own.
func TestEvolvedRowsNeedNoAllocation(t *testing.T) {
	type old struct {
		Gone  []string
		Count int32
		Small int8
		Word  string
	}
	type now struct {
		Word  string
		Total int64 `weft:",was=Count"`
		Small int
		Fresh float64
	}
	row := must[old](t).Append(nil, &old{[]string{"a", "b"}, 7, -3, "word"})
	d, err := must[now](t).Decoder(must[old](t).Schema())
	if err != nil {
		t.Fatal(err)
	}
	allocs := testing.AllocsPerRun(100, func() {
		var v now
		if n, err := d.Decode(row, &v); err != nil || n != len(row) || v != (now{"word", 7, -3, 0}) {
			t.Fatalf("%+v, took %d, %v", v, n, err)
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations per row", allocs)
	}
}

// FuzzEvolve decodes hostile bytes by hostile schemas into a type of all kinds.
func FuzzEvolve(f *testing.F) {
	c := must[everything](f)
	own := c.Schema()
	row := c.Append(nil, &everything{Ints: []int16{1, 2}, Deep: [][]*inner{nil, {{Name: "n"}}}, Counts: map[int32][]string{5: {"v"}}})
	f.Add(own, row)
	f.Add(strings.Replace(own, "struct{", "struct{Gone map[string][2]time; ", 1), row)
	f.Add(strings.NewReplacer("I64 int64", "I64 int8", "Ints []int16", "Ints []int8", "F64 float64", "F64 float32").Replace(own), row)
	f.Add("struct{Gone *[2000000000]struct{A binary(x.Y); B [5][]string}}", []byte("\x01\xff\xff"))
	f.Add("struct{Length int16}", binary.LittleEndian.AppendUint16(nil, 9))
	f.Fuzz(func(t *testing.T, schema string, src []byte) {
		d, err := c.Decoder(schema)
		if err != nil {
			return
		}
		var v everything
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		n, err := d.Decode(src, &v)
		runtime.ReadMemStats(&after)
		// The most memory per byte: a slice's element of one byte that was all of an Array's inner (48).
		if grown := after.TotalAlloc - before.TotalAlloc; grown > uint64(400*len(src)+256<<10) {
			t.Fatalf("%d bytes allocated for %d", grown, len(src))
		}
		if err != nil {
			return
		}
		if n > len(src) || n < d.MinSize() {
			t.Fatalf("took %d of %d bytes, at least %d", n, len(src), d.MinSize())
		}
		var again everything
		if _, err := c.DecodeCopy(c.Append(nil, &v), &again); err != nil {
			t.Fatal(err)
		}
	})
}
