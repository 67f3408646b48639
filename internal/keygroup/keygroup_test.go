package keygroup

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestOfIsFrozen(t *testing.T) {
	for _, c := range []struct {
		hash uint64
		max  int
		want int
	}{
		{0, 128, 0},
		{math.MaxUint64, 128, 127},
		{math.MaxUint64, Max, Max - 1},
		{1 << 63, 128, 64},
		{1<<63 - 1, 128, 63},
		{0x9e3779b97f4a7c15, 128, 79},
		{0x9e3779b97f4a7c15, 720, 444},
		{0x00000000ffffffff, Max, 0},
	} {
		if got := Of(c.hash, c.max); got != c.want {
			t.Errorf("Of(%#x, %d) = %d, want %d: this breaks every snapshot", c.hash, c.max, got, c.want)
		}
	}
}

func TestOfAscendsWithTheHash(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200_000 {
		limit := 1 + r.IntN(Max)
		a, b := r.Uint64(), r.Uint64()
		if a > b {
			a, b = b, a
		}
		if ga, gb := Of(a, limit), Of(b, limit); ga > gb || ga < 0 || gb >= limit {
			t.Fatalf("max %d: Of(%#x) = %d, Of(%#x) = %d", limit, a, ga, b, gb)
		}
	}
}

func TestFirstHash(t *testing.T) {
	for _, limit := range []int{1, 2, 3, 7, 100, 128, 4097, Max} {
		for kg := range limit {
			h := FirstHash(kg, limit)
			if got := Of(h, limit); got != kg {
				t.Fatalf("max %d: first hash of group %d is in %d", limit, kg, got)
			}
			if kg > 0 && Of(h-1, limit) != kg-1 {
				t.Fatalf("max %d: %#x is not the first hash of group %d", limit, h, kg)
			}
		}
		if got := FirstHash(limit, limit); got != 0 {
			t.Fatalf("max %d: hash after the last is %#x", limit, got)
		}
	}
}

func TestRangesAdjoinBalanceAndInvert(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for i := range 2000 {
		limit := 1 + r.IntN(Max)
		parallelism := 1 + r.IntN(limit)
		if i%10 == 0 {
			limit, parallelism = 1+r.IntN(20), 1+r.IntN(40)
		}
		next, least, most := 0, math.MaxInt, 0
		for s := range parallelism {
			first, last := Range(s, parallelism, limit)
			if first != next {
				t.Fatalf("subtask %d of %d, max %d: starts at %d, want %d", s, parallelism, limit, first, next)
			}
			next = last + 1
			least, most = min(least, last-first+1), max(most, last-first+1)
			for _, kg := range []int{first, last} {
				if first <= last && Subtask(kg, parallelism, limit) != s {
					t.Fatalf("max %d: group %d of subtask %d maps to %d", limit, kg, s, Subtask(kg, parallelism, limit))
				}
			}
		}
		if next != limit || most-least > 1 {
			t.Fatalf("parallelism %d, max %d: end at %d, sizes %d to %d", parallelism, limit, next, least, most)
		}
	}
}
