package throughput

import (
	"slices"

	"github.com/weft-stream/weft/bench/internal/meter"
	"github.com/weft-stream/weft/bench/internal/report"
)

// steadyRecords are those that are made in a run's steady time: all but the first quarter.
func steadyRecords(count int64) float64 { return float64(count - count/4) }

// steadyRate gives a run's million records per second in its steady time.
func steadyRate(count int64) func(meter.Result) float64 {
	return func(r meter.Result) float64 { return steadyRecords(count) / r.Steady / 1e6 }
}

func values(results []meter.Result, f func(meter.Result) float64) []float64 {
	all := make([]float64, len(results))
	for i, r := range results {
		all[i] = f(r)
	}
	return all
}

// median is 0 where nothing was measured.
func median(results []meter.Result, f func(meter.Result) float64) float64 {
	_, middle, _ := spread(values(results, f))
	return middle
}

// spread returns the lowest value, the median and the highest.
func spread(values []float64) (low, middle, high float64) {
	if len(values) == 0 {
		return 0, 0, 0
	}
	return slices.Min(values), report.Median(values), slices.Max(values)
}
