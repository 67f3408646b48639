// Package throughput measures how many records a second Weft, Flink and bare loops get through on the same work, and what
// processor time a record costs. Whatever is compared runs in turns, A B A B, and counts only if its results are the same.
package throughput

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"

	"github.com/weft-stream/weft/bench/internal/meter"
)

// subtasks is the parallelism of everything that is compared.
const subtasks = 2

// quickRow is one kind of work.
type quickRow struct {
	title string
	job   string
	args  []string
	count int64 // records of a run
}

var quickRows = []quickRow{
	{"J1, 10³ words", "j1", []string{"--words", "1000"}, 40_000_000},
	{"J1, 10⁶ words", "j1", []string{"--words", "1000000"}, 24_000_000},
	{"J2", "j2", nil, 80_000_000},
	{"Q0", "q0", nil, 60_000_000},
	{"Q0, rebalanced", "q0", []string{"--rebalance"}, 30_000_000},
	{"Q5", "q5", nil, 10_000_000},
}

// quickWay is a way to do the work.
type quickWay struct {
	title string
	table string // of the bare loop; "" is the engine
}

var quickWays = []quickWay{{"Weft", ""}, {"bare", "weft"}, {"bare, Go's map", "map"}}

// Quick measures Weft's engine inside one process against the bare loops, and prints a table. only says which jobs, "" all.
func Quick(ctx context.Context, w io.Writer, only string, runs int) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "job\tway\tM/s\tlowest–highest\tns CPU/record\tallocations/record\tof bare\n")
	for _, row := range quickRows {
		if only != "" && only != row.job {
			continue
		}
		series, err := row.measure(ctx, runs)
		if err != nil {
			return fmt.Errorf("%s: %w", row.title, err)
		}
		bare := median(series[1], steadyRate(row.count))
		for i, way := range quickWays {
			if len(series[i]) == 0 {
				continue
			}
			rate := values(series[i], steadyRate(row.count))
			low, mid, high := spread(rate)
			fmt.Fprintf(table, "%s\t%s\t%.1f\t%.1f–%.1f\t%.1f\t%.4f\t%.0f %%\n", row.title, way.title, mid, low, high,
				median(series[i], func(r meter.Result) float64 { return r.CPU * 1e9 / steadyRecords(row.count) }),
				median(series[i], func(r meter.Result) float64 { return r.Allocs / steadyRecords(row.count) }),
				100*mid/bare)
		}
		if err := table.Flush(); err != nil {
			return err
		}
	}
	return nil
}

// measure runs all ways in turns.
func (row quickRow) measure(ctx context.Context, runs int) ([][]meter.Result, error) {
	series := make([][]meter.Result, len(quickWays))
	for range runs {
		for i, way := range quickWays {
			if way.table == "map" && row.job == "q0" {
				continue // it has no table
			}
			result, err := row.run(ctx, way)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", way.title, err)
			}
			if first := append(series[0], result)[0]; first.Records != result.Records || first.Sum != result.Sum {
				return nil, fmt.Errorf("%s: wrong: %d results with checksum %d, where Weft has %d with %d",
					way.title, result.Records, result.Sum, first.Records, first.Sum)
			}
			series[i] = append(series[i], result)
		}
	}
	return series, nil
}

// run does the work once.
func (row quickRow) run(ctx context.Context, way quickWay) (meter.Result, error) {
	if way.table != "" {
		return runBare(ctx, row.job, row.args, row.count, way.table)
	}
	args := append([]string{"embed", row.job, "--count", strconv.FormatInt(row.count, 10)}, row.args...)
	return self(ctx, subtasks, args...)
}
