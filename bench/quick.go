package main

import (
	"context"
	"flag"
	"os"

	"github.com/weft-stream/weft/bench/internal/throughput"
)

// quickCommand measures the engine in one process against the bare loops.
func quickCommand(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("quick", flag.ExitOnError)
	only := flags.String("job", "", "only this one: j1, j2, q0 or q5")
	runs := flags.Int("n", 3, "how often")
	_ = flags.Parse(args)
	return throughput.Quick(ctx, os.Stdout, *only, *runs)
}
