package stream_test

import (
	"fmt"
	"strings"

	"github.com/weft-stream/weft/stream"
	"github.com/weft-stream/weft/stream/streamtest"
)

func ExampleMap() {
	streamtest.Show(func(env *stream.Env) error {
		words := stream.Collection(env, "words", "warp", "weft")
		stream.Print(stream.Map(words, strings.ToUpper))
		return nil
	})
	// Output:
	// WARP
	// WEFT
}

func ExampleFlatMap() {
	streamtest.Show(func(env *stream.Env) error {
		lines := stream.Collection(env, "lines", "to be", "", "or not")
		stream.Print(stream.FlatMap(lines, func(line string, emit func(string)) {
			for _, word := range strings.Fields(line) {
				emit(word)
			}
		}))
		return nil
	})
	// Output:
	// to
	// be
	// or
	// not
}

func ExampleFilter() {
	streamtest.Show(func(env *stream.Env) error {
		numbers := stream.Sequence(env, "numbers", 1, 6)
		stream.Print(stream.Filter(numbers, func(i int64) bool { return i%3 == 0 }))
		return nil
	})
	// Output:
	// 3
	// 6
}

func ExampleUnion() {
	streamtest.Show(func(env *stream.Env) error {
		one := stream.Collection(env, "one", "a", "b")
		other := stream.Collection(env, "other", "c")
		stream.Print(stream.Union(one, other))
		return nil
	})
	// Unordered output:
	// a
	// b
	// c
}

// Each subtask of the next operator gets every record: here two subtasks print.
func ExampleStream_Broadcast() {
	streamtest.Show(func(env *stream.Env) error {
		rules := stream.Collection(env, "rules", "be quick")
		stream.Print(rules.Broadcast()).Parallelism(2)
		return nil
	})
	// Unordered output:
	// 1> be quick
	// 2> be quick
}

// Records of one subtask are spread over the subtasks of a costly operator.
func ExampleStream_Rebalance() {
	streamtest.Show(func(env *stream.Env) error {
		numbers := stream.Collection(env, "numbers", 1, 2, 3)
		costly := stream.Map(numbers.Rebalance(), func(i int) int { return i * i }).Parallelism(3)
		stream.Print(costly)
		return nil
	})
	// Unordered output:
	// 1
	// 4
	// 9
}

// A name is for people, a UID for snapshots; the parallelism is the operator's
// own, and the maximum the highest that its state can ever be restored at.
func ExampleStream_UID() {
	streamtest.Show(func(env *stream.Env) error {
		words := stream.Collection(env, "words", "a", "b", "a")
		tagged := stream.Map(words, func(w string) [2]string { return [2]string{w, w} }).
			Name("Twice").UID("twice").Parallelism(2)
		joined := stream.KeyBy(tagged, func(p [2]string) string { return p[0] }).
			Reduce("joined", func(a, b [2]string) [2]string { return [2]string{a[0], a[1] + b[1]} }).
			Name("Join").Parallelism(2).MaxParallelism(256)
		stream.Print(stream.Map(joined, func(p [2]string) string { return p[1] }))
		return nil
	})
	// Unordered output:
	// a
	// b
	// aa
}

func ExampleEnv_ParseFlags() {
	job := func(env *stream.Env) error {
		greeting := env.Flags().String("greeting", "hello", "what to say first")
		if err := env.ParseFlags(); err != nil {
			return err
		}
		names := stream.Collection(env, "names", env.Args()...)
		stream.Print(stream.Map(names, func(name string) string { return fmt.Sprint(*greeting, " ", name) }))
		return nil
	}
	streamtest.Show(job, "--greeting", "good morning", "Ada", "Grace")
	streamtest.Show(job, "--greetings")
	// Output:
	// good morning Ada
	// good morning Grace
	// job: program arguments: unknown flag: --greetings
}
