package codec

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// throughColumns encodes and decodes values and checks that all bytes are taken.
func throughColumns[T any](t *testing.T, values []T) []T {
	t.Helper()
	c := must[T](t)
	wire := c.AppendColumns([]byte("before"), values)[len("before"):]
	got := make([]T, len(values))
	n, err := c.DecodeColumns(append(wire[:len(wire):len(wire)], "after"...), got)
	if err != nil || n != len(wire) {
		t.Fatalf("%d of %d bytes, %v", n, len(wire), err)
	}
	for end := range wire {
		if _, err := c.DecodeColumns(wire[:end], make([]T, len(values))); err == nil {
			t.Fatalf("%d of %d bytes are enough", end, len(wire))
		}
	}
	return got
}

func TestColumnsComeBack(t *testing.T) {
	c := must[everything](t)
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 7))
		want := make([]everything, r.IntN(5))
		for i := range want {
			want[i] = fill[everything](t, r)
		}
		got := throughColumns(t, want)
		for i := range want {
			if string(c.Append(nil, &want[i])) != string(c.Append(nil, &got[i])) {
				t.Fatalf("seed %d: value %d of %d differs", seed, i, len(want))
			}
		}
	}
}

// TestColumnsOfIntegers tries every width, at both ends of the range.
func TestColumnsOfIntegers(t *testing.T) {
	type numbers struct {
		A int64
		B uint64
		C int32
		D uint32
		E int
	}
	spreads := []uint64{0, 1, 255, 256, 1<<16 - 1, 1 << 16, 1<<32 - 1, 1 << 32, math.MaxUint64}
	for _, least := range []int64{math.MinInt64, -1, 0, 1, math.MaxInt64} {
		for _, spread := range spreads {
			var want []numbers
			for i := range uint64(300) {
				x := uint64(least) + spread/299*i
				want = append(want, numbers{int64(x), x, int32(x), uint32(x), int(x)})
			}
			if diff := cmp.Diff(want[:20], throughColumns(t, want[:20])); diff != "" {
				t.Fatalf("from %d over %d: %s", least, spread, diff)
			}
		}
	}
	alike := make([]numbers, 500)
	if wire := must[numbers](t).AppendColumns(nil, alike); len(wire) != 5*intsHead {
		t.Errorf("500 equal values take %d bytes", len(wire))
	}
	times := []int64{1 << 50, 1<<50 + 3, 1<<50 - 7}
	got := make([]int64, 3)
	if rest, err := DecodeInts(append(AppendInts(nil, times), 'x'), got); err != nil || string(rest) != "x" || !cmp.Equal(times, got) {
		t.Errorf("times %v, rest %q, %v", got, rest, err)
	}
	if _, err := DecodeInts(AppendInts(nil, times)[:11], got); !errors.Is(err, ErrShort) {
		t.Errorf("of a torn column: %v", err)
	}
}

// TestColumnsOfStrings has lengths around what is shared and read at once.
func TestColumnsOfStrings(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, n := range []int{1, textsAtOnce - 1, textsAtOnce, 2*textsAtOnce + 1} {
		want := make([]wordCount, n)
		for i := range want {
			length := r.IntN(20)
			if r.IntN(20) == 0 {
				length = SharedText - 2 + r.IntN(5)
			}
			want[i].Word = fmt.Sprintf("%*d", length, i)[:length]
		}
		got := make([]wordCount, n)
		wire := must[wordCount](t).AppendColumns(nil, want)
		if _, err := must[wordCount](t).DecodeColumns(wire, got); err != nil {
			t.Fatal(err)
		}
		clear(wire)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	}
}

// TestAKeptStringKeepsLittle keeps one string of each of many frames.
func TestAKeptStringKeepsLittle(t *testing.T) {
	c := must[wordCount](t)
	frame := make([]wordCount, 4096)
	for i := range frame {
		frame[i].Word = "a word"
	}
	wire := c.AppendColumns(nil, frame)
	const frames = 500
	kept := make([]string, frames)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range kept {
		if _, err := c.DecodeColumns(wire, frame); err != nil {
			t.Fatal(err)
		}
		kept[i] = frame[i].Word
	}
	clear(frame)
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > frames*2*SharedText {
		t.Errorf("%d strings keep %d bytes", frames, grown)
	}
	runtime.KeepAlive(kept)
}

func TestColumnsRefuseWhatIsNoBool(t *testing.T) {
	if _, err := must[bool](t).DecodeColumns([]byte{0, 1, 2}, make([]bool, 3)); err == nil {
		t.Error("2 is taken for a bool")
	}
}

func TestColumnsOfNumbersAllocateNothing(t *testing.T) {
	type numbers struct {
		A int64
		B uint32
		C bool
		D float64
		E [4]byte
	}
	c := must[numbers](t)
	values := make([]numbers, 512)
	for i := range values {
		values[i] = numbers{int64(i * i), uint32(i), i%2 == 0, float64(i), [4]byte{byte(i)}}
	}
	wire := c.AppendColumns(nil, values)
	if n := testing.AllocsPerRun(100, func() {
		wire = c.AppendColumns(wire[:0], values)
		if _, err := c.DecodeColumns(wire, values); err != nil {
			t.Fatal(err)
		}
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// FuzzDecodeColumns feeds hostile columns to a type of all kinds.
func FuzzDecodeColumns(f *testing.F) {
	c := must[everything](f)
	f.Add(c.AppendColumns(nil, make([]everything, 3)), uint8(3))
	f.Add(c.AppendColumns(nil, []everything{{Text: "text", Ints: []int16{1, 2}, I64: 9}, {Text: "longer", Raw: []byte("raw"), I64: 1 << 40}}), uint8(2))
	f.Add([]byte("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), uint8(255))
	f.Fuzz(func(t *testing.T, src []byte, n uint8) {
		values := make([]everything, n)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := c.DecodeColumns(src, values)
		runtime.ReadMemStats(&after)
		if grown := after.TotalAlloc - before.TotalAlloc; grown > uint64(200*len(src)+256<<10) {
			t.Fatalf("%d bytes allocated for %d", grown, len(src))
		}
		if err != nil {
			return
		}
		wire := c.AppendColumns(nil, values)
		again := make([]everything, n)
		if _, err := c.DecodeColumns(wire, again); err != nil {
			t.Fatal(err)
		}
		if string(c.AppendColumns(nil, again)) != string(wire) {
			t.Fatal("the bytes are not stable")
		}
	})
}
