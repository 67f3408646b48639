package goals

import (
	"fmt"
	"io"
	"strings"

	"github.com/weft-stream/weft/bench/internal/meter"
	"github.com/weft-stream/weft/bench/internal/report"
)

// series are the runs of a trial.
type series struct {
	trial
	runs     []meter.Result
	failures []error // of runs that do not count
}

// take takes in a run.
func (s *series) take(result meter.Result, err error, log io.Writer) {
	if err != nil {
		s.failures = append(s.failures, err)
		fmt.Fprintf(log, "%s: %v\n", s.title, err)
		return
	}
	fmt.Fprintf(log, "%s: %s M/s\n", s.title, short(s.rate(result)))
	s.runs = append(s.runs, result)
}

func (s *series) steady() float64 { return float64(s.count - s.count/4) }

func (s *series) rate(r meter.Result) float64 { return s.steady() / r.Making / million }

// mid is the median of a figure.
func (s *series) mid(f func(meter.Result) float64) float64 {
	values := make([]float64, len(s.runs))
	for i, r := range s.runs {
		values[i] = f(r)
	}
	return report.Median(values)
}

func writeHead(w io.Writer) {
	fmt.Fprintf(w, "| goal | job | subtasks | million records/s | ns CPU/record | worst pause (most processor time) | resident at the end, highest | of it a key | garbage collection | results late by |\n%s\n",
		"| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
}

// writeLines writes the lines of a goal: medians, of pauses too.
func writeLines(w io.Writer, all []*series) {
	for i, s := range all {
		if len(s.runs) == 0 {
			fmt.Fprintf(w, "| %s | %s | %d | failed: %s |  |  |  |  |  |  |\n", s.goal, s.title, s.subtasks, s.why())
			continue
		}
		rate := "**" + short(s.mid(s.rate)) + "**"
		if s.share && len(all[i-1].runs) > 0 {
			rate += fmt.Sprintf(", %s %% of the one above", short(100*s.mid(s.rate)/all[i-1].mid(all[i-1].rate)))
		}
		if len(s.failures) > 0 {
			rate += fmt.Sprintf("; %d runs failed: %s", len(s.failures), s.why())
		}
		fmt.Fprintf(w, "| %s | %s | %d | %s | %.1f | %s | %.0f, %.0f MB | %s | %s | %s |\n", s.goal, s.title, s.subtasks,
			rate, s.mid(func(r meter.Result) float64 { return r.MakingCPU * 1e9 / s.steady() }), s.pause(),
			s.memory()/1e6, s.mid(func(r meter.Result) float64 { return float64(r.Peak) / 1e6 }), s.key(), s.collector(), s.late())
	}
}

// short tells a figure with a digit behind the point, and less than 1 with two digits that are not 0.
func short(f float64) string {
	if f < 1 {
		return fmt.Sprintf("%.2g", f)
	}
	return fmt.Sprintf("%.1f", f)
}

// why is what the latest failure says, in one line.
func (s *series) why() string {
	return strings.Join(strings.Fields(s.failures[len(s.failures)-1].Error()), " ")
}

func (s *series) memory() float64 {
	return s.mid(func(r meter.Result) float64 { return float64(r.Memory) })
}

func (s *series) key() string {
	if s.keys == 0 {
		return ""
	}
	return fmt.Sprintf("%.0f bytes", s.memory()/float64(s.keys))
}

func (s *series) pause() string {
	p := s.mid(func(r meter.Result) float64 { return r.Pause })
	if p == 0 {
		return ""
	}
	return fmt.Sprintf("%.1f (%.1f) ms", p*1e3, s.mid(func(r meter.Result) float64 { return r.Busy })*1e3)
}

// collector is the share of the processor time for garbage collection, which Flink's JVM does not tell.
func (s *series) collector() string {
	if s.flink {
		return ""
	}
	return fmt.Sprintf("%.1f %%", s.mid(func(r meter.Result) float64 { return 100 * r.Collector / r.CPU }))
}

func (s *series) late() string {
	if s.runs[0].Latency.Max == 0 {
		return ""
	}
	ms := func(f func(meter.Latency) int64) float64 {
		return s.mid(func(r meter.Result) float64 { return float64(f(r.Latency)) }) / 1e6
	}
	return fmt.Sprintf("p50 %.1f, p99 %.1f, p99.99 %.1f, max %.1f ms", ms(func(l meter.Latency) int64 { return l.P50 }),
		ms(func(l meter.Latency) int64 { return l.P99 }), ms(func(l meter.Latency) int64 { return l.P9999 }), ms(func(l meter.Latency) int64 { return l.Max }))
}
