// Command jobs holds the jobs that the command's tests run.
package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/weft-stream/weft"
	"github.com/weft-stream/weft/stream"
)

func main() {
	weft.Main(
		weft.Job("bounded", bounded),
		weft.Job("endless", endless("sums", func(i int64) int64 { return i % 10 })),
		weft.Job("renamed", endless("totals", func(i int64) int64 { return i % 10 })),
		weft.Job("retyped", endless("sums", func(i int64) string { return fmt.Sprint(i % 10) })),
		weft.Job("fixed", fixed),
		weft.Job("fickle", fickle),
		weft.Job("states", states),
		weft.Job("visits", visits),
		weft.Job("visits-2", visits2),
		weft.Job("visits-3", visits3),
		weft.Job("socket", socket),
		weft.Job("failing", failing),
		weft.Job("refusing", func(*stream.Env) error { return errors.New("the moon is not right") }),
		weft.Job("panicking", func(*stream.Env) error { panic("a plan gone wrong") }),
		weft.Job("exiting", func(*stream.Env) error { fmt.Println("bye"); os.Exit(3); return nil }),
	)
}

// bounded prints numbers and ends.
func bounded(env *stream.Env) error {
	last := env.Flags().Int64("last", 3, "the last number")
	if err := env.ParseFlags(); err != nil {
		return err
	}
	stream.Print(stream.Map(stream.Sequence(env, "numbers", 1, *last), func(i int64) string { return fmt.Sprint("number ", i) }))
	return nil
}

// endless keeps a sum for each key, for ever.
func endless[K comparable](uid string, key func(int64) K) func(*stream.Env) error {
	return func(env *stream.Env) error {
		numbers := stream.Generate(env, "numbers", stream.Generator[int64]{
			Count: stream.Unbounded, Rate: 100, Record: func(i int64) int64 { return i },
		})
		stream.Discard(stream.KeyBy(numbers, key).Reduce(uid, func(a, b int64) int64 { return a + b }))
		return nil
	}
}

// fixed says itself how wide each operator is.
func fixed(env *stream.Env) error {
	numbers := stream.Generate(env, "numbers", stream.Generator[int64]{
		Count: stream.Unbounded, Rate: 100, Record: func(i int64) int64 { return i },
	}).Parallelism(1)
	stream.Discard(numbers).Parallelism(1)
	return nil
}

// fickle keeps another state when it is wider.
func fickle(env *stream.Env) error {
	return endless(fmt.Sprint("sums-of-", env.Parallelism()), func(i int64) int64 { return i % 10 })(env)
}

func socket(env *stream.Env) error {
	port := env.Flags().Int("port", 9010, "port to read lines from")
	if err := env.ParseFlags(); err != nil {
		return err
	}
	stream.Print(stream.Socket(env, "127.0.0.1", *port))
	return nil
}

// failing fails after some records.
func failing(env *stream.Env) error {
	numbers := stream.Generate(env, "numbers", stream.Generator[int64]{
		Count: stream.Unbounded, Rate: 1000, Record: func(i int64) int64 { return i },
	})
	stream.ForEach(numbers, "fragile", func(i int64) {
		if i == 10 {
			panic("ten is too much")
		}
	})
	return nil
}
