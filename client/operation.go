package client

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/weft-stream/weft/appmaster/api"
	"github.com/weft-stream/weft/client/internal/voice"
	"github.com/weft-stream/weft/yarnrest"
)

// newID returns 32 random hex digits: the id of a job or of an operation.
func newID() string {
	id := make([]byte, 16)
	rand.Read(id) // never fails (documented since Go 1.24)
	return hex.EncodeToString(id)
}

// Pauses between two tries to reach a master that does not answer, and how
// long a command goes on trying: a master that was killed is back within
// seconds.
const (
	masterPause    = 100 * time.Millisecond
	masterPatience = time.Minute
)

// ask sends a request that changes the job, again and again while the master
// does not answer: it may just be restarted, and asking twice is asking once.
func (f *found) ask(ctx context.Context, path string, body, into any) error {
	give := time.Now().Add(masterPatience)
	for {
		err := f.master.change(ctx, "/jobs/"+f.job+path, nil, body, into)
		if err == nil {
			return nil
		}
		if !errors.Is(err, errNoMaster) || time.Now().After(give) {
			return fmt.Errorf("job %s: %w", f.job, err)
		}
		if ended := f.over(ctx); ended != nil {
			return ended
		}
		if err := pause(ctx, masterPause); err != nil {
			return err
		}
	}
}

// over returns how the job ended if there cannot be a master any more.
func (f *found) over(ctx context.Context) error {
	if f.local != nil {
		if f.local.alive() {
			return nil
		}
		return f.local.endError()
	}
	if f.cluster == nil {
		return nil
	}
	id, err := yarnrest.ParseApplicationID(f.application)
	if err != nil {
		return nil //nolint:nilerr // found by address: nobody else can be asked
	}
	application, err := f.cluster.rm.App(ctx, id)
	if err != nil || !application.State.Ended() {
		return nil //nolint:nilerr // not known to be over
	}
	return ended(f.job, &application)
}

// watch calls see with everything about the job, first at once and then after
// each change, until see is done or says that something failed. When the job is
// over before that, the error is an *overError.
func (f *found) watch(ctx context.Context, see func(*api.Job) (done bool, err error)) error {
	version, last := int64(0), time.Now()
	for {
		job, err := f.master.job(ctx, version)
		switch {
		case err == nil:
			version, last = job.Version, time.Now()
			if done, err := see(job); done || err != nil {
				return err
			}
			if job.Ended {
				return &overError{fmt.Errorf("job %s has ended: %s", f.job, job.State), job}
			}
			continue
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case !errors.Is(err, errNoMaster):
			return err
		}
		if over := f.over(ctx); over != nil {
			return &overError{over, nil}
		}
		if time.Since(last) > masterPatience {
			return err
		}
		if err := pause(ctx, masterPause); err != nil {
			return err
		}
	}
}

// An overError says that a job is over.
type overError struct {
	error
	job *api.Job // its last view; nil if the master was gone already
}

// operation waits for the end of an operation. It shows how far it has come, and
// what it waits for when the job is not at work.
func (f *found) operation(ctx context.Context, a *app, id string) (*api.Operation, error) {
	var end *api.Operation
	held := ""
	defer a.showWriting(ctx, f)()
	err := f.watch(ctx, func(job *api.Job) (bool, error) {
		if why := holdUp(job); why != held {
			if held = why; why != "" {
				a.ui.Warn("%s", why)
			}
		}
		for i := range job.Operations {
			if o := &job.Operations[i]; o.ID == id && o.State != api.InProgress {
				end = o
				return true, nil
			}
		}
		if line := growth(job); line != "" {
			a.ui.Progress("%s", line)
		}
		return false, nil
	})
	if err != nil {
		return nil, err
	}
	if end.State == api.Failed {
		return end, fmt.Errorf("the %s of job %s failed: %s", kindWords[end.Kind], f.job, end.Error)
	}
	return end, nil
}

// holdUp says why nothing can be written just now: tasks that are restarted, or
// wait for containers. It is empty for a job at work, and for one that ends.
func holdUp(job *api.Job) string {
	switch job.State {
	case "CREATED", "RESTARTING", "RECONCILING", "FAILING":
		return "waiting: the job is " + stateLine(job)
	}
	return ""
}

// kindWords names operations in an error.
var kindWords = map[string]string{
	api.Savepoint: "savepoint", api.CancelWithSavepoint: "savepoint", api.Stop: "savepoint",
	api.Checkpointing: "checkpoint", api.Cancel: "cancellation", api.Rescale: "rescale",
}

// inProgress returns the operation of a kind that the job is busy with, if it
// is the one that would be asked for now: a user who asks again after a client
// was killed means that one.
func inProgress(job *api.Job, same func(*api.Operation) bool) *api.Operation {
	for i := range job.Operations {
		if o := &job.Operations[i]; o.State == api.InProgress && same(o) {
			return o
		}
	}
	return nil
}

// waitEnd waits until the job is over, and its application or process too: who
// lists jobs next must not find it.
func (f *found) waitEnd(ctx context.Context) error {
	over := (*overError)(nil)
	err := f.watch(ctx, func(*api.Job) (bool, error) { return false, nil })
	if !errors.As(err, &over) {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, applicationEnd)
	defer cancel()
	if f.local != nil {
		for f.local.alive() && pause(limited, localPause) == nil {
		}
		return nil
	}
	if id, err := yarnrest.ParseApplicationID(f.application); err == nil && f.cluster != nil {
		f.cluster.rm.WaitFor(limited, id, func(app yarnrest.App) bool { return app.State.Ended() })
	}
	return nil
}

// localPause is the pause between two looks at a process of this machine.
const localPause = 20 * time.Millisecond

// applicationEnd is how long an application or a process may take to end after
// its job.
const applicationEnd = 5 * time.Second

// interrupted says, when the user does not want to wait any longer, that the
// operation goes on without the command.
func (a *app) interrupted(ctx context.Context, err error, again string) error {
	if err == nil || ctx.Err() == nil {
		return err
	}
	return voice.Hint(errors.New("interrupted; what was asked for goes on"), "%s", again)
}
