package stream

// Map derives a stream with one record for each record of s.
func Map[T, R any](s *Stream[T], f func(T) R) *Stream[R] {
	return stateless(s, "map", "Map", func(next emit[R]) emit[T] {
		return func(_ uint64, v T, ts int64) { next(0, f(v), ts) }
	})
}

// FlatMap derives a stream with any number of records for each record of s: f
// calls emit for each, before it returns.
func FlatMap[T, R any](s *Stream[T], f func(v T, emit func(R))) *Stream[R] {
	return stateless(s, "flat-map", "FlatMap", func(next emit[R]) emit[T] {
		var now int64
		pass := func(r R) { next(0, r, now) } // made once: a closure per record would allocate
		return func(_ uint64, v T, ts int64) {
			now = ts
			f(v, pass)
		}
	})
}

// Filter derives the stream of those records of s for which keep is true.
func Filter[T any](s *Stream[T], keep func(T) bool) *Stream[T] {
	return stateless(s, "filter", "Filter", func(next emit[T]) emit[T] {
		return func(_ uint64, v T, ts int64) {
			if keep(v) {
				next(0, v, ts)
			}
		}
	})
}

// stateless adds an operator that is nothing but a function.
func stateless[T, R any](s *Stream[T], kind, name string, wrap func(next emit[R]) emit[T]) *Stream[R] {
	n := &node{kind: kind, name: name, timed: s.node.timed}
	n.build = func(b *builder) ([]any, operator) {
		op := b.base()
		return []any{wrap(out[R](b, 0))}, &op
	}
	result := newStream[R](s.node.env, n)
	s.input(n)
	return result
}

// Union derives a stream with the records of all the given streams, of which
// there is at least one.
func Union[T any](first *Stream[T], more ...*Stream[T]) *Stream[T] {
	n := &node{kind: "union", name: "Union", timed: first.node.timed}
	for _, s := range more {
		n.timed = n.timed && s.node.timed
	}
	n.build = func(b *builder) ([]any, operator) {
		op := b.base()
		ins := []any{out[T](b, 0)}
		for range more {
			ins = append(ins, ins[0])
		}
		return ins, &op
	}
	result := newStream[T](first.node.env, n)
	first.input(n)
	for _, s := range more {
		s.input(n)
	}
	return result
}
