package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/weft-stream/weft/examples/nexmark/market"
	"github.com/weft-stream/weft/stream"
)

// report prints how the run went when all events are through the query.
func report[R any](in events, results *stream.Stream[R], o options) {
	ends := stream.ProcessEach(results, func(op *stream.Op[stream.None, passage]) func(R) {
		count := int64(0)
		op.OnFinish(func() { op.Emit(passage{Process: process(), Results: count, Ended: read(0)}) })
		return func(R) { count++ }
	}).Name("Count results")
	reports := stream.ProcessEach(stream.Union(in.passages, ends).Parallelism(1), func(op *stream.Op[stream.None, string]) func(passage) {
		var r run
		op.OnFinish(func() { op.Emit(r.report(o)) })
		return func(p passage) { r.add(p) }
	}).Parallelism(1).Name("Report")
	stream.Print(reports).Parallelism(1)
}

// run adds up the passages of all subtasks.
type run struct {
	events, results int64
	all, steady     span
}

// span is a part of the run, from one reading of each subtask of the source to another.
type span struct {
	events    int64
	from, to  int64               // ns since 1970
	processes map[string][2]int64 // processor time of each worker at the beginning and the end, ns
}

func (r *run) add(p passage) {
	r.events += p.Events
	r.results += p.Results
	r.all.add(p, p.Began, p.Ended)
	r.steady.add(p, p.Warm, p.Late)
}

func (s *span) add(p passage, began, ended reading) {
	if ended.Nanos == 0 {
		return
	}
	if s.processes == nil {
		s.processes = map[string][2]int64{}
	}
	used, known := s.processes[p.Process]
	if began.Nanos > 0 { // of the source
		s.events += ended.Made - began.Made
		if s.from == 0 || began.Nanos < s.from {
			s.from = began.Nanos
		}
		if !known || used[0] == 0 || began.CPU < used[0] {
			used[0] = began.CPU
		}
	}
	s.to = max(s.to, ended.Nanos)
	used[1] = max(used[1], ended.CPU)
	s.processes[p.Process] = used
}

func (s *span) elapsed() time.Duration { return time.Duration(s.to - s.from) }

// used returns the processor time of all workers.
func (s *span) used() time.Duration {
	sum := int64(0)
	for _, used := range s.processes {
		if used[0] > 0 {
			sum += used[1] - used[0]
		}
	}
	return time.Duration(sum)
}

// line tells how fast a span was.
func (s *span) line() string {
	events := float64(s.events) / 1e6
	return fmt.Sprintf("%.2f million events/s, %.2f million for each second of a core (%.2f cores were busy)",
		events/s.elapsed().Seconds(), events/s.used().Seconds(), s.used().Seconds()/s.elapsed().Seconds())
}

// report tells about the whole run. What making the events alone costs is
// measured now: in the same process, with the same events.
func (r *run) report(o options) string {
	if r.events == 0 {
		return "no events"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d events in %.2f s, %d results\n", r.events, r.all.elapsed().Seconds(), r.results)
	fmt.Fprintf(&b, "  whole run          %s\n", r.all.line())
	fmt.Fprintf(&b, "  from 30 to 90 %%    %s\n", r.steady.line())
	each := generatorAlone(o)
	fmt.Fprintf(&b, "  making the events  %.1f ns each, %.0f %% of the processor time",
		each, 100*each*float64(r.events)/float64(r.all.used()))
	return b.String()
}

// generatorAlone returns the processor time to make an event, in ns.
func generatorAlone(o options) float64 {
	const most = 2_000_000
	made, count := market.New(o.eventRate, o.seed), min(o.count, most)
	before, size := processorTime(), 0
	for n := range count {
		switch market.KindOf(n) {
		case market.OfBid:
			size += len(made.Bid(n).Extra)
		case market.OfAuction:
			size += len(made.Auction(n).Extra)
		default:
			size += len(made.Person(n).Extra)
		}
	}
	used := processorTime() - before
	if size == 0 { // what is made must be looked at, or the compiler leaves it out
		return 0
	}
	return float64(used) / float64(count)
}
