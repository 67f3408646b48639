// Command bench measures Weft, beside Flink, YARN's own floor and bare loops. scripts/bench builds what it needs, starts a
// Hadoop where one is needed, and calls it; what the figures mean is said in bench/internal/lifecycle and
// bench/internal/throughput.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/weft-stream/weft/bench/internal/bare"
	"github.com/weft-stream/weft/bench/internal/embed"
)

const usage = `usage: bench <command> [options]

  embed [-p 2] <job> [job's options]   run a job of bench/jobs in this process and print its meter
  bare <job> [job's options] [--table map|weft]   run the loop that does only the job's work
  quick, throughput, nexmark, goals, master, lifecycle  see scripts/bench
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := dispatch(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func dispatch(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return errors.New("no command\n" + strings.TrimSuffix(usage, "\n"))
	}
	switch command, args := args[0], args[1:]; command {
	case "embed":
		return embedCommand(ctx, args)
	case "bare":
		return bareCommand(args)
	case "quick":
		return quickCommand(ctx, args)
	case "throughput":
		return throughputCommand(ctx, args)
	case "nexmark":
		return nexmarkCommand(ctx, args)
	case "goals":
		return goalsCommand(ctx, args)
	case "master":
		return masterCommand(args)
	case "lifecycle":
		return lifecycleCommand(ctx, args)
	case "help", "-h", "--help":
		fmt.Print(usage)
		return nil
	default:
		return fmt.Errorf("unknown command %q\n%s", command, strings.TrimSuffix(usage, "\n"))
	}
}

func embedCommand(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("embed", flag.ExitOnError)
	parallelism := flags.Int("p", 2, "parallelism")
	_ = flags.Parse(args)
	if flags.NArg() == 0 {
		return errors.New("embed: which job?")
	}
	return embed.Run(ctx, flags.Arg(0), *parallelism, flags.Args()[1:])
}

func bareCommand(args []string) error {
	if len(args) == 0 {
		return errors.New("bare: which job?")
	}
	o, err := bare.Parse(args[1:])
	if err != nil {
		return err
	}
	return bare.Run(args[0], o)
}
