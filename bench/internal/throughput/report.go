package throughput

import (
	"fmt"
	"io"
	"strings"

	"github.com/weft-stream/weft/bench/internal/meter"
	"github.com/weft-stream/weft/bench/internal/report"
)

// Write writes the tables of what has been measured, in Markdown.
func (r *Results) Write(w io.Writer, rows []Row) error {
	t := &tables{results: r, rows: rows}
	parts := []string{
		"Million records per second, steady. Each cell: **median** (lowest–highest).\n",
		t.table(head("Flink", "Weft", "Weft ÷ Flink", "bare loop", "Weft of bare"), t.steady),
		"Processor time of the workers for a record, in ns, steady; medians.\n",
		t.table(head("Flink", "Weft", "Flink ÷ Weft", "bare loop", "allocations per record of Weft"), t.processor),
		"The whole run, from the first record to the last subtask's end, in million records per second; medians. What a start\n" +
			"costs (a JVM that compiles, a table that grows) is in here.\n",
		t.table(head("Flink", "Weft", "Weft ÷ Flink", "records of a run: Flink", "Weft"), t.whole),
	}
	if wrong := t.failures(); wrong != "" {
		parts = append(parts, "Not counted:\n", wrong)
	}
	_, err := io.WriteString(w, strings.Join(parts, "\n"))
	return err
}

type tables struct {
	results *Results
	rows    []Row
}

func head(columns ...string) []string {
	return append([]string{"job", "workers", "checkpoints"}, columns...)
}

func (t *tables) table(head []string, cells func(Row) []string) string {
	text := &strings.Builder{}
	line := func(cells []string) { fmt.Fprintf(text, "| %s |\n", strings.Join(cells, " | ")) }
	line(head)
	line(strings.Split(strings.Repeat("--- ", len(head)), " ")[:len(head)])
	for _, row := range t.rows {
		checkpoints := map[string]string{none: "none", each1: "each 1 s", each10: "each 10 s"}[row.Checkpoint]
		workers := fmt.Sprintf("%d × %d slot", row.Workers, subtasks/row.Workers)
		line(append([]string{row.Title, workers, checkpoints}, cells(row)...))
	}
	return text.String()
}

// measured is a system's series in a row; nil if there is none.
func (t *tables) measured(row Row, system string) *Series {
	s := t.results.Series[row.ID][system]
	if s == nil || len(s.Runs) == 0 {
		return nil
	}
	return s
}

// mid is the median of a figure, 0 without one.
func (t *tables) mid(row Row, system string, figure func(*Series, meter.Result) float64) float64 {
	s := t.measured(row, system)
	if s == nil {
		return 0
	}
	return median(s.Runs, func(r meter.Result) float64 { return figure(s, r) })
}

// bare is the system whose bare loop is the faster one.
func (t *tables) bare(row Row) string {
	if t.mid(row, BareMap, (*Series).rate) > t.mid(row, Bare, (*Series).rate) {
		return BareMap
	}
	return Bare
}

func (t *tables) steady(row Row) []string {
	bare := t.bare(row)
	flink, weft, loop := t.mid(row, Flink, (*Series).rate), t.mid(row, Weft, (*Series).rate), t.mid(row, bare, (*Series).rate)
	share := ""
	if weft > 0 && loop > 0 {
		share = fmt.Sprintf("%.0f %%", 100*weft/loop)
	}
	cell := t.cell(row, bare)
	if bare == BareMap {
		cell += ", Go's map"
	}
	return []string{t.cell(row, Flink), t.cell(row, Weft), report.Times(weft, flink), cell, share}
}

// cell tells the steady rate of a system.
func (t *tables) cell(row Row, system string) string {
	s := t.measured(row, system)
	if s == nil {
		return "–"
	}
	low, middle, high := spread(values(s.Runs, s.rate))
	return fmt.Sprintf("**%s** (%s–%s)", report.Number(middle), report.Number(low), report.Number(high))
}

func (t *tables) processor(row Row) []string {
	flink, weft := t.mid(row, Flink, (*Series).cpu), t.mid(row, Weft, (*Series).cpu)
	allocs := t.mid(row, Weft, func(s *Series, r meter.Result) float64 { return r.Allocs / steadyRecords(s.Count) })
	each := ""
	if t.measured(row, Weft) != nil {
		each = fmt.Sprintf("%.4f", allocs)
	}
	return []string{report.Number(flink), report.Number(weft), report.Times(flink, weft), report.Number(t.mid(row, t.bare(row), (*Series).cpu)), each}
}

func (t *tables) whole(row Row) []string {
	flink, weft := t.mid(row, Flink, (*Series).whole), t.mid(row, Weft, (*Series).whole)
	count := func(system string) string {
		if s := t.measured(row, system); s != nil {
			return fmt.Sprintf("%d million", s.Count/million)
		}
		return "–"
	}
	return []string{report.Number(flink), report.Number(weft), report.Times(weft, flink), count(Flink), count(Weft)}
}

// failures lists what could not be measured or was wrong.
func (t *tables) failures() string {
	text := &strings.Builder{}
	for _, row := range t.rows {
		for _, system := range row.systems() {
			if s := t.results.Series[row.ID][system]; s != nil && s.Failure != "" {
				fmt.Fprintf(text, "- %s, %s: %s\n", row.ID, system, strings.Join(strings.Fields(s.Failure), " "))
			}
		}
	}
	return text.String()
}

// Notes say how it was measured.
const Notes = `
How it was measured:

- One Hadoop of this machine (scripts/hadoop). Parallelism 2: one worker of two slots, or two of one slot, so that the
  exchange crosses processes. Workers have 4096 MB together, masters 1024 MB. Checkpoints go to HDFS.
- The jobs: J1 makes words, exchanges them by hash and emits each word's new count (bench/internal/jobs/wordcount.go). J2 counts by an
  integer key (1,000 keys) in event-time windows of 10 s. Q0 and Q5 are Nexmark's, on a stream of bids: Q0 hands bids with their strings from
  the source to the sink, Q5 counts bids for each auction in windows of 10 s that slide by 2 s and finds the highest.
- Flink runs the same jobs in its DataStream API (bench/flink/throughput): its sequence source, tuples and POJOs, nothing through Kryo,
  %s. With heap state its managed memory is given to the heap. Each run has fresh
  TaskManagers, which a session on YARN starts for it; Weft is started by its command for each run.
- Steady: the three quarters of the records after the first quarter, in the time from the moment at which the processes were
  about to make the first of them until the last subtask had taken in everything (%s). What a system needs
  to get going is not in it: that favours a JVM. Records are made as fast as the job takes them.
- Weft's senders combine the records of windows before the exchange (J2, Q5), which its users get without asking; Flink's DataStream API has no such step.
- The bare loops (bench/internal/bare) do nothing but the work: the same records, hash and a table (that of Weft's keyed state alone, or Go's
  map: the faster one is shown), on two goroutines, without an exchange. In J1 each of their tables has all words, which an exchange halves.
- The systems run in turns. Every run's results, as their number and an order-independent checksum, must be those of a bare loop over
  as many records; a run of which they are not does not count.
- Processor time is that of the workers' processes: garbage collection, compilation and checkpoints included.
`
