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
	{"keys", runningCount},
	{"latency", lateness},
}

// tally ends a stream: setup gives each subtask the function that counts its records into t.
func tally[T any](s *stream.Stream[T], setup func(t *meter.Tally) func(T)) {
	tallyUntil(s, func(t *meter.Tally) (func(T), func()) { return setup(t), func() { t.Done() } })
}

// tallyUntil is tally with a function for the end as well.
func tallyUntil[T any](s *stream.Stream[T], setup func(t *meter.Tally) (add func(T), end func())) {
	end := stream.ProcessEach(s, func(op *stream.Op[stream.None, stream.None]) func(T) {
		add, end := setup(&meter.Tally{})
		op.OnFinish(end)
		return add
	})
	stream.Discard(end.Name("Tally"))
}
