// Package meter tells from inside a benchmarked program how far it is, when, and what it has spent: as lines on standard
// output, which for a worker is a file of its container. The Java peers print the same lines; Read understands both.
package meter

import (
	"fmt"
	"os"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// A Meter follows the records that this process makes.
type Meter struct {
	quarter            int64
	started, quartered sync.Once
}

// near is how many indexes stand for one moment: of so many consecutive ones every subtask, in whatever process, has one.
const near = 128

// New returns a meter for the indexes 0 to count-1.
func New(count int64) *Meter { return &Meter{quarter: count / 4} }

// Made is called for each index when its record is made, by any goroutine.
func (m *Meter) Made(index int64) {
	if uint64(index) < near || uint64(index-m.quarter) < near {
		m.mark(index)
	}
}

//go:noinline
func (m *Meter) mark(index int64) {
	if index < near {
		m.started.Do(func() { say("start", "") })
	} else {
		m.quartered.Do(func() { say("quarter", "") })
	}
}

// Tally is what a subtask has counted of the results.
type Tally struct {
	Records, Sum uint64
}

// Add takes in a result by its weight.
func (t *Tally) Add(weight uint64) {
	t.Records++
	t.Sum += weight
}

// Ended tells that the work is over, for a program that has to put together what it tells with Done.
func Ended() { say("ended", "") }

// Done tells what a subtask has counted, at its end.
func (t Tally) Done() { say("done", fmt.Sprintf(" records=%d sum=%d", t.Records, t.Sum)) }

// Prefix begins every line.
const Prefix = "bench:"

// say writes a line in one piece: several subtasks write to one file.
func say(mark, more string) {
	usage := syscall.Rusage{}
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	memory := runtime.MemStats{}
	runtime.ReadMemStats(&memory)
	fmt.Fprintf(os.Stdout, "%s %s pid=%d at=%d cpu=%d allocs=%d allocated=%d%s\n", Prefix, mark, os.Getpid(), time.Now().UnixNano(),
		usage.Utime.Nano()+usage.Stime.Nano(), memory.Mallocs, memory.TotalAlloc, more)
}
