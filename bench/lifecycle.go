package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/weft-stream/weft/bench/internal/lab"
	"github.com/weft-stream/weft/bench/internal/lifecycle"
	"github.com/weft-stream/weft/bench/internal/report"
)

// options are where things are and what is wanted.
type options struct {
	place

	only string
	runs int
	idle time.Duration
}

// place is where things are.
type place struct {
	hadoop, hadoopLib, tools, flink, flinkVersion, java, revision string

	out     string
	command string // as the user typed it
}

func (p *place) declare(flags *flag.FlagSet) {
	flags.StringVar(&p.hadoop, "hadoop", "", "folder of the running instance of scripts/hadoop")
	flags.StringVar(&p.hadoopLib, "hadoop-lib", "", "folder of Hadoop's jars")
	flags.StringVar(&p.tools, "tools", "", "folder with what was built: weft, the programs, Flink's jars, flink-conf")
	flags.StringVar(&p.flink, "flink-lib", "", "folder lib of a Flink distribution")
	flags.StringVar(&p.flinkVersion, "flink-version", "", "its version")
	flags.StringVar(&p.java, "java", "java", "Java for Flink's command")
	flags.StringVar(&p.revision, "revision", "of unknown revision", "of the sources")
	flags.StringVar(&p.out, "out", "", "file for the report")
	flags.StringVar(&p.command, "command", "scripts/bench", "the command to name in the report")
}

// flinkIn is the Flink of the place, on a cluster.
func (p *place) flinkIn(cluster *lab.Cluster) *lab.Flink {
	return &lab.Flink{Cluster: cluster, Lib: p.flink, Conf: filepath.Join(p.tools, "flink-conf"), HadoopLib: p.hadoopLib, Java: p.java}
}

// flinkAlone is the Flink of the place, without a cluster, with a jar that was built.
func (p *place) flinkAlone(program string) lab.FlinkAlone {
	return lab.FlinkAlone{Java: p.java, Lib: p.flink, Program: filepath.Join(p.tools, program)}
}

// lifecycleCommand measures starts, memory, savepoints and losses on a real cluster.
func lifecycleCommand(ctx context.Context, args []string) error {
	o, flags := options{}, flag.NewFlagSet("lifecycle", flag.ExitOnError)
	o.declare(flags)
	flags.StringVar(&o.only, "only", "floor,weft,flink", "what to measure")
	flags.IntVar(&o.runs, "runs", 5, "how often")
	flags.DurationVar(&o.idle, "idle", 20*time.Second, "how long a job is idle before its memory is looked at")
	_ = flags.Parse(args)
	return measureLifecycle(ctx, o)
}

func measureLifecycle(ctx context.Context, o options) error {
	systems := strings.Split(o.only, ",")
	for _, name := range systems {
		if !slices.Contains([]string{lifecycle.Floor, lifecycle.Weft, lifecycle.Flink}, name) {
			return fmt.Errorf("--only %q: want floor, weft, flink, or several with commas", name)
		}
	}
	if o.runs < 1 {
		return fmt.Errorf("--runs %d: at least 1", o.runs)
	}
	if o.hadoop == "" || o.tools == "" || o.out == "" {
		return errors.New("start it with scripts/bench")
	}
	cluster, err := lab.OpenCluster(o.hadoop)
	if err != nil {
		return err
	}
	defer cluster.Files.Close()
	b := &lifecycle.Bench{
		Cluster: cluster, Systems: systems, Runs: o.runs, Idle: o.idle, Log: os.Stderr,
		FloorProgram: filepath.Join(o.tools, "floor"),
		WeftCommand:  filepath.Join(o.tools, "weft"), WeftProgram: filepath.Join(o.tools, "socketwordcount"),
		Flink: o.flinkIn(cluster), FlinkProgram: filepath.Join(o.tools, "flink.jar"),
	}
	began := time.Now()
	samples, err := b.Run(ctx)
	if err != nil {
		return err
	}
	text := &strings.Builder{}
	if err := write(text, o, cluster.Versions(ctx, o.revision, o.java, o.flinkVersion), samples, time.Since(began)); err != nil {
		return err
	}
	fmt.Print("\n", text)
	return report.PutSection(o.out, text.String())
}

// write writes the report.
func write(w io.Writer, o options, versions string, samples *report.Samples, took time.Duration) error {
	fmt.Fprintf(w, head, time.Now().UTC().Format("2006-01-02 15:04"), lab.Machine(), versions, o.command, o.runs, took.Minutes())
	columns := []report.Column{
		{System: lifecycle.Floor, Title: "YARN's floor"},
		{System: lifecycle.Weft, Title: "Weft"},
		{System: lifecycle.Flink, Title: "Flink"},
	}
	columns = slices.DeleteFunc(columns, func(c report.Column) bool { return !strings.Contains(o.only, c.System) })
	ratio := report.Ratio{Title: "Flink ÷ Weft", Over: lifecycle.Flink, Under: lifecycle.Weft}
	if err := samples.Write(w, lifecycle.Figures, columns, ratio); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, lifecycle.Notes, o.idle)
	return err
}

const head = `# Lifecycle

Measured %s UTC on %s; %s.
Command: ` + "`%s`" + `, %d repetitions, the systems in turn, %.0f minutes. Each cell: **median** (lowest–highest).

`
