package program

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/weft-stream/weft/client/internal/voice"
	"github.com/weft-stream/weft/internal/jobspec"
	"github.com/weft-stream/weft/internal/plan"
)

// PlanLimit is how long a program may take for its plan.
const PlanLimit = 30 * time.Second

const (
	longestAnswer = 16 << 20 // of a plan, in JSON
	longestOutput = 1 << 20  // of what a program prints beside it
)

// Answer is what a program answered, and what it printed meanwhile.
type Answer struct {
	plan.Response
	Printed []byte // at most 1 MiB
}

// Plan runs the program at path in the plan role and returns its answer. That
// the program answered with an error is not an error of Plan; that it did not
// answer is.
func Plan(ctx context.Context, path string, request *plan.Request) (*Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, PlanLimit)
	defer cancel()
	question, err := json.Marshal(request)
	if err != nil {
		return nil, err
	}
	answer, answered, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer answer.Close()
	printed := &limitedBuffer{limit: longestOutput}
	cmd := exec.CommandContext(ctx, path)
	cmd.Env = append(os.Environ(), jobspec.RoleVariable+"="+jobspec.RolePlan)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(question), printed, printed
	cmd.ExtraFiles = []*os.File{answered} // file descriptor 3
	cmd.WaitDelay = time.Second           // for children that keep the pipes open
	err = cmd.Start()
	answered.Close()
	if err != nil {
		return nil, fmt.Errorf("program %s cannot be started: %w", path, reason(err))
	}
	context.AfterFunc(ctx, func() { answer.Close() })
	text, _ := io.ReadAll(io.LimitReader(answer, longestAnswer))
	answer.Close() // whoever says more must not wait for a listener
	err = cmd.Wait()
	return read(ctx, path, text, printed.kept, err)
}

// read makes an Answer, or the reason why there is none, of what the program
// left behind.
func read(ctx context.Context, path string, text, printed []byte, ended error) (*Answer, error) {
	a := &Answer{Printed: printed}
	unreadable := json.Unmarshal(text, &a.Response)
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return a, voice.Hint(fmt.Errorf("program %s gave no plan within %s", path, PlanLimit),
			"a job's function describes the job and returns; it must not read, listen or wait")
	case ctx.Err() != nil:
		return a, context.Cause(ctx)
	case ended != nil && len(text) == 0:
		return a, crash(path, printed, ended)
	case len(text) == 0:
		return a, notWeft(path, "it ended without an answer when it was asked for its plan")
	case unreadable != nil:
		return a, fmt.Errorf("program %s answered something that is no plan: %w", path, unreadable)
	case a.Version != plan.Version || (a.Plan != nil && a.Plan.Version != plan.Version):
		return a, voice.Hint(fmt.Errorf("program %s was built with another release of Weft (its plan has version %d, this command reads %d)", path, a.Version, plan.Version),
			"build it again with the release of this command")
	}
	return a, nil
}

// limitedBuffer keeps the first bytes written to it. The two streams of a
// program are copied to it by one goroutine, as os/exec promises for equal
// writers.
type limitedBuffer struct {
	kept  []byte
	limit int
}

// Write implements io.Writer and never fails.
func (b *limitedBuffer) Write(text []byte) (int, error) {
	room := max(0, b.limit-len(b.kept))
	b.kept = append(b.kept, text[:min(room, len(text))]...)
	return len(text), nil
}
