package storage

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// The pauses between tries: short at first, since most faults are over with a
// fresh connection, then doubling up to what a NameNode that restarts deserves.
const (
	firstPause = 50 * time.Millisecond
	maxPause   = 2 * time.Second
)

// stopRetry wraps an error that retry must hand on as it is.
type stopRetry struct{ error }

// retry calls try with 1, 2, 3 ... until it succeeds, fails for good, or the
// context or the configured time has ended.
func (h *hdfsFS) retry(ctx context.Context, op, name string, try func(attempt int) error) error {
	start := time.Now()
	pause := firstPause
	for attempt := 1; ; attempt++ {
		err := context.Cause(ctx)
		if err == nil {
			err = try(attempt)
		}
		if err == nil {
			h.logRecovery(op, name, attempt, start)
			return nil
		}
		if stop, ok := errors.AsType[stopRetry](err); ok {
			return stop.error
		}
		fault, _ := asError(h.wrap(op, name, err))
		if fault.Reason != Transient {
			h.logRecovery(op, name, attempt, start) // "not found" is an answer too
			return fault
		}
		wait := pause + rand.N(pause/2) // spread, so that many workers do not come back at once
		if waited := time.Since(start); waited+wait > h.retryFor {
			return h.gaveUp(fault, waited)
		}
		if attempt == 1 && ctx.Err() == nil {
			h.log.Warn("file system fault, trying again", "op", op, "uri", h.URI(name), "fault", fault.Err, "for", h.retryFor)
		}
		sleep(ctx, wait)
		if ended := context.Cause(ctx); ended != nil {
			return h.ended(fault, ended)
		}
		pause = min(2*pause, maxPause)
	}
}

func (h *hdfsFS) logRecovery(op, name string, attempts int, start time.Time) {
	if attempts > 1 {
		h.log.Info("file system works again", "op", op, "uri", h.URI(name), "attempts", attempts, "after", time.Since(start).Round(time.Millisecond))
	}
}

// ended is the error of an operation whose context ended: why, and what the last fault was.
func (h *hdfsFS) ended(fault *Error, cause error) error {
	if errors.Is(fault.Err, cause) {
		return fault
	}
	return &Error{Op: fault.Op, URI: fault.URI, Reason: Transient, Err: fmt.Errorf("%w (last fault: %w)", cause, fault.Err)}
}

func (h *hdfsFS) gaveUp(fault *Error, waited time.Duration) error {
	if h.retryFor > 0 {
		return &Error{Op: fault.Op, URI: fault.URI, Reason: Transient, Err: fmt.Errorf("%w (tried for %s)", fault.Err, waited.Round(time.Second))}
	}
	return fault
}

// sleep waits, but not longer than the context lives.
func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
