package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/weft-stream/weft/bench/internal/lab"
	"github.com/weft-stream/weft/bench/internal/nexmark"
	"github.com/weft-stream/weft/bench/internal/report"
)

// nexmarkCommand compares the queries of the Nexmark benchmark with Flink SQL on this machine.
func nexmarkCommand(ctx context.Context, args []string) error {
	p, flags := place{}, flag.NewFlagSet("nexmark", flag.ExitOnError)
	p.declare(flags)
	names := flags.String("q", "", "measure only these queries, comma-separated")
	runs := flags.Int("n", 3, "how often")
	scale := flags.Float64("scale", 1, "factor of the events of each run; small ones only show that all works")
	_ = flags.Parse(args)
	if p.tools == "" || p.out == "" || p.flink == "" || p.java == "" {
		return errors.New("start it with scripts/bench nexmark")
	}
	queries, err := chooseQueries(*names)
	if err != nil {
		return err
	}
	b := &nexmark.Bench{
		WeftCommand: filepath.Join(p.tools, "weft"), WeftProgram: filepath.Join(p.tools, "nexmark"),
		Flink:   p.flinkAlone("nexmark.jar"),
		Queries: queries, Runs: *runs, Scale: *scale, Log: os.Stderr,
	}
	began := time.Now()
	results, stopped := b.Measure(ctx)
	text := &strings.Builder{}
	fmt.Fprintf(text, nexmarkHead, time.Now().UTC().Format("2006-01-02 15:04"), lab.Machine(), p.revision, runtime.Version(), p.flinkVersion,
		lab.JavaVersion(p.java), p.command, *runs, time.Since(began).Minutes())
	if err := b.Write(text, results); err != nil {
		return err
	}
	text.WriteString(nexmark.Notes)
	fmt.Print("\n", text)
	if stopped != nil {
		return stopped
	}
	return report.PutSection(p.out, text.String())
}

func chooseQueries(names string) ([]nexmark.Query, error) {
	if names == "" {
		return nexmark.Queries, nil
	}
	wanted := strings.Split(names, ",")
	var chosen []nexmark.Query
	var known []string
	for _, q := range nexmark.Queries {
		known = append(known, q.Name)
		if slices.Contains(wanted, q.Name) {
			chosen = append(chosen, q)
		}
	}
	if len(chosen) != len(wanted) {
		return nil, fmt.Errorf("-q %q: want some of %s", names, strings.Join(known, ", "))
	}
	return chosen, nil
}

const nexmarkHead = `# Nexmark

Measured %s UTC on %s; Weft %s, %s, Flink %s, %s.
Command: ` + "`%s`" + `, %d repetitions, the systems in turn, %.0f minutes.

`
