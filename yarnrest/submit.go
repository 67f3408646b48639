package yarnrest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// readBack is the pause between two looks at an application that was just submitted. A ResourceManager decides on it
// within some 50 ms.
const readBack = 50 * time.Millisecond

// NewApplication is an application id to submit under, and the size of the largest container that the cluster gives.
type NewApplication struct {
	ID      ApplicationID
	Maximum Resource
}

// NewApplication asks for an application id. An id that is never submitted costs nothing.
func (c *Client) NewApplication(ctx context.Context) (NewApplication, error) {
	var answer struct {
		ID      ApplicationID `json:"application-id"`
		Maximum Resource      `json:"maximum-resource-capability"`
	}
	err := c.do(ctx, call{
		op: "new application", method: http.MethodPost, path: "apps/new-application",
		busy: busyForReads, // an id asked for twice is one wasted number
	}, &answer)
	return NewApplication{answer.ID, answer.Maximum}, err
}

// Submit starts an application under an id of NewApplication and returns it as soon as YARN has taken it into a queue.
// Submitting under the same id again starts nothing new, so a caller that does not know whether its submission arrived
// may repeat it.
//
// Errors before anything is sent: a Submission that YARN would misunderstand, and *ResourceError if the master's container
// is larger than app.Maximum. YARN accepts a submission before it has looked at it, so Submit reads the application back:
// *UnknownQueueError, or *RejectedError with YARN's reason. With the context's end nothing is known about the application;
// look for it with App.
func (c *Client) Submit(ctx context.Context, app NewApplication, s Submission) (App, error) {
	op := "submit " + app.ID.String()
	if app.ID.IsZero() {
		return App{}, errors.New("submit: no application id")
	}
	if err := s.check(); err != nil {
		return App{}, fmt.Errorf("%s: %w", op, err)
	}
	if app.Maximum != (Resource{}) {
		if err := app.Maximum.Check(s.Resource); err != nil {
			return App{}, fmt.Errorf("%s: %w", op, err)
		}
	}
	if err := c.post(ctx, op, app, &s); err != nil {
		return App{}, err
	}
	for {
		found, err := c.App(ctx, app.ID)
		switch {
		case errors.Is(err, ErrNotFound):
			// A ResourceManager that was restarted between accepting and storing has forgotten it.
			err = c.post(ctx, op, app, &s)
		case err == nil && !found.State.beforeQueue():
			return found, c.rejection(ctx, found, s.Queue)
		}
		if err != nil {
			return App{}, err
		}
		if err := sleep(ctx, readBack); err != nil {
			return App{}, fmt.Errorf("%s: the ResourceManager has not decided yet: %w", op, err)
		}
	}
}

func (c *Client) post(ctx context.Context, op string, app NewApplication, s *Submission) error {
	err := c.do(ctx, call{
		op: op, method: http.MethodPost, path: "apps", body: s.encode(app.ID),
		busy: busyForAll, // the same id again starts no second application
	}, nil)
	var refused *Error
	if !errors.As(err, &refused) || !strings.HasPrefix(refused.Message, "Requested more ") {
		return err
	}
	// The cluster's largest container has become smaller since the id was asked for.
	if now, asking := c.NewApplication(ctx); asking == nil {
		if tooLarge := now.Maximum.Check(s.Resource); tooLarge != nil {
			return fmt.Errorf("%s: %w", op, tooLarge)
		}
	}
	return err
}

// unknownQueue is how the CapacityScheduler's diagnostics begin their talk of a queue it does not have, or that only
// holds others.
var unknownQueue = regexp.MustCompile(`to (unknown queue|non-leaf queue) ?:`)

// rejection is the error for an application that ended before YARN started its master.
func (c *Client) rejection(ctx context.Context, app App, queue string) error {
	if app.State != StateFailed || app.AMContainerLogs != "" {
		return nil
	}
	if !unknownQueue.MatchString(app.Diagnostics) {
		return &RejectedError{ID: app.ID, Diagnostics: strings.TrimSpace(app.Diagnostics)}
	}
	unknown := &UnknownQueueError{Queue: queue}
	// Without the list the error is still true.
	if queues, err := c.Queues(ctx); err == nil {
		for _, q := range queues {
			unknown.Known = append(unknown.Known, q.Name)
		}
	}
	return unknown
}

// sleep pauses for d, or returns the reason for which ctx ended.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
