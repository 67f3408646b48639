// Package goals measures what the throughput of a few jobs does not show: what checkpoints cost, how windows and numbers of
// keys and subtasks weigh, how late results come, and the memory of a key. It runs jobs on the whole engine, as processes
// of this machine, in one worker; for windows that slide there is Flink beside it.
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
	"time"

	"github.com/weft-stream/weft/bench/internal/lab"
	"github.com/weft-stream/weft/bench/internal/meter"
)

// Bench says what is measured.
type Bench struct {
	WeftCommand, WeftProgram string         // the built cmd/weft and bench/jobs
	Flink                    lab.FlinkAlone // with the jar of bench/flink/throughput
	Goals                    []string       // of Names; nil for all
	Runs                     int
	Scale                    float64 // factor of all counts; other than 1 is for trying things out
	Folder                   string  // for checkpoints
	Log                      io.Writer

	references map[reference]meter.Tally
}

// Memory in MB.
const (
	workerMB = 12288 // of the worker, where nothing else is said
	besideMB = 4096  // of the worker, and of Flink's heap, in what both run
)

// Flink is the goal that has Flink's trials.
const Flink = "windows-flink"

// flinkLimit is how long a run of Flink may take.
const flinkLimit = 5 * time.Minute

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

// Wants says whether a goal is asked for.
func (b *Bench) Wants(goal string) bool { return b.Goals == nil || slices.Contains(b.Goals, goal) }

// Run measures, and writes a table to w. The trials of a goal run in turns.
func (b *Bench) Run(ctx context.Context, w io.Writer) error {
	writeHead(w)
	for _, goal := range Names() {
		if !b.Wants(goal) {
			continue
		}
		var all []*series
		for _, t := range trials {
			if t.goal == goal {
				// An even number, of which each subtask of the peer makes the same.
				t.count = max(int64(float64(t.count)*b.Scale/2)*2, 1000)
				all = append(all, &series{trial: t})
			}
		}
		for range b.Runs {
			for _, s := range all {
				result, err := b.run(ctx, s.trial)
				if ctx.Err() != nil {
					return context.Cause(ctx)
				}
				s.take(result, err, b.Log)
			}
		}
		writeLines(w, all)
	}
	return nil
}

// run runs a trial once. A run of which the results are wrong is an error.
func (b *Bench) run(ctx context.Context, t trial) (meter.Result, error) {
	run := b.runWeft
	if t.flink {
		run = b.runFlink
	}
	result, err := run(ctx, t)
	if err == nil && t.windows != (windows{}) {
		err = b.check(t.windows, t.count, result)
	}
	return result, err
}

func (b *Bench) runWeft(ctx context.Context, t trial) (meter.Result, error) {
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
	if t.windows != (windows{}) {
		args = append(append(args, "--pauses"), t.windows.args()...)
	}
	began := time.Now()
	outcome, err := lab.Run(ctx, lab.Command{Args: append(args, t.args...)})
	if err != nil {
		return meter.Result{}, err
	}
	return meter.Read(outcome.Output, began, t.subtasks)
}

// runFlink runs a trial of Flink. Its buffers are small, because a record that is in thousands of windows takes a
// millisecond: those of 32 KiB would hold more records than a run has, and when a record is made would not tell when one is
// counted.
func (b *Bench) runFlink(ctx context.Context, t trial) (meter.Result, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, flinkLimit, fmt.Errorf("it took longer than %v", flinkLimit))
	defer cancel()
	args := []string{
		"--job", t.job, "--count", strconv.FormatInt(t.count, 10), "--parallelism.default", strconv.Itoa(t.subtasks),
		"--pipeline.object-reuse", "true", "--state.backend.type", "hashmap", "--taskmanager.memory.segment-size", "4kb",
	}
	began := time.Now()
	outcome, err := b.Flink.Run(ctx, t.memory, "Throughput", append(args, t.windows.args()...)...)
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		return meter.Result{}, err
	}
	return meter.Read(outcome.Output, began, t.subtasks)
}
