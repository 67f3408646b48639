package codec

import (
	"math/rand"
	randv2 "math/rand/v2"
	"runtime"
	"testing"
)

// quickSource lets testing/quick draw from the seeded generator of a test.
func quickSource(r *randv2.Rand) *rand.Rand { return rand.New(rand.NewSource(r.Int64())) }

// FuzzDecode feeds hostile bytes to a type of all kinds. What decodes must encode to something that decodes to the same.
func FuzzDecode(f *testing.F) {
	c := must[everything](f)
	f.Add(c.Append(nil, &everything{}))
	f.Add(c.Append(nil, &everything{
		Text: "text", Ints: []int16{1, 2}, Raw: []byte("raw"), Deep: [][]*inner{nil, {{Name: "n", Tags: []string{"t"}}, nil}},
		Named: map[color]inner{"k": {}}, Counts: map[int32][]string{5: {"v"}},
	}))
	f.Add([]byte("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, src []byte) {
		var v everything
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		n, err := c.Decode(src, &v)
		runtime.ReadMemStats(&after)
		// The most memory per byte: a nil slice in a slice (24), and a map entry with its table.
		if grown := after.TotalAlloc - before.TotalAlloc; grown > uint64(200*len(src)+256<<10) {
			t.Fatalf("%d bytes allocated for %d", grown, len(src))
		}
		if err != nil {
			return
		}
		if n > len(src) {
			t.Fatalf("took %d of %d bytes", n, len(src))
		}
		row := c.Append(nil, &v)
		var again everything
		if _, err := c.DecodeCopy(row, &again); err != nil {
			t.Fatal(err)
		}
		if string(c.Append(nil, &again)) != string(row) {
			t.Fatal("the bytes are not stable")
		}
	})
}
