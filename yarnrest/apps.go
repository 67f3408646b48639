package yarnrest

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// pollInterval is the pause between two looks of WaitFor.
const pollInterval = 150 * time.Millisecond

// App returns an application, running or ended. The error matches ErrNotFound if the ResourceManager knows none of this id.
func (c *Client) App(ctx context.Context, id ApplicationID) (App, error) {
	var answer struct{ App App }
	err := c.get(ctx, "look up "+id.String(), "apps/"+id.String(), nil, &answer)
	return answer.App, err
}

// Filter chooses applications; each field that is set must match, and the zero value chooses all.
type Filter struct {
	Types  []string // any of these types; case does not matter
	States []State  // any of these states
	Tags   []string // any of these tags; case does not matter
	User   string
	Queue  string
}

// Apps lists applications, ended ones that are still remembered included, in no particular order.
func (c *Client) Apps(ctx context.Context, f Filter) ([]App, error) {
	// What is asked for at the scheduler makes most of the answer for a busy cluster, and is not shown here.
	query := url.Values{"deSelects": {"resourceRequests"}}
	setList(query, "applicationTypes", f.Types)
	setList(query, "states", f.States)
	setList(query, "applicationTags", f.Tags)
	if f.User != "" {
		query.Set("user", f.User)
	}
	if f.Queue != "" {
		query.Set("queue", f.Queue)
	}
	var answer struct{ Apps struct{ App []App } }
	err := c.get(ctx, "list applications", "apps", query, &answer)
	return answer.Apps.App, err
}

// Attempts lists the starts of an application's master, in order. The error matches ErrNotFound for an unknown id.
func (c *Client) Attempts(ctx context.Context, id ApplicationID) ([]Attempt, error) {
	var answer struct {
		AppAttempts struct{ AppAttempt []Attempt }
	}
	err := c.get(ctx, "list attempts of "+id.String(), "apps/"+id.String()+"/appattempts", nil, &answer)
	return answer.AppAttempts.AppAttempt, err
}

// Kill makes YARN end an application and its containers, and returns when YARN has taken the order: wait for the end with
// WaitFor. The reason, if any, stands in the application's diagnostics. Killing an application that has ended changes
// nothing and is no error. The error matches ErrNotFound for an unknown id and ErrForbidden for somebody else's
// application.
func (c *Client) Kill(ctx context.Context, id ApplicationID, reason string) error {
	order := struct {
		State       State  `json:"state"`
		Diagnostics string `json:"diagnostics,omitempty"`
	}{StateKilled, reason}
	return c.do(ctx, call{
		op: "kill " + id.String(), method: http.MethodPut, path: "apps/" + id.String() + "/state", body: order,
		busy: busyForAll,
	}, nil)
}

// WaitFor looks at an application several times a second until done says so, and returns what it saw then. It ends with an
// error when a look fails for longer than the client's patience, or when ctx ends; the App is then the last one seen.
func (c *Client) WaitFor(ctx context.Context, id ApplicationID, done func(App) bool) (App, error) {
	var last App
	for {
		app, err := c.App(ctx, id)
		if err != nil {
			return last, err
		}
		if done(app) {
			return app, nil
		}
		last = app
		if err := sleep(ctx, pollInterval); err != nil {
			return last, fmt.Errorf("wait for %s in state %s: %w", id, last.State, err)
		}
	}
}

// setList sets a query parameter that takes several values, unless there are none.
func setList[T ~string](query url.Values, key string, values []T) {
	if len(values) == 0 {
		return
	}
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = string(v)
	}
	query.Set(key, strings.Join(texts, ","))
}
