package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/weft-stream/weft/bench/internal/goals"
	"github.com/weft-stream/weft/bench/internal/lab"
	"github.com/weft-stream/weft/bench/internal/report"
)

// goalsCommand measures checkpoints, windows, latency, memory and scaling on this machine.
func goalsCommand(ctx context.Context, args []string) error {
	p, flags := place{}, flag.NewFlagSet("goals", flag.ExitOnError)
	p.declare(flags)
	only := flags.String("only", "", "measure only these, comma-separated: "+strings.Join(goals.Names(), ", "))
	runs := flags.Int("n", 3, "how often")
	scale := flags.Float64("scale", 1, "factor of the records of each run; small ones only show that all works")
	_ = flags.Parse(args)
	if p.tools == "" || p.out == "" {
		return errors.New("start it with scripts/bench goals")
	}
	b := &goals.Bench{
		WeftCommand: filepath.Join(p.tools, "weft"), WeftProgram: filepath.Join(p.tools, "jobs"),
		Flink: p.flinkAlone("throughput.jar"),
		Runs:  *runs, Scale: *scale, Folder: p.tools, Log: os.Stderr,
	}
	if *only != "" {
		b.Goals = strings.Split(*only, ",")
		for _, name := range b.Goals {
			if !slices.Contains(goals.Names(), name) {
				return fmt.Errorf("--only %q: want some of %s", *only, strings.Join(goals.Names(), ", "))
			}
		}
	}
	versions := ""
	if b.Wants(goals.Flink) {
		versions = fmt.Sprintf(", Flink %s, %s", p.flinkVersion, lab.JavaVersion(p.java))
	}
	text := &strings.Builder{}
	began := time.Now()
	table := &strings.Builder{}
	if err := b.Run(ctx, table); err != nil {
		fmt.Print("\n", table)
		return err
	}
	fmt.Fprintf(text, goalsHead, time.Now().UTC().Format("2006-01-02 15:04"), lab.Machine(), p.revision, versions, p.command, *runs, time.Since(began).Minutes())
	text.WriteString(table.String())
	text.WriteString(goalsNotes)
	fmt.Print("\n", text)
	return report.PutSection(p.out, text.String())
}

const goalsHead = `# Goals

Measured %s UTC on %s; Weft %s%s.
Command: ` + "`%s`" + `, %d repetitions, those of a goal in turns, %.0f minutes. All figures are medians.

`

const goalsNotes = `
The whole engine (master, metrics, checkpoints into a local folder) on this machine, one worker. Jobs: bench/internal/jobs, "10ⁿ keys"
is the job keys, with keys and counts of eight bytes. Rates, processor time and garbage collection (its share of the worker's processor
time) are those of the time after the first quarter of the records, rates and processor time until the last record was made: what
windows that are open at the end of the input give out is not in them. Worst pause: the longest time between two batches of 1024 records that a
subtask makes, in that time; a slot makes records and takes them in by turns on one goroutine, so nothing waited longer. In
parentheses the most processor time that went by between two: what is above it in the pause is waiting, for a processor that others
had or for the kernel. What J2 counted in windows is compared with a reference (bench/internal/bare/sliding.go), by number and checksum: a run
with other results does not count.

windows-flink: windows of 1 h hold 3,600 slides of a second or 60 of a minute. Weft in a worker of 4096 MB; Flink (bench/flink/throughput) in one JVM with
a heap of as much, its state on the heap, object reuse on, an AggregateFunction that counts in place as records come, and buffers of 4 KiB, so
that the moment a record is made is near the one at which it is counted. The same keys and records in a second of event time, and the same
events from the first on; Flink makes fewer of them. It adds each record to all the windows that it is in, also to those that began before the first
record: its rate is that of full windows as soon as the keys are there, which nearly all are after the first quarter.
`
