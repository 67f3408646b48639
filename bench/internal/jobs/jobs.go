// Package jobs holds the jobs of the throughput benchmarks as a user of Weft would write them. Each ends in a tally of its
// results instead of a sink of its own. bench/flink/Throughput.java has the same jobs for Flink.
package jobs

import (
	"github.com/weft-stream/weft/bench/internal/meter"
	"github.com/weft-stream/weft/stream"
)

// Job is a job by the name for -c.
type Job struct {
	Name     string
	Describe func(*stream.Env) error
}

// All are the jobs.
var All = []Job{
	{"j1", wordCount},
	{"j2", tumblingCount},
	{"q0", passThrough},
	{"q5", hotItems},
}

// tally ends a stream: setup gives each subtask the function that counts its records into t.
func tally[T any](s *stream.Stream[T], setup func(t *meter.Tally) func(T)) {
	end := stream.ProcessEach(s, func(op *stream.Op[stream.None, stream.None]) func(T) {
		t := &meter.Tally{}
		op.OnFinish(func() { t.Done() })
		return setup(t)
	})
	stream.Discard(end.Name("Tally"))
}
