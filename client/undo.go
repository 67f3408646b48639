package client

import (
	"context"
	"time"
)

// undo remembers what a command has made, to take it away if the command
// fails. Steps are undone in reverse order; forget keeps everything.
type undo struct {
	steps []func(context.Context) error
}

// add remembers how to take away what was just made.
func (u *undo) add(step func(context.Context) error) { u.steps = append(u.steps, step) }

// forget keeps what was made.
func (u *undo) forget() { u.steps = nil }

// undoLimit is how long the taking away may take, also after Ctrl-C.
const undoLimit = 20 * time.Second

// run takes away what is remembered. Its own failures come back, the first
// one of them, for whoever wants to tell.
func (u *undo) run(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoLimit)
	defer cancel()
	var first error
	for i := len(u.steps) - 1; i >= 0; i-- {
		if err := u.steps[i](ctx); err != nil && first == nil {
			first = err
		}
	}
	u.steps = nil
	return first
}
