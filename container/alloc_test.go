package container

import (
	"runtime"
	"testing"

	"github.com/weft-stream/weft/internal/control"
	"github.com/weft-stream/weft/stream"
)

// TestTheExchangeAllocatesNothing runs jobs through real exchanges, in a worker
// and between two over sockets, and counts what the whole process allocates
// until they end. Some goes to start them, and a pool may lose a batch to the
// collector; an allocation for each record would count twenty times as much.
func TestTheExchangeAllocatesNothing(t *testing.T) {
	const records = 1_000_000
	const few = records / 20
	jobs := map[string]func(*stream.Env, int64){"words": wordCounts(100), "windows": clicks}
	cases := []struct {
		job     string
		workers int
	}{{"words", 1}, {"windows", 1}, {"windows", 2}}
	for _, c := range cases {
		env := stream.NewEnv(stream.Settings{Job: "allocations", Parallelism: 2, MaxParallelism: 128})
		jobs[c.job](env, records)
		program, err := env.Compile("allocations")
		if err != nil {
			t.Fatal(err)
		}
		f := newFleet(t, t.TempDir(), c.workers, program)
		for _, w := range f.workers {
			w.settings.batchRecords = batchRecords
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		f.deploy("")
		f.await(control.Finished)
		runtime.ReadMemStats(&after)
		if n := after.Mallocs - before.Mallocs; n > few {
			t.Errorf("%s with %d workers: %d allocations for %d records", c.job, c.workers, n, records)
		} else {
			t.Logf("%s with %d workers: %d allocations for %d records", c.job, c.workers, n, records)
		}
		f.stop()
	}
}
