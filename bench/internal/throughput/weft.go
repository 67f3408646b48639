package throughput

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/weft-stream/weft/bench/internal/lab"
	"github.com/weft-stream/weft/bench/internal/meter"
)

// Memory of containers in MB. The workers of a row have as much together whatever their number.
const (
	masterMB  = 1024
	workersMB = 4096
)

// runWeft runs the job of a row as a user would, attached, and reads what its workers printed.
func (b *Bench) runWeft(ctx context.Context, row Row, count int64) (meter.Result, error) {
	args := []string{
		b.WeftCommand, "run", "-m", "yarn-cluster", "-p", strconv.Itoa(subtasks),
		"-yn", strconv.Itoa(row.Workers), "-ys", strconv.Itoa(subtasks / row.Workers),
		"-yjm", strconv.Itoa(masterMB), "-ytm", strconv.Itoa(workersMB / row.Workers),
		"-D", "state.backend=" + row.Backend, "-D", "execution.checkpointing.interval=" + row.Checkpoint,
		"-D", "state.checkpoints.dir=" + b.checkpoints(), "-D", "state.checkpoints.num-retained=1",
		"-c", row.Job, b.WeftProgram, "--count", strconv.FormatInt(count, 10),
	}
	began := time.Now()
	if outcome, err := lab.Run(ctx, lab.Command{Args: append(args, row.Args...)}); err != nil {
		return meter.Result{}, lastWords(outcome.Output, err)
	}
	id, err := b.Cluster.Newest(ctx)
	if err != nil {
		return meter.Result{}, err
	}
	if err := b.Cluster.End(ctx, id); err != nil { // its processes are gone
		return meter.Result{}, err
	}
	return meter.Read(b.Cluster.Output(id, "stdout"), began, subtasks)
}

func (b *Bench) checkpoints() string { return b.Cluster.Files.URI(b.Cluster.Home + "/checkpoints") }

// lastWords makes an error of the line in which the command says why it failed.
func lastWords(output string, err error) error {
	last := err
	for line := range strings.Lines(output) {
		if said, ok := strings.CutPrefix(strings.TrimSpace(line), "weft: "); ok {
			last = errors.New(said)
		}
	}
	return last
}
