// Package embed runs a benchmark's job inside this process: the engine with its slots and exchanges, but without a master,
// and so without checkpoints and reports.
package embed

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/weft-stream/weft/bench/internal/jobs"
	"github.com/weft-stream/weft/container"
	"github.com/weft-stream/weft/internal/memory"
	"github.com/weft-stream/weft/stream"
)

const maxParallelism = 128

// Run runs a job at a parallelism to its end, with the memory settings of a worker.
func Run(ctx context.Context, name string, parallelism int, args []string) error {
	memory.Limit(0, slog.New(slog.DiscardHandler))
	for _, job := range jobs.All {
		if job.Name != name {
			continue
		}
		env := stream.NewEnv(stream.Settings{Job: name, Args: args, Parallelism: parallelism, MaxParallelism: maxParallelism})
		if err := job.Describe(env); err != nil {
			return err
		}
		program, err := env.Compile(name)
		if err != nil {
			return err
		}
		return container.Embed(ctx, program, os.Stdout, slog.New(slog.DiscardHandler))
	}
	return fmt.Errorf("no job %q: see bench/internal/jobs", name)
}
