package stream

import "cmp"

// Number is a type that can be added up.
type Number interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~float32 | ~float64
}

// Count counts the records.
func Count[T any]() Aggregator[T, int64, int64] {
	return Sum(func(T) int64 { return 1 })
}

// Sum adds up what a function gives for each record.
func Sum[T any, N Number](of func(T) N) Aggregator[T, N, N] {
	a := Aggregator[T, N, N]{
		Add:    func(sum N, v T) N { return sum + of(v) },
		Merge:  func(a, b N) N { return a + b },
		Result: func(sum N) N { return sum },
	}
	if one, two := N(1), N(2); one/two == 0 { // integers: floats would gather errors of rounding
		a.Subtract = func(sum, part N) N { return sum - part }
	}
	return a
}

// Extreme is the accumulator of Min and Max.
type Extreme[V any] struct {
	Value V
	Any   bool // there is a value
}

// Max finds the highest of what a function gives for each record.
func Max[T any, V cmp.Ordered](of func(T) V) Aggregator[T, Extreme[V], V] {
	return extreme(of, func(a, b V) V { return max(a, b) })
}

// Min finds the lowest of what a function gives for each record.
func Min[T any, V cmp.Ordered](of func(T) V) Aggregator[T, Extreme[V], V] {
	return extreme(of, func(a, b V) V { return min(a, b) })
}

func extreme[T, V any](of func(T) V, better func(a, b V) V) Aggregator[T, Extreme[V], V] {
	merge := func(a, b Extreme[V]) Extreme[V] {
		if !a.Any {
			return b
		}
		return Extreme[V]{better(a.Value, b.Value), true}
	}
	return Aggregator[T, Extreme[V], V]{
		Add:    func(e Extreme[V], v T) Extreme[V] { return merge(e, Extreme[V]{of(v), true}) },
		Merge:  merge,
		Result: func(e Extreme[V]) V { return e.Value },
	}
}
