package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/weft-stream/weft/bench/internal/lab"
	"github.com/weft-stream/weft/bench/internal/report"
	"github.com/weft-stream/weft/bench/internal/throughput"
)

// throughputOptions are where things are and what is wanted.
type throughputOptions struct {
	place

	rows, systems, state, picture string
	runs                          int
	scale                         float64
	resume, reuse                 bool
}

// throughputCommand measures Weft against Flink and bare loops on a real cluster.
func throughputCommand(ctx context.Context, args []string) error {
	o, flags := throughputOptions{}, flag.NewFlagSet("throughput", flag.ExitOnError)
	o.declare(flags)
	flags.StringVar(&o.rows, "row", "", "measure only these rows, comma-separated")
	flags.StringVar(&o.systems, "only", "", "measure only these systems, comma-separated: flink, weft, bare, bare-map")
	flags.StringVar(&o.state, "state", "", "file that keeps what was measured")
	flags.StringVar(&o.picture, "picture", "", "file for the picture")
	flags.IntVar(&o.runs, "n", 3, "how often")
	flags.BoolVar(&o.resume, "resume", false, "go on with what an earlier run of the same sources has left")
	flags.Float64Var(&o.scale, "scale", 1, "factor of the records of each run; small ones only show that all works")
	flags.BoolVar(&o.reuse, "object-reuse", true, "of Flink")
	_ = flags.Parse(args)
	if o.hadoop == "" || o.tools == "" || o.out == "" || o.state == "" || o.picture == "" {
		return errors.New("start it with scripts/bench throughput")
	}
	rows, err := chooseRows(o.rows)
	if err != nil {
		return err
	}
	var systems []string
	if o.systems != "" {
		systems = strings.Split(o.systems, ",")
	}
	return measureThroughput(ctx, o, rows, systems)
}

func chooseRows(names string) ([]throughput.Row, error) {
	if names == "" {
		return throughput.Rows, nil
	}
	var chosen []throughput.Row
	var known []string
	for _, row := range throughput.Rows {
		known = append(known, row.ID)
		if slices.Contains(strings.Split(names, ","), row.ID) {
			chosen = append(chosen, row)
		}
	}
	if len(chosen) != len(strings.Split(names, ",")) {
		return nil, fmt.Errorf("--row %q: want some of %s", names, strings.Join(known, ", "))
	}
	return chosen, nil
}

func measureThroughput(ctx context.Context, o throughputOptions, rows []throughput.Row, systems []string) error {
	cluster, err := lab.OpenCluster(o.hadoop)
	if err != nil {
		return err
	}
	defer cluster.Files.Close()
	results, err := throughput.OpenResults(o.state, o.revision, o.resume)
	if err != nil {
		return err
	}
	b := &throughput.Bench{
		Cluster: cluster, Flink: o.flinkIn(cluster), Rows: rows, Systems: systems, Runs: o.runs, Scale: o.scale, Results: results, Log: os.Stderr,
		WeftCommand: filepath.Join(o.tools, "weft"), WeftProgram: filepath.Join(o.tools, "jobs"),
		FlinkProgram: filepath.Join(o.tools, "throughput.jar"), ObjectReuse: o.reuse,
	}
	began := time.Now()
	measured := b.Run(ctx)
	text := &strings.Builder{}
	fmt.Fprintf(text, throughputHead, time.Now().UTC().Format("2006-01-02 15:04"), lab.Machine(),
		cluster.Versions(context.WithoutCancel(ctx), o.revision, o.java, o.flinkVersion), o.command, o.runs, time.Since(began).Minutes())
	if err := results.Write(text, rows); err != nil {
		return err
	}
	fmt.Fprintf(text, throughput.Notes, reuse(o.reuse), "their own clocks, from inside the job")
	fmt.Print("\n", text)
	if measured != nil {
		return fmt.Errorf("%w; --resume goes on from here", measured)
	}
	if err := report.PutSection(o.out, text.String()); err != nil {
		return err
	}
	picture, err := os.Create(o.picture)
	if err != nil {
		return err
	}
	return errors.Join(results.Picture(picture, rows), picture.Close())
}

func reuse(on bool) string {
	if on {
		return "object reuse on"
	}
	return "object reuse off"
}

const throughputHead = `# Throughput

Measured %s UTC on %s; %s.
Command: ` + "`%s`" + `, %d repetitions, the systems in turn, %.0f minutes.

`
