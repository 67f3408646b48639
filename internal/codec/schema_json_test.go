package codec

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// jsonOf is a value's JSON as read from its bytes by its schema alone.
func jsonOf[T any](t *testing.T, v T) string {
	t.Helper()
	c := must[T](t)
	s, err := ParseSchema(c.Schema())
	if err != nil {
		t.Fatal(err)
	}
	row := c.Append(nil, &v)
	text, n, err := s.AppendJSON(nil, append(row, "more"...))
	if err != nil {
		t.Fatal(err)
	}
	if skipped, err := s.Skip(append(row, "more"...)); err != nil || n != len(row) || skipped != n {
		t.Fatalf("took %d bytes and skipped %d (%v) of %d", n, skipped, err, len(row))
	}
	return string(text)
}

func TestJSONForms(t *testing.T) {
	one := int64(1)
	for _, c := range []struct{ got, want string }{
		{jsonOf(t, true), `true`},
		{jsonOf(t, int8(-128)), `-128`},
		{jsonOf(t, int16(-2)), `-2`},
		{jsonOf(t, uint16(65535)), `65535`},
		{jsonOf(t, int32(-70000)), `-70000`},
		{jsonOf(t, int64(1<<53-1)), `9007199254740991`},
		{jsonOf(t, int64(-1<<53)), `"-9007199254740992"`},
		{jsonOf(t, uint64(math.MaxUint64)), `"18446744073709551615"`},
		{jsonOf(t, float32(0.1)), `0.1`},
		{jsonOf(t, 1e6), `1000000`},
		{jsonOf(t, 1e21), `1e+21`},
		{jsonOf(t, 2.5e-7), `2.5e-07`},
		{jsonOf(t, math.Copysign(0, -1)), `-0`},
		{jsonOf(t, []float64{math.NaN(), math.Inf(1), math.Inf(-1)}), `["NaN","Infinity","-Infinity"]`},
		{jsonOf(t, "a\"b\\\n\t\x01\x7fé\u2028"), "\"a\\\"b\\\\\\n\\t\\u0001\\u007fé\u2028\""},
		{jsonOf(t, "\xff"), `{"base64":"/w=="}`},
		{jsonOf(t, []byte("raw")), `"cmF3"`},
		{jsonOf(t, []byte(nil)), `null`},
		{jsonOf(t, [2]byte{1, 2}), `"AQI="`},
		{jsonOf(t, [2]int8{1, -1}), `[1,-1]`},
		{jsonOf(t, [3]struct{}{}), `[]`},
		{jsonOf(t, []int16{}), `[]`},
		{jsonOf(t, []*int64{nil, &one}), `[null,1]`},
		{jsonOf(t, time.Unix(0, 5e8)), `"1970-01-01T00:00:00.5Z"`},
		{jsonOf(t, time.Unix(1<<53, 7)), `{"seconds":"9007199254740992","nanoseconds":7}`},
		{jsonOf(t, map[string]int8{"b": 2, "a": 1}), `{"a":1,"b":2}`},
		{jsonOf(t, map[string]int8{"a": 1, "\xff": 2}), `[{"key":"a","value":1},{"key":{"base64":"/w=="},"value":2}]`},
		{jsonOf(t, map[int32]bool{-7: true}), `{"-7":true}`},
		{jsonOf(t, map[int64]bool{math.MinInt64: true}), `{"-9223372036854775808":true}`},
		{jsonOf(t, map[bool]int8(nil)), `null`},
		{jsonOf(t, map[[1]bool]int8{{true}: 4}), `[{"key":[true],"value":4}]`},
		{jsonOf(t, struct {
			A struct{}
			B inner
		}{B: inner{Name: "n"}}), `{"A":{},"B":{"Name":"n","Tags":null,"Score":0}}`},
	} {
		if c.got != c.want {
			t.Errorf("got %s, want %s", c.got, c.want)
		}
		if !json.Valid([]byte(c.got)) {
			t.Errorf("%s is no json", c.got)
		}
	}
}

func TestJSONOfEverything(t *testing.T) {
	for seed := range uint64(300) {
		text := jsonOf(t, fill[everything](t, rand.New(rand.NewPCG(seed, 2))))
		if !json.Valid([]byte(text)) {
			t.Fatalf("%s is no json", text)
		}
	}
}

// checkKey compares what is done with a key by its schema with what is done by its type.
func checkKey[K comparable](t *testing.T, k K, written string) {
	t.Helper()
	c := must[K](t)
	s, err := ParseSchema(c.Schema())
	if err != nil {
		t.Fatal(err)
	}
	row := c.Append(nil, &k)
	if got, want := s.Hash(row), hashOf(t, k); got != want {
		t.Errorf("hash of %v is %#x by its schema, %#x by its type", k, got, want)
	}
	parsed, err := s.ParseKey(written)
	if diff := cmp.Diff(row, parsed); err != nil || diff != "" {
		t.Errorf("%s: %v %s", written, err, diff)
	}
}

func TestKeys(t *testing.T) {
	checkKey(t, "word", "word")
	checkKey(t, color(`"quoted"`), `"quoted"`)
	checkKey(t, "", "")
	checkKey(t, "\xff", `{"base64":"/w=="}`)
	checkKey(t, true, "true")
	checkKey(t, false, "false")
	checkKey(t, int8(-1), "-1")
	checkKey(t, uint8(200), "200")
	checkKey(t, int16(-300), "-300")
	checkKey(t, uint16(60000), "60000")
	checkKey(t, int32(-70000), "-70000")
	checkKey(t, uint32(4e9), "4000000000")
	checkKey(t, math.MinInt64, `"-9223372036854775808"`)
	checkKey(t, uint64(math.MaxUint64), "18446744073709551615")
	checkKey(t, time.Second, "1000000000")
	checkKey(t, pair{"a", -5}, `{"B":-5,"A":"a"}`)
	checkKey(t, struct{ A int8 }{1}, `{"A":1}`)
	checkKey(t, [4]byte{1, 2, 3, 4}, `"AQIDBA=="`)
	checkKey(t, [2]pair{{"a", 1}, {"b", 2}}, `[{"A":"a","B":1},{"A":"b","B":2}]`)
	checkKey(t, [2]struct{}{}, `[]`)
	checkKey(t, struct{}{}, `{}`)
}

func TestKeysThatAreNone(t *testing.T) {
	for _, c := range []struct{ schema, written, want string }{
		{"int8", "128", "128 is no int8: want a int8"},
		{"int64", "1.5", "1.5 is no int64: want a int64"},
		{"int64", "word", "invalid character 'w' looking for beginning of value: want a int64"},
		{"int64", "1 2", "something follows the value: want a int64"},
		{"bool", "1", "1 is no bool: want a bool"},
		{"struct{A string; B int32}", `{"A":"x"}`, `field B is missing: want a struct{A string; B int32}, such as {"A":"","B":0}`},
		{"struct{A string}", `{"A":"x","C":1}`, `2 fields instead of 1: want a struct{A string}, such as {"A":""}`},
		{"[2]uint8", `"AQ=="`, `want 2 bytes in base64: want a [2]uint8, such as "AAA="`},
		{"float64", "1", "a float64 cannot be part of a key: want a float64"},
	} {
		s, err := ParseSchema(c.schema)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.ParseKey(c.written); err == nil || err.Error() != c.want {
			t.Errorf("key %s of %s: %v, want %s", c.written, c.schema, err, c.want)
		}
	}
}

func TestCustomTypesAreOpaque(t *testing.T) {
	s, err := ParseSchema("struct{A custom(main.Own)}")
	if err != nil {
		t.Fatal(err)
	}
	_, _, failed := s.AppendJSON(nil, []byte("123"))
	if _, err := s.Skip([]byte("123")); err == nil || failed == nil || !strings.Contains(err.Error(), "custom(main.Own) encodes itself") {
		t.Errorf("%v, %v", err, failed)
	}
}

// FuzzSchemaJSON reads hostile bytes by a hostile schema: whatever they are, there is no panic, and what is written is JSON.
func FuzzSchemaJSON(f *testing.F) {
	c := must[everything](f)
	f.Add(c.Schema(), c.Append(nil, &everything{Text: "text", Named: map[color]inner{"k": {}}, Deep: [][]*inner{nil, {{}, nil}}}), "{}")
	f.Add("map[string][]*struct{A time; B [2]uint8}", []byte("\x02\x01k\x02\x01\x00\x00ab"), "k")
	f.Add("[2147483647]struct{}", []byte{}, "[]")
	f.Add("map[map[int8]float32]binary(x.Y)", []byte("\x02\x02\x01\x00\x00\xc0\x7f\x01\xff"), "1")
	f.Fuzz(func(t *testing.T, schema string, src []byte, key string) {
		s, err := ParseSchema(schema)
		if err != nil || len(schema)*len(src) > 1<<22 {
			return
		}
		if key, err := s.ParseKey(key); err == nil {
			s.Hash(key)
			if n, err := s.Skip(key); err != nil || n != len(key) {
				t.Fatalf("key of %d bytes: skipped %d, %v", len(key), n, err)
			}
		}
		skipped, skipErr := s.Skip(src)
		text, n, err := s.AppendJSON(nil, src)
		if err != nil {
			return
		}
		if skipErr != nil || skipped != n || n > len(src) {
			t.Fatalf("took %d, skipped %d (%v) of %d bytes", n, skipped, skipErr, len(src))
		}
		if !json.Valid(text) {
			t.Fatalf("%s is no json", text)
		}
	})
}
