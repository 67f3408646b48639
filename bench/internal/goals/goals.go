// Package goals measures what the throughput of a few jobs does not show: what checkpoints cost, how windows and numbers of
// keys and subtasks weigh, how late results come, and the memory of a key. It runs jobs on the whole engine, as processes
// of this machine, in one worker; there is no peer.
package goals

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/weft-stream/weft/bench/internal/lab"
	"github.com/weft-stream/weft/bench/internal/meter"
	"github.com/weft-stream/weft/bench/internal/report"
)

// Bench says what is measured.
type Bench struct {
	WeftCommand, WeftProgram string   // the built cmd/weft and bench/jobs
	Goals                    []string // of Names; nil for all
	Runs                     int
	Scale                    float64 // factor of all counts; other than 1 is for trying things out
	Folder                   string  // for checkpoints
	Log                      io.Writer
}

// workerMB is the memory of the worker.
const workerMB = 12288

// Names are the goals that can be asked for.
func Names() []string {
	var names []string
	for _, t := range trials {
		if !slices.Contains(names, t.goal) {
			names = append(names, t.goal)
		}
	}
	return names
}

// Run measures, and writes a table to w. The trials of a goal run in turns.
func (b *Bench) Run(ctx context.Context, w io.Writer) error {
	fmt.Fprintf(w, "| goal | job | subtasks | million records/s | ns CPU/record | worst pause (most processor time) | resident at the end, highest | of it a key | garbage collection | results late by |\n%s\n",
		"| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
	for _, goal := range Names() {
		if b.Goals != nil && !slices.Contains(b.Goals, goal) {
			continue
		}
		chosen := slices.DeleteFunc(slices.Clone(trials), func(t trial) bool { return t.goal != goal })
		for i := range chosen {
			chosen[i].count = max(int64(float64(chosen[i].count)*b.Scale), 1000)
		}
		results := make([][]meter.Result, len(chosen))
		failures := make([]error, len(chosen))
		for range b.Runs {
			for i, t := range chosen {
				result, err := b.run(ctx, t)
				if ctx.Err() != nil {
					return context.Cause(ctx)
				}
				if err != nil {
					failures[i] = err
					fmt.Fprintf(b.Log, "%s: %v\n", t.title, err)
					continue
				}
				fmt.Fprintf(b.Log, "%s: %.1f M/s\n", t.title, t.rate(result))
				results[i] = append(results[i], result)
			}
		}
		for i, t := range chosen {
			t.write(w, results[i], failures[i])
		}
	}
	return nil
}

// run runs a trial once.
func (b *Bench) run(ctx context.Context, t trial) (meter.Result, error) {
	checkpoints := filepath.Join(b.Folder, "checkpoints")
	defer os.RemoveAll(checkpoints)
	args := []string{
		b.WeftCommand, "run", "-p", strconv.Itoa(t.subtasks), "-yn", "1", "-ys", strconv.Itoa(t.subtasks), "-ytm", strconv.Itoa(cmp.Or(t.memory, workerMB)),
		"-D", "state.checkpoints.dir=file://" + checkpoints, "-D", "state.checkpoints.num-retained=1",
	}
	for _, setting := range t.settings {
		args = append(args, "-D", setting)
	}
	args = append(args, "-c", t.job, b.WeftProgram, "--count", strconv.FormatInt(t.count, 10))
	began := time.Now()
	outcome, err := lab.Run(ctx, lab.Command{Args: append(args, t.args...)})
	if err != nil {
		return meter.Result{}, err
	}
	return meter.Read(outcome.Output, began, t.subtasks)
}

func (t trial) steady() float64 { return float64(t.count - t.count/4) }

func (t trial) rate(r meter.Result) float64 { return t.steady() / r.Making / million }

// write writes the line of a trial: medians, of pauses too.
func (t trial) write(w io.Writer, runs []meter.Result, failure error) {
	if len(runs) == 0 {
		fmt.Fprintf(w, "| %s | %s | %d | failed: %s |  |  |  |  |  |  |\n", t.goal, t.title, t.subtasks, strings.Join(strings.Fields(failure.Error()), " "))
		return
	}
	mid := func(f func(meter.Result) float64) float64 {
		values := make([]float64, len(runs))
		for i, r := range runs {
			values[i] = f(r)
		}
		return report.Median(values)
	}
	memory := mid(func(r meter.Result) float64 { return float64(r.Memory) })
	key, pause, late := "", "", ""
	if t.keys > 0 {
		key = fmt.Sprintf("%.0f bytes", memory/float64(t.keys))
	}
	if p := mid(func(r meter.Result) float64 { return r.Pause }); p > 0 {
		pause = fmt.Sprintf("%.1f (%.1f) ms", p*1e3, mid(func(r meter.Result) float64 { return r.Busy })*1e3)
	}
	if runs[0].Latency.Max > 0 {
		ms := func(f func(meter.Latency) int64) float64 {
			return mid(func(r meter.Result) float64 { return float64(f(r.Latency)) }) / 1e6
		}
		late = fmt.Sprintf("p50 %.1f, p99 %.1f, p99.99 %.1f, max %.1f ms", ms(func(l meter.Latency) int64 { return l.P50 }),
			ms(func(l meter.Latency) int64 { return l.P99 }), ms(func(l meter.Latency) int64 { return l.P9999 }), ms(func(l meter.Latency) int64 { return l.Max }))
	}
	fmt.Fprintf(w, "| %s | %s | %d | **%.1f** | %.1f | %s | %.0f, %.0f MB | %s | %.1f %% | %s |\n", t.goal, t.title, t.subtasks,
		mid(t.rate), mid(func(r meter.Result) float64 { return r.MakingCPU * 1e9 / t.steady() }), pause,
		memory/1e6, mid(func(r meter.Result) float64 { return float64(r.Peak) / 1e6 }), key,
		mid(func(r meter.Result) float64 { return 100 * r.Collector / r.CPU }), late)
}
