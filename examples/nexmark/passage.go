package main

import (
	"fmt"
	"math"
	"os"
	"syscall"
	"time"
)

// A passage is what one subtask says of its run when all its input has ended:
// one of the source, which makes events, or one of the query's end, which counts
// results.
type passage struct {
	Process string // the worker that it ran in
	Events  int64  // made
	Results int64
	Began   reading // of the source only
	Warm    reading // of the source only: at 30 % of the events
	Late    reading // of the source only: at 90 %
	Ended   reading
}

// A reading is what the clocks of a subtask and its worker showed.
type reading struct {
	Nanos int64 // since 1970
	CPU   int64 // processor time of the worker, all threads, ns
	Made  int64 // events, by the subtask
}

func read(made int64) reading {
	return reading{Nanos: time.Now().UnixNano(), CPU: processorTime(), Made: made}
}

// processorTime returns what this process has used, in ns.
func processorTime() int64 {
	var use syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
		panic(err) // it cannot fail for the process itself
	}
	return use.Utime.Nano() + use.Stime.Nano()
}

// stopwatch takes the passage of a subtask of the source, in a stream that has an end.
type stopwatch struct {
	next    int64 // the event at which the clocks are read again
	late    int64
	passage passage
}

func newStopwatch(events int64) *stopwatch {
	return &stopwatch{next: events / 10 * 3, late: events / 10 * 9}
}

func (s *stopwatch) start() { s.passage.Began = read(0) }

func (s *stopwatch) count(n int64) {
	if n >= s.next {
		s.mark(n)
	}
	s.passage.Events++
}

func (s *stopwatch) mark(n int64) {
	now := read(s.passage.Events)
	if s.passage.Warm.Nanos == 0 {
		s.passage.Warm, s.next = now, s.late
	}
	if n >= s.late {
		s.passage.Late, s.next = now, math.MaxInt64
	}
}

func (s *stopwatch) stop() passage {
	s.passage.Process = process()
	s.passage.Ended = read(s.passage.Events)
	return s.passage
}

// process names this process among those of all workers.
func process() string {
	host, err := os.Hostname()
	if err != nil {
		host = "?"
	}
	return fmt.Sprintf("%s:%d", host, os.Getpid())
}
