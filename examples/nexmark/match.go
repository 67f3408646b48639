package main

import "github.com/weft-stream/weft/stream"

// match joins each record of many with the one record that has the same key,
// whichever of the two comes first. There is at most one of a key among the ones;
// wanted says whether it takes part at all. Nothing is ever forgotten, as in a
// join of SQL without a limit of time, but for what can have no match: records of
// many that wait for a one which then is not wanted.
func match[K comparable, One, Many, R any](
	ones *stream.KeyedStream[K, One], many *stream.KeyedStream[K, Many], uid string,
	wanted func(One) bool, join func(One, Many) R,
) *stream.Stream[R] {
	return stream.Connect(ones, many, uid, func(op *stream.Op[K, R]) (func(One), func(Many)) {
		known := stream.NewValue[bool](op, "known") // the one has come; the value is whether it is wanted
		one := stream.NewValue[One](op, "one")
		waiting := stream.NewList[Many](op, "waiting")
		comes := func(o One) {
			take := wanted(o)
			known.Set(take)
			if take {
				one.Set(o)
				for _, m := range waiting.Get() {
					op.Emit(join(o, m))
				}
			}
			waiting.Clear()
		}
		meets := func(m Many) {
			take, here := known.Lookup()
			switch {
			case !here:
				waiting.Add(m)
			case take:
				op.Emit(join(one.Get(), m))
			}
		}
		return comes, meets
	})
}
