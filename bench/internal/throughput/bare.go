package throughput

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/weft-stream/weft/bench/internal/meter"
)

// self runs a command of this program in a process of its own; done is how often it tells an end.
func self(ctx context.Context, done int, args ...string) (meter.Result, error) {
	program, err := os.Executable()
	if err != nil {
		return meter.Result{}, err
	}
	output, problems := &bytes.Buffer{}, &bytes.Buffer{}
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Stdout, cmd.Stderr = output, problems
	if err := cmd.Run(); err != nil {
		return meter.Result{}, fmt.Errorf("bench %s: %w: %s", strings.Join(args, " "), err, bytes.TrimSpace(problems.Bytes()))
	}
	return meter.Read(output.String(), time.Unix(0, 0), done)
}

// runBare runs the bare loop of a job. What only concerns the way between operators is nothing to it.
func runBare(ctx context.Context, job string, args []string, count int64, table string) (meter.Result, error) {
	command := []string{"bare", job, "--table", table, "--count", strconv.FormatInt(count, 10)}
	for _, arg := range args {
		if arg != "--rebalance" {
			command = append(command, arg)
		}
	}
	return self(ctx, 1, command...)
}
