// Package streamtest runs jobs in unit tests: in the test's process, with real
// tasks and exchanges, without a cluster.
//
//	func TestCounts(t *testing.T) {
//		got := streamtest.Collect(t, 2, func(env *stream.Env) *stream.Stream[WordCount] {
//			lines := stream.Collection(env, "lines", "a b", "a")
//			return counts(lines)
//		})
//		…
//	}
package streamtest

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"

	"github.com/weft-stream/weft/container"
	"github.com/weft-stream/weft/stream"
)

const maxParallelism = 128

// Run runs a bounded job to its end at a parallelism, and fails the test if the
// job is described wrongly or fails. It returns what Print wrote.
func Run(t testing.TB, parallelism int, job func(*stream.Env) error) string {
	t.Helper()
	output, err := Try(t.Context(), parallelism, job)
	if err != nil {
		t.Fatalf("job: %v", err)
	}
	return output
}

// Try is Run for a job that may fail: it returns what Print wrote and the job's error.
func Try(ctx context.Context, parallelism int, job func(*stream.Env) error, args ...string) (string, error) {
	env := stream.NewEnv(stream.Settings{Job: "test", Args: args, Parallelism: parallelism, MaxParallelism: maxParallelism})
	if err := job(env); err != nil {
		return "", err
	}
	program, err := env.Compile("test")
	if err != nil {
		return "", err
	}
	var out output
	err = container.Embed(ctx, program, &out, slog.New(slog.DiscardHandler))
	return out.String(), err
}

// Show is Run for Example functions, which have no testing.TB: what Print writes
// goes to standard output, and a mistake or failure too. The job has parallelism 1
// unless its operators say otherwise.
func Show(job func(*stream.Env) error, args ...string) {
	output, err := Try(context.Background(), 1, job, args...)
	fmt.Print(output)
	if err != nil {
		fmt.Println("job:", err)
	}
}

// Collect runs a bounded job to its end and returns the records of the stream
// that build describes, in no order.
func Collect[T any](t testing.TB, parallelism int, build func(*stream.Env) *stream.Stream[T]) []T {
	t.Helper()
	var mu sync.Mutex
	var all []T
	Run(t, parallelism, func(env *stream.Env) error {
		stream.ForEach(build(env), "collect", func(v T) {
			mu.Lock()
			defer mu.Unlock()
			all = append(all, v)
		})
		return nil
	})
	return all
}

// output is a buffer that several tasks print to.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}
