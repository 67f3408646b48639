package codec

import (
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// generic's instances have names with parentheses and quotes in them.
type generic[T any] struct{ N byte }

func (g generic[T]) MarshalBinary() ([]byte, error) { return nil, nil }
func (*generic[T]) UnmarshalBinary([]byte) error    { return nil }

func TestParseSchemaOfTypes(t *testing.T) {
	type renamed struct {
		A int       `weft:"a,was=b,was=c"`
		D time.Time `weft:",was=e"`
		F [3][0]struct{}
		G url.URL
		H map[point]*[]netip.Addr
	}
	for _, c := range []struct {
		schema string
		min    int
	}{
		{must[everything](t).Schema(), must[everything](t).MinSize()},
		{must[renamed](t).Schema(), must[renamed](t).MinSize()},
		{must[generic[struct {
			A func(func()) `odd:"\")("`
		}]](t).Schema(), 1},
		{must[struct{}](t).Schema(), 0},
	} {
		s, err := ParseSchema(c.schema)
		if err != nil {
			t.Errorf("%s: %v", c.schema, err)
			continue
		}
		if s.String() != c.schema || s.MinSize() != c.min {
			t.Errorf("%s became %s, least size %d became %d", c.schema, s, c.min, s.MinSize())
		}
	}
	want := "struct{a,was=b,was=c int64; D,was=e time; F [3][0]struct{}; G binary(url.URL); H map[custom(codec.point)]*[]binary(netip.Addr)}"
	if got := must[renamed](t).Schema(); got != want {
		t.Errorf("schema %s", got)
	}
}

func TestParsedSchema(t *testing.T) {
	got, err := ParseSchema("struct{A,was=B [2]uint16; C map[string]*custom(x.Y)}")
	if err != nil {
		t.Fatal(err)
	}
	want := &Schema{Kind: StructKind, min: 5, Fields: []SchemaField{
		{Name: "A", Was: []string{"B"}, Type: &Schema{Kind: ArrayKind, Len: 2, min: 4, Elem: &Schema{Kind: "uint16", min: 2}}},
		{Name: "C", Type: &Schema{
			Kind: MapKind, min: 1, Key: &Schema{Kind: "string", min: 1},
			Elem: &Schema{Kind: PointerKind, min: 1, Elem: &Schema{Kind: CustomKind, Name: "x.Y", min: 1}},
		}},
	}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(Schema{})); diff != "" {
		t.Error(diff)
	}
}

func TestParseSchemaRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                            `schema: byte 0: "" is no type`,
		"int":                         `schema: byte 0: "int" is no type`,
		"bytes":                       `schema: byte 0: "bytes" is no type`,
		"int64 ":                      `schema: byte 5: " " follows the type`,
		"[]struct{}":                  `schema: byte 10: the elements of a slice take no bytes`,
		"map[[0]int8]int8":            `schema: byte 11: the keys of a map take no bytes`,
		"map[int8int8":                `schema: byte 4: "int8int8" is no type`,
		"map[string;":                 `schema: byte 10: ] is missing after the key of a map`,
		"[07]int8":                    `schema: byte 1: "07]int8" is no length of an array`,
		"[3000000000]int8":            `schema: byte 1: "3000000000]int8" is no length of an array`,
		"[3":                          `schema: byte 2: ] is missing after the length of an array`,
		"custom(a.B[func()]":          `schema: byte 7: ) is missing after the name of a type`,
		`custom(a.B[struct { "x }])`:  `schema: byte 7: a quote in the name of a type does not end`,
		"struct{A int8":               `schema: byte 13: ; or } is missing after a field`,
		"struct{A}":                   `schema: byte 7: a field has no type`,
		"struct{A int8; A int8}":      `schema: byte 15: two fields have the name A`,
		"struct{A,was=A int8}":        `schema: byte 7: two fields have the name A`,
		"struct{A,was= int8}":         `schema: byte 7: "" is no name of a field`,
		strings.Repeat("*", 1000):     `schema: byte 501: more than 500 types inside each other`,
		strings.Repeat("*", 1<<20+1):  `schema of 1048577 bytes: more than 1048576 are none`,
		"struct{A int8; B [x]string}": `schema: byte 18: "x]string}" is no length of an array`,
	} {
		if _, err := ParseSchema(text); err == nil || err.Error() != want {
			t.Errorf("%.40q: %v, want %s", text, err, want)
		}
	}
	if s, err := ParseSchema("[2000000000][2000000000]string"); err != nil || s.MinSize() != sizeLimit {
		t.Errorf("a huge array: %v, %v", s, err)
	}
}

func TestTags(t *testing.T) {
	type twice struct {
		A int
		B int `weft:",was=A"`
	}
	type option struct {
		A int `weft:"a,omitempty"`
	}
	_, first := Of[twice]()
	_, second := Of[option]()
	for want, err := range map[string]error{
		"field B: has the name A of field A":              first,
		"field A: its tag `weft:\"a,omitempty\"` is none": second,
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

// FuzzParseSchema: what parses is written as it was read.
func FuzzParseSchema(f *testing.F) {
	f.Add(must[everything](f).Schema())
	f.Add("struct{A,was=B [2]uint16; C map[string]*custom(x.Y[func(\")\")])}")
	f.Add("[9][]*map[time]binary(a.B)")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseSchema(text)
		if err != nil {
			return
		}
		if s.String() != text || s.MinSize() < 0 {
			t.Fatalf("%q became %q, least size %d", text, s, s.MinSize())
		}
	})
}
