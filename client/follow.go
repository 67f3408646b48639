package client

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/weft-stream/weft/appmaster/api"
	"github.com/weft-stream/weft/client/internal/voice"
	"github.com/weft-stream/weft/yarnrest"
)

// Figures are shown as they change on a terminal, and from time to time
// elsewhere.
const (
	figuresLive  = time.Second
	figuresPlain = time.Minute
)

// follow shows a job until it ends. Ctrl-C stops the showing and leaves the
// job alone, unless the user asked for the contrary (-sae).
func (a *app) follow(ctx context.Context, f *found, s *submission, web string) error {
	a.ui.Note("its page is %s", web)
	last, err := a.show(ctx, f)
	if ctx.Err() != nil {
		if s.options.withdraw {
			return a.withdraw(ctx, f)
		}
		return voice.Hint(errors.New("interrupted; the job goes on"),
			"weft list -yid %s\nweft cancel %s -yid %s", f.application, f.job, f.application)
	}
	if err != nil {
		return err
	}
	return a.finish(f, last, web)
}

// withdraw cancels the job after Ctrl-C.
func (a *app) withdraw(ctx context.Context, f *found) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoLimit)
	defer cancel()
	a.ui.Status("interrupted: cancelling job %s", f.job)
	if err := f.cancel(ctx); err != nil {
		return err
	}
	if err := f.waitEnd(ctx); err != nil {
		return err
	}
	a.ui.EndStatus()
	a.ui.Line("Cancelled job %s.", f.job)
	return errFailed
}

// show prints states and figures until the job is over, and returns the last
// that was seen of it.
func (a *app) show(ctx context.Context, f *found) (*api.Job, error) {
	onlooker := f.master.onlooker()
	var group sync.WaitGroup
	defer group.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	group.Go(func() { a.showFigures(ctx, onlooker) })
	var last *api.Job
	state := ""
	err := f.watch(ctx, func(job *api.Job) (bool, error) {
		last = job
		if now := stateLine(job); now != state {
			state = now
			a.ui.Note("%s", state)
		}
		return job.Ended, nil
	})
	if over := (*overError)(nil); errors.As(err, &over) {
		return f.lastView(ctx, last)
	}
	return last, err
}

// showFigures keeps the live line up to date.
func (a *app) showFigures(ctx context.Context, m *master) {
	every := figuresPlain
	if a.ui.Live() {
		every = figuresLive
	}
	for pause(ctx, every) == nil {
		if job, err := m.job(ctx, 0); err == nil && !job.Ended {
			a.ui.Status("%s", figures(job, time.Now()))
		}
	}
}

// stateLine says where the job stands.
func stateLine(job *api.Job) string {
	state := job.State
	if state == "RUNNING" {
		state = fmt.Sprintf("%s, %d of %d tasks run", state, job.Tasks.Running+job.Tasks.Finished, job.Tasks.Total)
	}
	if job.Restarts > 0 {
		state += ", restarts: " + voice.Count(int64(job.Restarts))
	}
	if job.Detail != "" {
		state += ": " + job.Detail
	}
	return state
}

// figures is the live line.
func figures(job *api.Job, now time.Time) string {
	text := fmt.Sprintf("%s for %s, %s records/s in, %s out", job.State, voice.Age(now.Sub(time.UnixMilli(job.StateSince))),
		voice.Count(int64(job.Rates.RecordsRead)), voice.Count(int64(job.Rates.RecordsWritten)))
	if c := job.Checkpoints.Last; c != nil {
		text += fmt.Sprintf(", checkpoint %d %s ago (%s)", c.ID, voice.Age(now.Sub(time.UnixMilli(c.Completed))), voice.Bytes(c.Size))
	}
	return text
}

// lastView is the job's end as the ResourceManager knows it, for a master that
// was gone before it could be asked.
func (f *found) lastView(ctx context.Context, last *api.Job) (*api.Job, error) {
	if last == nil {
		last = &api.Job{JobID: f.job, ApplicationID: f.application, EndedAt: -1}
	}
	if f.local != nil && !last.Ended {
		last = f.local.lastView(last)
	}
	if last.Ended || f.cluster == nil {
		return last, nil
	}
	id, err := yarnrest.ParseApplicationID(f.application)
	if err != nil {
		return nil, err
	}
	application, err := f.cluster.rm.App(ctx, id)
	if err != nil {
		return nil, f.cluster.rmError(err)
	}
	last.State, last.Ended = endState(&application), true
	last.EndedAt = application.Finished.UnixMilli()
	if last.Started == 0 {
		last.Started = application.Started.UnixMilli()
	}
	if why := firstLine(application.Diagnostics); why != "" && last.State != "FINISHED" {
		last.Failure = &api.Failure{Message: why}
	}
	return last, nil
}

// finish prints how the job ended, in the lines that scripts read, and makes
// the exit code: only a job that finished is a success.
func (a *app) finish(f *found, last *api.Job, web string) error {
	a.ui.EndStatus()
	result := runResult{JobID: f.job, Name: f.name, Application: f.application, Web: web, State: last.State}
	if last.EndedAt > 0 {
		result.Runtime = last.EndedAt - last.Started
	}
	if last.Failure != nil {
		result.Failure = last.Failure.Message
	}
	if last.State == "FINISHED" {
		a.ui.Line("Program execution finished")
		a.ui.Line("Job with JobID %s has finished.", f.job)
		a.ui.Line("Job Runtime: %d ms", result.Runtime)
		return a.ui.Result(result)
	}
	if err := a.ui.Result(result); err != nil {
		return err
	}
	if last.State == "CANCELED" {
		return fmt.Errorf("job %s was cancelled", f.job)
	}
	return f.failure(last)
}

// failure is the error of a job that failed.
func (f *found) failure(last *api.Job) error {
	if last.Failure == nil {
		return fmt.Errorf("job %s has failed", f.job)
	}
	text := last.Failure.Message
	if last.Failure.Location != "" {
		text = last.Failure.Location + ": " + text
	}
	if last.Failure.Task != "" {
		text = "task " + last.Failure.Task + ": " + text
	}
	err := fmt.Errorf("job %s has failed: %s", f.job, text)
	if f.local != nil {
		return voice.Hint(err, "its logs are in %s", f.local.dir)
	}
	return voice.Hint(err, "yarn logs -applicationId %s", f.application)
}
