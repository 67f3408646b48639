package main

import (
	"fmt"
	"math"
	"time"

	"github.com/weft-stream/weft/stream"
)

// stay is a record with what is awkward to show: numbers that few readers
// hold, bytes, a float that is none.
type stay struct {
	User  string
	At    time.Time
	Big   int64
	Raw   []byte
	Score float64
}

// userKey is a key of several parts.
type userKey struct {
	User string
	Odd  bool
}

// states has a state of every kind. All records of a user are alike, so what is
// kept does not depend on how many there were. With --settle n only one of them
// comes again after n records, so that checkpoints have little to add.
func states(env *stream.Env) error {
	first := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	shift := env.Flags().Int64("shift", 0, "added to a number in each value")
	settle := env.Flags().Int64("settle", math.MaxInt64, "records after which only user 3 comes again")
	if err := env.ParseFlags(); err != nil {
		return err
	}
	visits := stream.Generate(env, "visits", stream.Generator[stay]{
		Count: stream.Unbounded, Rate: 10_000, Record: func(i int64) stay {
			user := i % 10
			if i >= *settle {
				user = 3
			}
			v := stay{fmt.Sprintf("user-%d", user), first.Add(time.Duration(user) * time.Second), math.MaxInt64 - user - *shift, []byte{0xff, byte(user)}, 1.5}
			if user == 3 {
				v.Score = math.NaN()
			}
			return v
		},
	})
	timed := stream.WithWatermarks(visits, stream.BoundedOutOfOrderness(time.Minute, func(v stay) time.Time { return v.At }))
	keep := func(a, _ stay) stay { return a }

	profiles := stream.KeyBy(timed, func(v stay) string { return v.User })
	stream.Discard(stream.Process(profiles, "profiles", func(op *stream.Op[string, stay]) func(stay) {
		last := stream.NewValue[stay](op, "last")
		sites := stream.NewMap[string, int64](op, "sites")
		path := stream.NewList[int32](op, "path")
		op.OnTimer(func(time.Time) {})
		return func(v stay) {
			last.Set(v)
			sites.Put("home", v.Big)
			path.Set([]int32{1, -2})
			op.EventTimer(first.Add(time.Hour))
			op.ProcessingTimer(first.AddDate(100, 0, 0))
		}
	}))
	stream.Discard(stream.KeyBy(timed, func(v stay) userKey { return userKey{v.User, v.At.Second()%2 == 1} }).
		Window(stream.Tumbling(time.Hour)).Reduce("hours", keep))
	stream.Discard(stream.KeyBy(timed, func(v stay) int64 { return int64(v.At.Second()) }).
		Window(stream.Session(30*time.Minute)).Reduce("sessions", keep))
	return nil
}
