package nexmark

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/weft-stream/weft/bench/internal/report"
)

// Write writes the table of what has been measured, in Markdown.
func (b *Bench) Write(w io.Writer, results Results) error {
	text := &strings.Builder{}
	fmt.Fprintf(text, "Million events per second, steady: **median** (lowest–highest); and processor time for an event in ns, steady, medians.\n\n"+
		"| query | million events | Flink SQL | Weft | Weft ÷ Flink | CPU Flink | CPU Weft | Flink ÷ Weft | whole run: Flink | Weft | rows: Flink | Weft |\n%s\n",
		"|"+strings.Repeat(" --- |", 12))
	var ratios, processor []float64
	var failures []string
	for _, q := range b.Queries {
		r := results[q.Name]
		for _, f := range r.Failures {
			failures = append(failures, q.Name+": "+f)
		}
		fr, wr := middle(r.Flink, rate), middle(r.Weft, rate)
		fc, wc := middle(r.Flink, cpu), middle(r.Weft, cpu)
		if fr > 0 && wr > 0 {
			ratios, processor = append(ratios, wr/fr), append(processor, fc/wc)
		}
		fmt.Fprintf(text, "| %s %s | %g | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", strings.ToUpper(q.Name), q.Title, float64(b.events(q))/million,
			cell(r.Flink), cell(r.Weft), report.Times(wr, fr), report.Number(fc), report.Number(wc), report.Times(fc, wc),
			report.Number(middle(r.Flink, whole)), report.Number(middle(r.Weft, whole)), rows(r.Flink), rowsOf(r.Weft, q))
	}
	if len(ratios) > 0 {
		fmt.Fprintf(text, "\nThe geometric mean of the ratios is **%.1f ×**, and of those of processor time **%.1f ×**.\n", mean(ratios), mean(processor))
	}
	if len(failures) > 0 {
		fmt.Fprintf(text, "\nNot counted:\n\n- %s\n", strings.Join(failures, "\n- "))
	}
	_, err := io.WriteString(w, text.String())
	return err
}

func rate(r Run) float64  { return r.Rate / million }
func whole(r Run) float64 { return r.Whole / million }
func cpu(r Run) float64   { return 1e9 * r.Processor }

// middle is the median of a figure; 0 if there is no run.
func middle(runs []Run, figure func(Run) float64) float64 {
	if len(runs) == 0 {
		return 0
	}
	return report.Median(figures(runs, figure))
}

func figures(runs []Run, figure func(Run) float64) []float64 {
	var all []float64
	for _, r := range runs {
		all = append(all, figure(r))
	}
	return all
}

func cell(runs []Run) string {
	if len(runs) == 0 {
		return "–"
	}
	all := figures(runs, rate)
	return fmt.Sprintf("**%s** (%s–%s)", report.Number(report.Median(all)), report.Number(slices.Min(all)), report.Number(slices.Max(all)))
}

func rows(runs []Run) string {
	if len(runs) == 0 {
		return "–"
	}
	return fmt.Sprint(runs[len(runs)-1].Rows)
}

func rowsOf(runs []Run, q Query) string {
	if q.Differ != "" {
		return rows(runs) + " (" + q.Differ + ")"
	}
	return rows(runs)
}

func mean(ratios []float64) float64 {
	sum := 0.0
	for _, r := range ratios {
		sum += math.Log(r)
	}
	return math.Exp(sum / float64(len(ratios)))
}

// Notes say how it was measured.
const Notes = `
How it was measured:

- One process of Flink (a cluster inside its JVM, 2 GB of heap, 256 MB of managed memory beside it) and Weft's local target (a master and
  a worker of 2 GB), both with parallelism 2, without checkpoints, the state in memory. The systems run in turns, the same events in each.
- The queries are those of the benchmark's SQL edition (bench/flink/nexmark/queries, examples/nexmark). The events are equal to the bit:
  subtask i of 2 makes the events i, i+2, … in full, as fast as the query takes them, 100,000 in a second of their own time; watermarks are
  4 s behind. Flink's source makes rows of its internal form, and its strings, like Weft's, are cut from texts that are made once.
- Flink: object reuse on; mini-batches off, as it is delivered, so that a result is as fresh as Weft's; no state is ever dropped (no TTL);
  Java's default collector. Rows go to a sink that counts and drops them and wants no rows before an update.
- Steady: the events from 30 to 90 %, in the time from the moment at which the first subtask of the source came to 30 % of its own until the last
  came to 90 %. Compilation and warming up are before, the end of all windows is after. The processor time of that span is that of the JVM, or of
  Weft's worker: garbage collection and compilation are in it. Whole run: from the first event until all results were counted.
- Rows are those that are new and those that replace another. Where no reason stands beside them they must be equal, or the run does not count.
  Where one stands: Weft gives the result of an auction once, when it closes, where SQL revises it with each better bid (Q4, Q9), and so needs
  to keep less; Weft adds the bids of Q15 and Q16 once in a second of their time and gives a row for what is new else; and which of two bids of one
  millisecond came last (Q18), or how often a rank changed (Q19), depends on how the subtasks' events met.
`
