package main

import (
	"testing"

	"github.com/weft-stream/weft/stream"
	"github.com/weft-stream/weft/stream/streamtest"
)

// BenchmarkQueries runs each query over 5,000,000 events, at parallelism 2. What
// counts is the processor time of an event:
//
//	go test -run '^$' -bench Queries/q5 -benchtime 1x -cpuprofile cpu.out ./examples/nexmark
func BenchmarkQueries(b *testing.B) {
	benchmark(b, "q0", q0)
	benchmark(b, "q1", q1)
	benchmark(b, "q2", q2)
	benchmark(b, "q3", q3)
	benchmark(b, "q4", q4)
	benchmark(b, "q5", q5)
	benchmark(b, "q7", q7)
	benchmark(b, "q8", q8)
	benchmark(b, "q9", q9)
	benchmark(b, "q11", q11)
	benchmark(b, "q12", q12)
	benchmark(b, "q15", q15)
	benchmark(b, "q16", q16)
	benchmark(b, "q17", q17)
	benchmark(b, "q18", q18)
	benchmark(b, "q19", q19)
	benchmark(b, "q20", q20)
	benchmark(b, "q22", q22)
}

func benchmark[R any](b *testing.B, name string, query func(events) *stream.Stream[R]) {
	b.Run(name, func(b *testing.B) {
		const events = 5_000_000
		b.ReportAllocs()
		before := processorTime()
		for b.Loop() {
			streamtest.Run(b, 2, func(env *stream.Env) error {
				stream.Discard(query(open(env, options{count: events, eventRate: 1_000_000, seed: 1})))
				return nil
			})
		}
		b.ReportMetric(float64(processorTime()-before)/float64(b.N)/events, "cpu-ns/event")
	})
}
