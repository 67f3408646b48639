package main

import (
	"fmt"
	"time"

	"github.com/weft-stream/weft/stream"
)

// The jobs visits, visits-2 and visits-3 are versions of one job. The second can
// go on from the first one's state, the third cannot.

type visit1 struct {
	Count int32
	Sum   int64
	Note  string
}

func visits(env *stream.Env) error {
	return total(env, func(v *visit1, i int64) {
		v.Count++
		v.Sum += i
		v.Note = "dropped later"
	}, func(v visit1) string { return fmt.Sprint(v.Count, " ", v.Sum) })
}

type visit2 struct {
	Total int64 `weft:",was=Sum"`
	Count int
	Last  time.Time
}

func visits2(env *stream.Env) error {
	return total(env, func(v *visit2, i int64) {
		v.Count++
		v.Total += i
		if at := time.UnixMilli(i); at.After(v.Last) { // two subtasks make the numbers: which comes last is not fixed
			v.Last = at
		}
	}, func(v visit2) string { return fmt.Sprint(v.Count, " ", v.Total, " ", v.Last.UnixMilli()) })
}

type visit3 struct{ Count string }

func visits3(env *stream.Env) error {
	return total(env, func(v *visit3, _ int64) { v.Count += "|" }, func(v visit3) string { return v.Count })
}

// total keeps a V for each of three keys, for 3,000 numbers, and prints it when all have come.
func total[V any](env *stream.Env, add func(v *V, i int64), show func(V) string) error {
	numbers := stream.Generate(env, "numbers", stream.Generator[int64]{Count: 3000, Rate: 1000, Record: func(i int64) int64 { return i }})
	timed := stream.WithWatermarks(numbers, stream.BoundedOutOfOrderness(time.Hour, time.UnixMilli))
	stream.Print(stream.Process(stream.KeyBy(timed, func(i int64) int64 { return i % 3 }), "totals", func(op *stream.Op[int64, string]) func(int64) {
		kept := stream.NewValue[V](op, "visit")
		op.OnTimer(func(time.Time) { op.Emit(fmt.Sprint("key ", op.Key(), ": ", show(kept.Get()))) })
		return func(i int64) {
			kept.Update(func(v *V) { add(v, i) })
			op.EventTimer(time.UnixMilli(1e9))
		}
	}))
	return nil
}
