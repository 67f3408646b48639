package throughput

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/weft-stream/weft/bench/internal/lab"
	"github.com/weft-stream/weft/bench/internal/meter"
)

// Bench says what is measured and where.
type Bench struct {
	Cluster     *lab.Cluster
	Flink       *lab.Flink
	WeftCommand string // the built cmd/weft
	WeftProgram string // the built bench/jobs
	// FlinkProgram is a jar of bench/flink/throughput.
	FlinkProgram string
	ObjectReuse  bool // of Flink
	Rows         []Row
	Systems      []string // nil for all
	Runs         int      // of each system in each row
	Scale        float64  // factor of all counts; other than 1 is for trying things out
	Results      *Results // taken up where they stop
	Log          io.Writer

	session *session
}

// Run measures what is missing in the results and keeps them after each run. What fails is noted and the rest goes on; the
// error is that of ctx or of the results' file.
func (b *Bench) Run(ctx context.Context) error {
	defer func() { _ = b.closeSession(context.WithoutCancel(ctx)) }()
	for _, row := range b.Rows {
		for run := range b.Runs {
			for _, system := range row.systems() {
				if b.Systems != nil && !slices.Contains(b.Systems, system) {
					continue
				}
				if err := b.turn(ctx, row, system, run); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// turn measures a system for the n-th time in a row, if it has not been yet.
func (b *Bench) turn(ctx context.Context, row Row, system string, n int) error {
	s := b.Results.series(row, system)
	if len(s.Runs) == 0 && s.Failure == "" {
		s.Count = scaled(row.Counts[system], b.Scale)
	}
	if len(s.Runs) > n || s.Failure != "" && n > 0 {
		return nil
	}
	s.Failure = ""
	result, err := b.measure(ctx, row, system, s)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		s.Failure = err.Error()
		fmt.Fprintf(b.Log, "%s, %s: %v\n", row.ID, system, err)
	} else {
		s.Runs = append(s.Runs, result)
		fmt.Fprintf(b.Log, "%s, %s, run %d of %d: %.2f M/s, %.1f ns CPU/record, steady %.1f s\n",
			row.ID, system, n+1, b.Runs, s.rate(result), s.cpu(result), result.Steady)
	}
	return b.Results.Save()
}

// A run of which the steady time is outside of these seconds is done again with another count.
const (
	shortest = 3
	longest  = 15
	wanted   = 7
)

// measure runs a system once and holds its results against those of the bare loop.
func (b *Bench) measure(ctx context.Context, row Row, system string, s *Series) (meter.Result, error) {
	result, err := b.start(ctx, row, system, s.Count)
	for tries := 0; err == nil && b.Scale == 1 && len(s.Runs) == 0 && (result.Steady < shortest || result.Steady > longest) && tries < 3; tries++ {
		fmt.Fprintf(b.Log, "%s, %s: %d million records in %.1f s: again with another number\n", row.ID, system, s.Count/million, result.Steady)
		s.Count = scaled(s.Count, wanted/result.Steady)
		result, err = b.start(ctx, row, system, s.Count)
	}
	if err != nil {
		return result, err
	}
	want, err := b.reference(ctx, row, s.Count, system, result)
	if err != nil {
		return result, fmt.Errorf("the reference: %w", err)
	}
	if result.Records != want.Records || result.Sum != want.Sum {
		return result, fmt.Errorf("WRONG: %d results with checksum %d, where the bare loop has %d with %d",
			result.Records, result.Sum, want.Records, want.Sum)
	}
	return result, nil
}

// scaled is a count times a factor, in whole millions.
func scaled(count int64, factor float64) int64 {
	return max(int64(math.Round(float64(count)*factor/million)), 1) * million
}

func (b *Bench) start(ctx context.Context, row Row, system string, count int64) (meter.Result, error) {
	switch system {
	case Bare:
		return runBare(ctx, row.Job, row.Args, count, "weft")
	case BareMap:
		return runBare(ctx, row.Job, row.Args, count, "map")
	}
	run := b.runWeft
	if system == Flink {
		run = b.runFlink
	}
	before, err := b.Cluster.Newest(ctx)
	if err != nil {
		return meter.Result{}, err
	}
	result, err := run(ctx, row, count)
	if left, newestErr := b.Cluster.Newest(context.WithoutCancel(ctx)); err != nil && newestErr == nil && left.Number > before.Number {
		if b.session == nil || b.session.id != left {
			_ = b.Cluster.End(context.WithoutCancel(ctx), left)
		}
	}
	if cleared := b.Cluster.Files.RemoveAll(context.WithoutCancel(ctx), b.Cluster.Home+"/checkpoints"); err == nil {
		err = cleared
	}
	return result, err
}

// reference is what the results must be: those of the bare loop with Go's map. A run of it that is at hand need not be
// repeated.
func (b *Bench) reference(ctx context.Context, row Row, count int64, system string, result meter.Result) (Reference, error) {
	key := fmt.Sprint(row.Job, row.Args, count)
	if want, known := b.Results.References[key]; known {
		return want, nil
	}
	if system != BareMap {
		var err error
		if result, err = runBare(ctx, row.Job, row.Args, count, "map"); err != nil {
			return Reference{}, err
		}
	}
	want := Reference{result.Records, result.Sum}
	b.Results.References[key] = want
	return want, nil
}
