// Package report collects what was measured and writes it down: minimum, median and maximum of each figure for each
// system, side by side.
package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Unit is what a figure's values are.
type Unit int

// Units of figures.
const (
	Seconds Unit = iota
	Megabytes
	Yes // 1 for yes, 0 for no: told as a count
)

// Figure is one thing that is measured.
type Figure struct {
	Name string // as the table has it
	Unit Unit
}

// Samples are measured values by system and figure, in the order in which they came. The zero value is empty.
type Samples struct {
	values   map[string]map[Figure][]float64
	failures []string
}

// Add takes in a value. Bytes are turned to megabytes by [MB].
func (s *Samples) Add(system string, figure Figure, value float64) {
	if s.values == nil {
		s.values = map[string]map[Figure][]float64{}
	}
	if s.values[system] == nil {
		s.values[system] = map[Figure][]float64{}
	}
	s.values[system][figure] = append(s.values[system][figure], value)
}

// Fail notes what could not be measured.
func (s *Samples) Fail(text string) { s.failures = append(s.failures, text) }

// MB are bytes as megabytes (10⁶).
func MB(bytes int64) float64 { return float64(bytes) / 1e6 }

// Column is a system in a table.
type Column struct{ System, Title string }

// Ratio is a last column of a table: the median of one system over that of another.
type Ratio struct{ Title, Over, Under string }

// Write writes a table in Markdown, and below it what could not be measured.
func (s *Samples) Write(w io.Writer, figures []Figure, columns []Column, ratio Ratio) error {
	titles := []string{"figure"}
	for _, c := range columns {
		titles = append(titles, c.Title)
	}
	titles = append(titles, ratio.Title)
	rows := [][]string{titles, slices.Repeat([]string{"---"}, len(titles))}
	for _, figure := range figures {
		row := []string{figure.Name}
		for _, c := range columns {
			row = append(row, cell(s.values[c.System][figure], figure.Unit))
		}
		rows = append(rows, append(row, s.ratio(figure, ratio)))
	}
	for _, row := range rows {
		if _, err := fmt.Fprintf(w, "| %s |\n", strings.Join(row, " | ")); err != nil {
			return err
		}
	}
	if len(s.failures) > 0 {
		_, err := fmt.Fprintf(w, "\nNot measured:\n\n- %s\n", strings.Join(s.failures, "\n- "))
		return err
	}
	return nil
}

// cell tells the median, and the lowest and highest value.
func cell(values []float64, unit Unit) string {
	if len(values) == 0 {
		return "–"
	}
	low, high := slices.Min(values), slices.Max(values)
	switch unit {
	case Yes:
		return fmt.Sprintf("%.0f of %d", sum(values), len(values))
	case Megabytes:
		return fmt.Sprintf("**%.1f MB** (%.1f–%.1f)", Median(values), low, high)
	}
	return fmt.Sprintf("**%.2f s** (%.2f–%.2f)", Median(values), low, high)
}

func (s *Samples) ratio(figure Figure, r Ratio) string {
	over, under := s.values[r.Over][figure], s.values[r.Under][figure]
	if figure.Unit == Yes || len(over) == 0 || len(under) == 0 || Median(under) == 0 {
		return ""
	}
	quotient := Median(over) / Median(under)
	if quotient >= 100 {
		return fmt.Sprintf("%.0f", quotient)
	}
	return fmt.Sprintf("%.1f", quotient)
}

// Median is the middle of values, the mean of the two in the middle if their number is even. values is not empty.
func Median(values []float64) float64 {
	sorted := slices.SortedFunc(slices.Values(values), cmp.Compare[float64])
	half := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[half]
	}
	return (sorted[half-1] + sorted[half]) / 2
}

func sum(values []float64) float64 {
	total := 0.0
	for _, v := range values {
		total += v
	}
	return total
}
