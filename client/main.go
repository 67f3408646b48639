package client

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/weft-stream/weft/client/internal/voice"
)

// Main runs the weft command for the process's arguments and ends the process:
// 0 if all is well, 1 otherwise; some actions tell more by a code of their own.
func Main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// A second Ctrl-C must end a command that does not end after the first.
	context.AfterFunc(ctx, func() { time.AfterFunc(sameSignal, stop) })
	os.Exit(run(ctx, os.Args[1:], voice.New(os.Stdout, os.Stderr)))
}

// sameSignal is how long after a signal another one means the same: timeout(1),
// for one, signals a command and then its whole group, the command included.
const sameSignal = 300 * time.Millisecond

// app is what all actions share.
type app struct {
	ui     *voice.UI
	typed  map[string]string // how the user spelled each option that was given
	output string            // --output
	traced map[string]bool   // jobs of which it has been said what they were started from
}

// errFailed ends a command with exit code 1 whose reason has been said already.
var errFailed = errors.New("failed")

// An exitError ends a command with an exit code of its own.
type exitError struct {
	code int
	err  error // errFailed if all has been said
}

func (e *exitError) Error() string { return e.err.Error() }

func (e *exitError) Unwrap() error { return e.err }

// troubled gives an error of an action whose exit code 1 is an answer the code
// 2, unless it has one.
func troubled(cmd *cobra.Command, err error) error {
	_, wanted := cmd.Annotations[annotationTrouble]
	if has := (*exitError)(nil); err == nil || !wanted || errors.As(err, &has) {
		return err
	}
	return &exitError{2, err}
}

// run runs one command line and returns the exit code.
func run(ctx context.Context, args []string, ui *voice.UI) int {
	a := &app{ui: ui}
	err := a.execute(ctx, args)
	ui.EndStatus()
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errFailed):
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		ui.Note("interrupted; nothing was left behind")
	default:
		ui.Fail(err)
	}
	if exit := (*exitError)(nil); errors.As(err, &exit) {
		return exit.code
	}
	return 1
}
