package stream_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weft-stream/weft/stream"
	"github.com/weft-stream/weft/stream/streamtest"
)

// totalsBy sums the numbers below 1,000 by a key and compares with a plain map.
func totalsBy[K comparable](t *testing.T, key func(int64) K) {
	t.Helper()
	want := map[K]int64{}
	for i := range int64(1000) {
		want[key(i)] += i
	}
	type sum struct {
		Of  K
		All int64
	}
	for _, p := range parallelisms {
		got := map[K]int64{}
		for _, s := range streamtest.Collect(t, p, func(env *stream.Env) *stream.Stream[sum] {
			keyed := stream.KeyBy(stream.Sequence(env, "numbers", 0, 999), key)
			return stream.Process(keyed, "sums", func(op *stream.Op[K, sum]) func(int64) {
				all := stream.NewValue[int64](op, "all")
				return func(i int64) {
					all.Update(func(v *int64) { *v += i })
					op.Emit(sum{op.Key(), all.Get()})
				}
			})
		}) {
			got[s.Of] = max(got[s.Of], s.All)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("parallelism %d (-want +got):\n%.1000s", p, diff)
		}
	}
}

type place struct {
	Country string
	City    [2]int16
	Capital bool
}

func TestTypesOfKeys(t *testing.T) {
	t.Run("string", func(t *testing.T) { totalsBy(t, func(i int64) string { return fmt.Sprint("key ", i%97) }) })
	t.Run("empty string", func(t *testing.T) { totalsBy(t, func(int64) string { return "" }) })
	t.Run("bool", func(t *testing.T) { totalsBy(t, func(i int64) bool { return i%3 == 0 }) })
	t.Run("int", func(t *testing.T) { totalsBy(t, func(i int64) int { return int(i%13) - 6 }) })
	t.Run("int8", func(t *testing.T) { totalsBy(t, func(i int64) int8 { return int8(i) }) })
	t.Run("uint16", func(t *testing.T) { totalsBy(t, func(i int64) uint16 { return uint16(i * 99) }) })
	t.Run("uint64", func(t *testing.T) { totalsBy(t, func(i int64) uint64 { return ^uint64(i % 7) }) })
	t.Run("array", func(t *testing.T) { totalsBy(t, func(i int64) [3]byte { return [3]byte{byte(i % 5), 0, byte(i % 3)} }) })
	t.Run("array of strings", func(t *testing.T) {
		totalsBy(t, func(i int64) [2]string { return [2]string{fmt.Sprint(i % 4), fmt.Sprint(i % 6)} })
	})
	t.Run("struct", func(t *testing.T) {
		totalsBy(t, func(i int64) place { return place{fmt.Sprint(i % 3), [2]int16{int16(i % 2), -1}, i%5 == 0} })
	})
	t.Run("no key", func(t *testing.T) { totalsBy(t, func(int64) stream.None { return stream.None{} }) })
}

type part struct {
	Name  string
	Sizes []int32
}

// parcel has a field of every kind that a record may have.
type parcel struct {
	ID      int64
	At      time.Time
	Labels  map[string][]string
	Parts   []part
	Main    *part
	Raw     []byte
	Weights [2]float64
	Took    time.Duration
	Ready   bool
	Left    func() `weft:"-"` // left out, since it cannot be stored
}

func parcelOf(i int64) parcel {
	p := parcel{ID: i, At: time.Unix(i, 5).UTC(), Weights: [2]float64{float64(i) / 3, -0.5}, Took: time.Duration(i), Ready: i%2 == 0}
	if i%3 > 0 {
		p.Labels = map[string][]string{"tags": {"a", fmt.Sprint(i)}, "": nil}
		p.Parts = []part{{"x", []int32{1, int32(i)}}, {}}
		p.Main = &p.Parts[0]
		p.Raw = []byte{byte(i), 0}
	}
	return p
}

// TestTypesOfValues sends records through exchanges and through every kind of
// state, and compares them with what was sent.
func TestTypesOfValues(t *testing.T) {
	for _, p := range parallelisms {
		got := streamtest.Collect(t, p, func(env *stream.Env) *stream.Stream[parcel] {
			all := stream.Generate(env, "parcels", stream.Generator[parcel]{Count: 200, Record: parcelOf})
			keyed := stream.KeyBy(all.Rebalance(), func(p parcel) int64 { return p.ID % 10 })
			return stream.Process(keyed, "kept", func(op *stream.Op[int64, parcel]) func(parcel) {
				value := stream.NewValue[parcel](op, "value")
				list := stream.NewList[parcel](op, "list")
				byTime := stream.NewMap[int64, parcel](op, "map")
				return func(p parcel) {
					value.Set(p)
					list.Add(value.Get())
					byTime.Put(p.ID, list.Get()[len(list.Get())-1])
					same, _ := byTime.Get(p.ID)
					op.Emit(same)
				}
			})
		})
		slices.SortFunc(got, func(a, b parcel) int { return int(a.ID - b.ID) })
		if len(got) != 200 {
			t.Fatalf("parallelism %d: %d records, want 200", p, len(got))
		}
		for i, v := range got {
			if diff := cmp.Diff(parcelOf(int64(i)), v); diff != "" {
				t.Fatalf("parallelism %d, record %d (-want +got):\n%s", p, i, diff)
			}
		}
	}
}
