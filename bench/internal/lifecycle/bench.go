package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/weft-stream/weft/bench/internal/lab"
	"github.com/weft-stream/weft/bench/internal/report"
)

// Names of what is measured.
const (
	Floor = "floor"
	Weft  = "weft"
	Flink = "flink"
)

// Settings that hold for all systems alike.
const (
	memoryMB    = 1024 // of each container
	parallelism = 2    // in two workers of one slot
	interval    = "10s"
)

// startLimit bounds a wait for a job to run. A busy machine may need long.
const startLimit = 5 * time.Minute

// Bench says what is measured and where.
type Bench struct {
	Cluster *lab.Cluster
	Systems []string      // in this order, over and over
	Runs    int           // of each system
	Idle    time.Duration // before memory is looked at

	FloorProgram string // the built bench/floor
	WeftCommand  string // the built cmd/weft
	WeftProgram  string // the built examples/socketwordcount
	Flink        *lab.Flink
	FlinkProgram string    // a jar with the same job
	Log          io.Writer // a line for each value
}

// Run measures everything. What fails is noted and the rest goes on; the error is the end of ctx, or that the
// cluster runs nothing at all.
func (b *Bench) Run(ctx context.Context) (*report.Samples, error) {
	// The daemons of a fresh cluster are slow at what they do for the first time: nobody's figures shall pay for it.
	warmUp := &measurement{Bench: b, samples: &report.Samples{}, system: Floor, label: "warm-up, not counted"}
	if err := warmUp.measure(ctx); err != nil {
		return nil, fmt.Errorf("the cluster does not run a bare master: %w", err)
	}
	samples := &report.Samples{}
	for run := range b.Runs {
		for _, name := range b.Systems {
			m := &measurement{Bench: b, samples: samples, system: name, label: fmt.Sprintf("%s, run %d of %d", name, run+1, b.Runs)}
			err := m.measure(ctx)
			if ctx.Err() != nil {
				return samples, context.Cause(ctx)
			}
			if err != nil {
				fmt.Fprintf(b.Log, "%s: %v\n", m.label, err)
				samples.Fail(fmt.Sprintf("%s: %v", m.label, err))
			}
		}
	}
	return samples, nil
}

// A measurement is one run of one system.
type measurement struct {
	*Bench
	samples *report.Samples
	system  string
	label   string
}

func (m *measurement) measure(ctx context.Context) (err error) {
	before, err := m.Cluster.Newest(ctx)
	if err != nil {
		return err
	}
	defer func() { // an application that a failure left
		if left, _ := m.Cluster.Newest(ctx); left.Number > before.Number {
			err = errors.Join(err, m.Cluster.End(ctx, left))
		}
	}()
	switch m.system {
	case Floor:
		return m.floor(ctx)
	case Weft:
		return m.session(ctx, &weft{m.Bench})
	case Flink:
		return m.session(ctx, &flink{m.Bench})
	}
	return fmt.Errorf("unknown system %q", m.system)
}

// note takes in a value and shows it.
func (m *measurement) note(figure report.Figure, value float64) {
	m.samples.Add(m.system, figure, value)
	unit := [...]string{"s", "MB", "(1 = yes)"}[figure.Unit]
	fmt.Fprintf(m.Log, "%s: %s: %.2f %s\n", m.label, figure.Name, value, unit)
}

func (m *measurement) since(figure report.Figure, began time.Time) {
	m.note(figure, time.Since(began).Seconds())
}

func (m *measurement) yes(figure report.Figure, is bool) {
	if is {
		m.note(figure, 1)
	} else {
		m.note(figure, 0)
	}
}
