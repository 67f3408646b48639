// Command nexmark runs the queries of the Nexmark benchmark over a made stream
// of an online auction house: each query is a job of the program.
//
//	weft run -p 2 -c q5 ./examples/nexmark --events 100000000
//
// The queries are those of the benchmark's SQL edition. Each is in a file of its
// own, which says what the query leaves open and how it is settled here: what a
// result is, which of two equals comes first, and for how long state is kept.
//
// A query whose SQL has a result that changes gives a row whenever it does: the
// latest row of a key replaces the ones before it.
package main

import (
	"github.com/weft-stream/weft"
	"github.com/weft-stream/weft/stream"
)

func main() {
	weft.Main(
		job("q0", q0), job("q1", q1), job("q2", q2), job("q3", q3), job("q4", q4), job("q5", q5),
		job("q7", q7), job("q8", q8), job("q9", q9), job("q11", q11), job("q12", q12), job("q15", q15),
		job("q16", q16), job("q17", q17), job("q18", q18), job("q19", q19), job("q20", q20), job("q22", q22),
	)
}

// job makes a job of a query.
func job[R any](name string, query func(events) *stream.Stream[R]) weft.Definition {
	return weft.Job(name, describe(query))
}

// describe returns the job of a query: it reads the events, and throws the results
// away or prints them. When all events are through, it reports how fast it was.
func describe[R any](query func(events) *stream.Stream[R]) func(*stream.Env) error {
	return func(env *stream.Env) error {
		o, err := parseOptions(env)
		if err != nil {
			return err
		}
		in := open(env, o)
		results := query(in)
		if o.print {
			stream.Print(results)
		}
		report(in, results, o)
		return nil
	}
}
