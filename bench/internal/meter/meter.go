// Package meter tells from inside a benchmarked program how far it is, when, and what it has spent: as lines on standard
// output, which for a worker is a file of its container. The Java peers print the same lines; Read understands both.
package meter

import (
	"fmt"
	"os"
	"runtime"
	"runtime/metrics"
	"strings"
	"sync"
	"syscall"
	"time"
)

// A Meter follows the records that this process makes.
type Meter struct {
	quarter, last                int64
	started, quartered, finished sync.Once
}

// near is how many indexes stand for one moment: of so many consecutive ones every subtask, in whatever process, has one.
const near = 128

// New returns a meter for the indexes 0 to count-1.
func New(count int64) *Meter { return &Meter{quarter: count / 4, last: max(count-near, 0)} }

// Made is called for each index when its record is made, by any goroutine.
func (m *Meter) Made(index int64) {
	if uint64(index) < near || uint64(index-m.quarter) < near || index >= m.last {
		m.mark(index)
	}
}

//go:noinline
func (m *Meter) mark(index int64) {
	switch {
	case index < near:
		m.started.Do(func() { say("start", "") })
	case index-m.quarter < near && index >= m.quarter:
		m.quartered.Do(func() { say("quarter", "") })
	default:
		m.finished.Do(func() { say("last", "") })
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
func (t Tally) Done() { t.done("") }

// DoneWithPause also tells the longest pause.
func (t Tally) DoneWithPause(p *Pauses) {
	pause, busy := p.Longest()
	t.done(fmt.Sprintf(" pause=%d busy=%d", pause, busy))
}

// DoneWithLatency also tells how late results came.
func (t Tally) DoneWithLatency(h *Histogram) { t.done(h.fields()) }

func (t Tally) done(more string) {
	say("done", fmt.Sprintf(" records=%d sum=%d%s", t.Records, t.Sum, more))
}

// Prefix begins every line.
const Prefix = "bench:"

// say writes a line in one piece: several subtasks write to one file.
func say(mark, more string) {
	usage := syscall.Rusage{}
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	memory := runtime.MemStats{}
	runtime.ReadMemStats(&memory)
	collector := []metrics.Sample{{Name: "/cpu/classes/gc/total:cpu-seconds"}}
	metrics.Read(collector)
	fmt.Fprintf(os.Stdout, "%s %s pid=%d at=%d cpu=%d gc=%.0f allocs=%d allocated=%d rss=%d peak=%d%s\n",
		Prefix, mark, os.Getpid(), time.Now().UnixNano(), usage.Utime.Nano()+usage.Stime.Nano(), collector[0].Value.Float64()*1e9,
		memory.Mallocs, memory.TotalAlloc, resident("VmRSS"), resident("VmHWM"), more)
}

// resident reads a figure of the process's memory, in bytes; 0 where the system does not tell it.
func resident(figure string) int64 {
	text, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(text)) {
		if name, value, _ := strings.Cut(line, ":"); name == figure {
			kib := int64(0)
			fmt.Sscanf(strings.TrimSpace(value), "%d kB", &kib)
			return kib << 10
		}
	}
	return 0
}
