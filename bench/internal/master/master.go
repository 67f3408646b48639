// Package master measures how the work of an application master grows with its job: a real coordinator among simulated
// containers, from ten subtasks to ten thousand.
package master

import (
	"fmt"
	"io"
	"math"
	"runtime"
	"time"
)

// sizes are the jobs, by their subtasks.
var sizes = []int{10, 100, 1000, 10_000}

// rounds is how many checkpoints and reports of each worker are measured in one run.
const rounds = 5

// figures are what a job of one size takes.
type figures struct {
	deploy, checkpoint, report time.Duration // of the master's work
	sent                       float64       // bytes to bring all tasks to RUNNING
	memory                     float64       // bytes of the master's heap
}

// Run measures each size, the best of so many runs, and writes a table with the exponent of each curve: of the last two sizes.
func Run(w io.Writer, runs int) error {
	fmt.Fprint(w, "| subtasks | containers | all tasks RUNNING | sent for it | a checkpoint | a report of every worker | memory |\n| --- | --- | --- | --- | --- | --- | --- |\n")
	var all []figures
	for _, n := range sizes {
		best := figures{}
		for range runs {
			f, err := measure(n)
			if err != nil {
				return err
			}
			best = best.least(f)
		}
		all = append(all, best)
		fmt.Fprintf(w, "| %d | %d | %.2f ms | %.1f kB | %.2f ms | %.2f ms | %.2f MB |\n", n, len(newFleet(n).workers),
			ms(best.deploy), best.sent/1e3, ms(best.checkpoint), ms(best.report), best.memory/1e6)
	}
	last, before := all[len(all)-1], all[len(all)-2]
	_, err := fmt.Fprintf(w, "| exponent of the last step | | %.2f | %.2f | %.2f | %.2f | %.2f |\n", exponent(float64(last.deploy), float64(before.deploy)), exponent(last.sent, before.sent),
		exponent(float64(last.checkpoint), float64(before.checkpoint)), exponent(float64(last.report), float64(before.report)), exponent(last.memory, before.memory))
	return err
}

func ms(d time.Duration) float64 { return d.Seconds() * 1e3 }

// exponent is that of the growth from one size to the next, ten times as large.
func exponent(now, before float64) float64 { return math.Log10(now / before) }

// measure takes the figures of one size.
func measure(subtasks int) (figures, error) {
	empty := heap()
	f := newFleet(subtasks)
	if err := f.start(); err != nil {
		return figures{}, err
	}
	result := figures{deploy: f.handled, sent: float64(f.sent)}
	f.handled = 0
	if err := f.checkpoints(rounds); err != nil {
		return figures{}, err
	}
	result.checkpoint = f.handled / rounds
	f.handled = 0
	for range rounds {
		f.now = f.now.Add(time.Millisecond)
		f.report()
	}
	result.report = f.handled / rounds
	result.memory = max(heap()-empty, 1)
	runtime.KeepAlive(f)
	return result, nil
}

func heap() float64 {
	runtime.GC()
	stats := runtime.MemStats{}
	runtime.ReadMemStats(&stats)
	return float64(stats.HeapAlloc)
}

// least takes the lower of each figure; the zero figures are none.
func (f figures) least(other figures) figures {
	if f == (figures{}) {
		return other
	}
	return figures{
		deploy: min(f.deploy, other.deploy), checkpoint: min(f.checkpoint, other.checkpoint), report: min(f.report, other.report),
		sent: min(f.sent, other.sent), memory: min(f.memory, other.memory),
	}
}
