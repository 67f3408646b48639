// Package nexmark compares examples/nexmark with the benchmark's queries in Flink SQL (bench/flink/nexmark): the same events,
// made inside the job, at the same parallelism, on this machine without a cluster. The systems run in turns.
package nexmark

import (
	"context"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/weft-stream/weft/bench/internal/lab"
)

// Bench says what is measured.
type Bench struct {
	WeftCommand, WeftProgram string         // the built cmd/weft and examples/nexmark
	Flink                    lab.FlinkAlone // with the jar of bench/flink/nexmark
	Queries                  []Query
	Runs                     int
	Scale                    float64 // factor of all numbers of events; other than 1 is for trying things out
	Log                      io.Writer
}

const (
	subtasks = 2
	// eventRate is how many events happen in a second of their own time: a run of some million has some windows of ten seconds.
	eventRate = 100_000
	memoryMB  = 2048            // the heap of Flink, the worker of Weft
	longest   = 5 * time.Minute // of a run
)

// Run is what was measured once. Steady is the time from 30 to 90 % of the events.
type Run struct {
	Rows      int64
	Rate      float64 // events per second, steady
	Processor float64 // seconds of processor time for an event, steady
	Whole     float64 // events per second, from the first to the last result
}

// Results are the runs of each query, by system, and why there is none.
type Results map[string]*Result

// Result is what was measured of a query.
type Result struct {
	Flink, Weft []Run
	Failures    []string
}

// Measure runs all queries in both systems, in turns. The error says that it was stopped; what fails is in the results.
func (b *Bench) Measure(ctx context.Context) (Results, error) {
	results := Results{}
	for _, q := range b.Queries {
		results[q.Name] = &Result{}
	}
	for range b.Runs {
		for _, q := range b.Queries {
			r := results[q.Name]
			b.once(ctx, q, "Flink", b.flink, &r.Flink, r)
			b.once(ctx, q, "Weft", b.weft, &r.Weft, r)
			if ctx.Err() != nil {
				return results, context.Cause(ctx)
			}
			r.compare(q)
		}
	}
	return results, nil
}

func (b *Bench) once(ctx context.Context, q Query, system string, run func(context.Context, Query) (Run, error), runs *[]Run, r *Result) {
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	result, err := run(ctx, q)
	if err != nil {
		r.fail(fmt.Sprintf("%s: %v", system, err))
		fmt.Fprintf(b.Log, "%s, %s: %v\n", q.Name, system, err)
		return
	}
	*runs = append(*runs, result)
	fmt.Fprintf(b.Log, "%s, %s: %.2f million events/s, %.0f ns of processor time each, %d rows\n",
		q.Name, system, result.Rate/million, 1e9*result.Processor, result.Rows)
}

func (r *Result) fail(why string) {
	why = strings.Join(strings.Fields(why), " ")
	for _, known := range r.Failures {
		if known == why {
			return
		}
	}
	r.Failures = append(r.Failures, why)
}

// compare takes the latest runs away if their results differ where they must not.
func (r *Result) compare(q Query) {
	if q.Differ != "" || len(r.Flink) == 0 || len(r.Weft) == 0 {
		return
	}
	f, w := len(r.Flink)-1, len(r.Weft)-1
	if r.Flink[f].Rows != r.Weft[w].Rows {
		r.fail(fmt.Sprintf("wrong: %d rows of Flink, %d of Weft", r.Flink[f].Rows, r.Weft[w].Rows))
		r.Flink, r.Weft = r.Flink[:f], r.Weft[:w]
	}
}

func (b *Bench) events(q Query) int64 { return max(int64(float64(q.Events)*b.Scale), 1000) }

func (b *Bench) flink(ctx context.Context, q Query) (Run, error) {
	outcome, err := b.Flink.Run(ctx, memoryMB, "Nexmark", "--query", q.Name, "--parallelism", strconv.Itoa(subtasks),
		"--events", strconv.FormatInt(b.events(q), 10), "--event-rate", strconv.Itoa(eventRate))
	if err != nil {
		return Run{}, shorter(err)
	}
	return readFlink(outcome.Output)
}

func (b *Bench) weft(ctx context.Context, q Query) (Run, error) {
	outcome, err := lab.Run(ctx, lab.Command{Args: []string{
		b.WeftCommand, "run", "-p", strconv.Itoa(subtasks), "-yn", "1", "-ys", strconv.Itoa(subtasks), "-ytm", strconv.Itoa(memoryMB),
		"-D", "execution.checkpointing.interval=off", "-c", q.Name, b.WeftProgram,
		"--events", strconv.FormatInt(b.events(q), 10), "--event-rate", strconv.Itoa(eventRate),
	}})
	if err != nil {
		return Run{}, shorter(err)
	}
	return readWeft(outcome.Output)
}

// shorter leaves out of an error the command line, which comes first.
func shorter(err error) error {
	text := err.Error()
	if at := strings.Index(text, ": "); at >= 0 {
		text = text[at+2:]
	}
	return fmt.Errorf("%.300s", text)
}

var flinkField = regexp.MustCompile(`(\w+)=(\d+)`)

// readFlink reads the line that Meter.report has printed.
func readFlink(output string) (Run, error) {
	for line := range strings.Lines(output) {
		if !strings.HasPrefix(line, "nexmark: ") {
			continue
		}
		f := map[string]float64{}
		for _, field := range flinkField.FindAllStringSubmatch(line, -1) {
			f[field[1]], _ = strconv.ParseFloat(field[2], 64)
		}
		if f["steady_ns"] == 0 || f["steady_events"] == 0 || f["whole_ns"] == 0 {
			break
		}
		return Run{
			Rows: int64(f["rows"]), Rate: 1e9 * f["steady_events"] / f["steady_ns"],
			Processor: f["steady_cpu_ns"] / 1e9 / f["steady_events"], Whole: 1e9 * f["events"] / f["whole_ns"],
		}, nil
	}
	return Run{}, fmt.Errorf("no figures in its output: %.200s", output)
}

var (
	weftResults = regexp.MustCompile(`\d+ events in [\d.]+ s, (\d+) results`)
	weftRate    = regexp.MustCompile(`(whole run|from 30 to 90 %) +([\d.]+) million events/s, ([\d.]+) million for each second of a core`)
)

// readWeft reads the report of examples/nexmark.
func readWeft(output string) (Run, error) {
	rows, rates := weftResults.FindStringSubmatch(output), weftRate.FindAllStringSubmatch(output, 2)
	if rows == nil || len(rates) != 2 {
		return Run{}, fmt.Errorf("no figures in its output: %.200s", output)
	}
	number := func(s string) float64 { f, _ := strconv.ParseFloat(s, 64); return million * f }
	return Run{
		Rows: int64(number(rows[1]) / million), Rate: number(rates[1][2]), Processor: 1 / number(rates[1][3]), Whole: number(rates[0][2]),
	}, nil
}
