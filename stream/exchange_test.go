package stream

import (
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weft-stream/weft/internal/codec"
)

// visit has parts of several kinds, and one that does not travel.
type visit struct {
	User  string
	Pages int32
	Tags  []string
	Cache int64 `weft:"-"`
}

func visits(t testing.TB) *exchange[visit] {
	t.Helper()
	records, err := codec.Of[visit]()
	if err != nil {
		t.Fatal(err)
	}
	return &exchange[visit]{records: records, timed: true, hasher: func() func([]visit, []uint64) { return nil }}
}

func TestABatchComesThroughTheWire(t *testing.T) {
	x := visits(t)
	b := x.take(8)
	for i, user := range []string{"ann", "", "bob"} {
		b.append(uint64(i)<<60, visit{User: user, Pages: int32(-i), Tags: []string{user}, Cache: 7}, int64(i)-1)
	}
	wire := b.AppendTo(nil)
	b.Release() // the decoder shall find no rest in it
	got, err := x.decoder(8)(wire)
	if err != nil {
		t.Fatal(err)
	}
	g := got.(*batch[visit])
	want := []visit{{User: "ann", Tags: []string{"ann"}}, {Pages: -1, Tags: []string{""}}, {User: "bob", Pages: -2, Tags: []string{"bob"}}}
	if diff := cmp.Diff(want, g.values[:g.Len()]); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]uint64{0, 1 << 60, 2 << 60}, g.hashes[:3]); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]int64{-1, 0, 1}, g.times[:3]); diff != "" {
		t.Error(diff)
	}
	if _, err := x.decoder(2)(wire); err == nil {
		t.Error("a batch is larger than batches are")
	}
	for end := range wire {
		if _, err := x.decoder(8)(wire[:end]); err == nil {
			t.Fatalf("%d of %d bytes are enough", end, len(wire))
		}
	}
}

// FuzzBatch gives a decoder hostile frames.
func FuzzBatch(f *testing.F) {
	x := visits(f)
	b := x.take(4)
	b.append(1, visit{User: "ann", Tags: []string{"a", "b"}}, 5)
	b.append(2, visit{User: "bob"}, 6)
	f.Add(b.AppendTo(nil))
	f.Add([]byte("\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, wire []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		got, err := x.decoder(64)(wire)
		runtime.ReadMemStats(&after)
		if grown := after.TotalAlloc - before.TotalAlloc; grown > uint64(200*len(wire)+256<<10) {
			t.Fatalf("%d bytes allocated for %d", grown, len(wire))
		}
		if err == nil {
			got.Release()
		}
	})
}
