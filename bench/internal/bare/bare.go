// Package bare has the loops that do nothing but the work of the benchmarks' jobs: the same records, the same hash, a
// table, on two goroutines, and no exchange between them, no framework. They are the yardstick for what an engine adds.
//
// A key's records are not brought together: in the word count each goroutine has all words, in the windowed jobs each has
// a span of event time of its own. What is put together in the end is not measured.
package bare

import (
	"fmt"
	"sync"

	"github.com/spf13/pflag"

	"github.com/weft-stream/weft/bench/internal/meter"
)

// goroutines is how many work side by side.
const goroutines = 2

// Options are those of the jobs, and the table.
type Options struct {
	Count, Words, Keys, PerMs, PerSecond int64
	Table                                string // "map" is Go's, "weft" that of internal/state
}

// Parse reads the options of a loop, which are those of the job.
func Parse(args []string) (Options, error) {
	o, flags := Options{}, pflag.NewFlagSet("bare", pflag.ContinueOnError)
	flags.Int64Var(&o.Count, "count", 100_000_000, "records to make")
	flags.Int64Var(&o.Words, "words", 1000, "different words of j1")
	flags.Int64Var(&o.Keys, "keys", 1000, "different keys of j2")
	flags.Int64Var(&o.PerMs, "per-ms", 1000, "records of j2 in a millisecond of event time")
	flags.Int64Var(&o.PerSecond, "per-second", 100_000, "events of q0 and q5 in a second of event time")
	flags.StringVar(&o.Table, "table", "weft", "table: map (Go's own) or weft (that of keyed state, alone)")
	err := flags.Parse(args)
	if err == nil && o.Table != "map" && o.Table != "weft" {
		err = fmt.Errorf("--table %q: want map or weft", o.Table)
	}
	return o, err
}

// Run runs the loop of a job.
func Run(job string, o Options) error {
	loops := map[string]func(Options) meter.Tally{"j1": wordCount, "j2": tumblingCount, "q0": passThrough, "q5": hotItems}
	loop := loops[job]
	if loop == nil {
		return fmt.Errorf("no bare loop of job %q: want j1, j2, q0 or q5", job)
	}
	loop(o).Done()
	return nil
}

// side runs f on each goroutine.
func side(f func(i int64)) {
	var all sync.WaitGroup
	for i := range int64(goroutines) {
		all.Go(func() { f(i) })
	}
	all.Wait()
}

// total adds up.
func total(tallies [goroutines]meter.Tally) meter.Tally {
	all := meter.Tally{}
	for _, t := range tallies {
		all.Records += t.Records
		all.Sum += t.Sum
	}
	return all
}
