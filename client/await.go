package client

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/weft-stream/weft/appmaster/api"
	"github.com/weft-stream/weft/internal/jobspec"
	"github.com/weft-stream/weft/yarnrest"
)

// localResource is a staged file as YARN is told of it.
func localResource(r jobspec.Resource) yarnrest.LocalResource {
	visibility := yarnrest.VisibleToApplication
	if r.Private {
		visibility = yarnrest.VisibleToUser
	}
	return yarnrest.LocalResource{URL: r.URI, Size: r.Size, Modified: time.UnixMilli(r.Timestamp), Visibility: visibility}
}

// awaitMaster waits, for as long as the cluster needs, until the application's
// master answers. It returns what the master says of the job.
func (a *app) awaitMaster(ctx context.Context, s *submission, f *found) (*api.Job, error) {
	id, err := yarnrest.ParseApplicationID(f.application)
	if err != nil {
		return nil, err
	}
	application, err := s.cluster.rm.WithPatience(masterPatience).WaitFor(ctx, id, func(seen yarnrest.App) bool {
		a.sayWaiting(&seen)
		return seen.State == yarnrest.StateRunning || seen.State.Ended()
	})
	if err != nil {
		return nil, err
	}
	for !application.State.Ended() {
		job, err := f.master.job(ctx, 0)
		if err == nil || ctx.Err() != nil || !errors.Is(err, errNoMaster) {
			return job, err
		}
		if err := pause(ctx, masterPause); err != nil {
			return nil, err
		}
		if application, err = s.cluster.rm.App(ctx, id); err != nil {
			return nil, err
		}
	}
	return nil, failedToStart(&application)
}

// sayWaiting shows what an application waits for.
func (a *app) sayWaiting(application *yarnrest.App) {
	text := fmt.Sprintf("%s is %s in queue %s", application.ID, application.State, application.Queue)
	if why := waitReason(application.Diagnostics); why != "" && application.State == yarnrest.StateAccepted {
		text += ": " + why
	}
	a.ui.Status("%s", text)
}

// diagnosis is the line of YARN's diagnostics that tells why an attempt failed:
// what the master wrote last, or what the node says, or the first line.
func diagnosis(text string) string {
	if _, said, found := strings.Cut(text, "bytes of stderr :\n"); found {
		if words := lastLine(said); words != "" {
			return words
		}
	}
	if _, detail, found := strings.Cut(text, "Diagnostics: "); found {
		return yarnStamp.ReplaceAllString(firstLine(detail), "")
	}
	return firstLine(text)
}

// lastLine returns the last line of what a master wrote before it ended. YARN
// ends that with an empty line and goes on.
func lastLine(text string) string {
	text, _, _ = strings.Cut(text, "\n\n")
	last := ""
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			last = line
		}
	}
	return last
}

// yarnStamp is the time that YARN sets before a diagnostic.
var yarnStamp = regexp.MustCompile(`^\[[^\]]*\]\s*`)

// waitReason is the part of YARN's diagnostics that a person wants: what is
// waited for, without time and details.
func waitReason(diagnostics string) string {
	text := yarnStamp.ReplaceAllString(firstLine(diagnostics), "")
	for i, r := range text {
		if r == '.' || r == ';' {
			return text[:i]
		}
	}
	return text
}
