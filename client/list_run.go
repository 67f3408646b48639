package client

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/weft-stream/weft/appmaster/api"
	"github.com/weft-stream/weft/client/internal/voice"
	"github.com/weft-stream/weft/conf"
	"github.com/weft-stream/weft/yarnrest"
)

// flinkTime is how Flink's list writes a time.
const flinkTime = "02.01.2006 15:04:05"

// listed is one job in the result of list.
type listed struct {
	JobID          string          `json:"job-id"`
	Name           string          `json:"name"`
	State          string          `json:"state"` // the job's, or the application's before and after it
	Application    string          `json:"application-id"`
	User           string          `json:"user,omitempty"`
	Queue          string          `json:"queue,omitempty"`
	Started        int64           `json:"started"` // ms since the epoch
	Ended          int64           `json:"ended"`   // -1: not yet
	Web            string          `json:"web,omitempty"`
	LastCheckpoint *api.Checkpoint `json:"last-checkpoint"`
	LastSavepoint  *api.Checkpoint `json:"last-savepoint"`
	Note           string          `json:"note,omitempty"`    // why something is not known
	Warning        string          `json:"warning,omitempty"` // that there will soon be no room for checkpoints

	stage      stage
	operations []api.Operation // asked of it
	silent     bool            // its master did not answer
}

// stage is the block of the list that a job stands in.
type stage int

const (
	running stage = iota
	scheduled
	terminated
)

// list does the action of that name.
func (a *app) list(ctx context.Context, o *listOptions) error {
	o.where = a.scope(o.conf, o.where)
	if err := a.checkMaster(o.where); err != nil {
		return err
	}
	a.ui.Line("Waiting for response...")
	jobs, err := a.collect(ctx, o)
	if err != nil {
		return err
	}
	sort.SliceStable(jobs, func(i, k int) bool { return jobs[i].Started < jobs[k].Started })
	both := o.running == o.scheduled // neither means both, as ever
	blocks := map[stage][]*listed{}
	result := []*listed{}
	for _, j := range jobs {
		wanted := map[stage]bool{running: both || o.running || o.all, scheduled: both || o.scheduled || o.all, terminated: o.all}
		if wanted[j.stage] {
			blocks[j.stage] = append(blocks[j.stage], j)
			result = append(result, j)
		}
	}
	if both || o.running || o.all {
		a.printBlock("------------------ Running/Restarting Jobs -------------------", "No running jobs.", blocks[running])
	}
	if both || o.scheduled || o.all {
		a.printBlock("----------------------- Scheduled Jobs -----------------------", "No scheduled jobs.", blocks[scheduled])
	}
	if o.all && len(blocks[terminated]) > 0 {
		a.printBlock("---------------------- Terminated Jobs -----------------------", "", blocks[terminated])
	}
	return a.ui.Result(map[string][]*listed{"jobs": result})
}

// printBlock prints jobs below a heading, in the lines that scripts read. What
// Weft adds stands in an indented line below each.
func (a *app) printBlock(heading, none string, jobs []*listed) {
	if len(jobs) == 0 {
		a.ui.Line("%s", none)
		return
	}
	a.ui.Line("%s", heading)
	for _, j := range jobs {
		a.ui.Line("%s : %s : %s (%s)", time.UnixMilli(j.Started).Format(flinkTime), j.JobID, j.Name, j.State)
		a.ui.Line("    %s", strings.Join(j.details(time.Now()), ", "))
		if j.Warning != "" {
			a.ui.Warn("job %s: %s", j.JobID, j.Warning)
		}
	}
	a.ui.Line("--------------------------------------------------------------")
}

// details are what Flink's line does not tell.
func (j *listed) details(now time.Time) []string {
	parts := []string{j.Application}
	if j.Ended > 0 {
		parts = append(parts, "ended "+voice.Age(now.Sub(time.UnixMilli(j.Ended)))+" ago")
	} else {
		parts = append(parts, "age "+voice.Age(now.Sub(time.UnixMilli(j.Started))))
	}
	if c := j.LastCheckpoint; c != nil {
		parts = append(parts, fmt.Sprintf("checkpoint %d %s ago (%s)", c.ID, voice.Age(now.Sub(time.UnixMilli(c.Completed))), voice.Bytes(c.Size)))
	} else if j.stage == running && j.Note == "" {
		parts = append(parts, "no checkpoint yet")
	}
	if j.Note != "" {
		parts = append(parts, j.Note)
	}
	return parts
}

// collect gathers the jobs of this machine and of the cluster.
func (a *app) collect(ctx context.Context, o *listOptions) ([]*listed, error) {
	if strings.Contains(o.where.master, ":") {
		m := &master{direct: "http://" + o.where.master}
		job, err := m.job(ctx, 0)
		if err != nil {
			return nil, fmt.Errorf("%s %s: %w", a.typed["jobmanager"], o.where.master, err)
		}
		j := &listed{}
		j.fill(job)
		return []*listed{j}, nil
	}
	application := conf.Get(o.conf, conf.ApplicationID)
	var jobs []*listed
	if o.where.master != string(conf.TargetYARN) && application == "" {
		jobs = collectLocal(ctx, o.all)
	}
	if o.where.master == string(conf.TargetLocal) {
		return jobs, nil
	}
	k, err := optionalCluster(o.conf)
	if k == nil && err == nil && (application != "" || o.where.master == string(conf.TargetYARN)) {
		k, err = openCluster(o.conf)
	}
	if err != nil {
		return nil, err
	}
	if k == nil {
		a.ui.Note("only this machine's jobs are listed: set %s or %s for those of a cluster", conf.EnvHadoopDir, conf.EnvYARNDir)
		return jobs, nil
	}
	applications, err := a.applications(ctx, k, o, application)
	return append(jobs, collectYARN(ctx, k, applications)...), err
}

// applications asks the ResourceManager for Weft's applications.
func (a *app) applications(ctx context.Context, k *cluster, o *listOptions, only string) ([]yarnrest.App, error) {
	if only != "" {
		id, err := yarnrest.ParseApplicationID(only)
		if err != nil {
			return nil, err
		}
		application, err := a.weftApplication(ctx, k, id)
		if err != nil {
			return nil, err
		}
		if application.State.Ended() && !o.all {
			return nil, ended(tagged(application, tagJobID), application)
		}
		return []yarnrest.App{*application}, nil
	}
	filter := yarnrest.Filter{Tags: []string{tagWeft}}
	if !o.all {
		filter.States = aliveStates
	}
	applications, err := k.rm.Apps(ctx, filter)
	if err != nil {
		return nil, k.rmError(err)
	}
	return applications, nil
}

// askLimit is how long list waits for one master.
const askLimit = 2 * time.Second

// collectYARN asks the masters of the applications, all at once.
func collectYARN(ctx context.Context, k *cluster, applications []yarnrest.App) []*listed {
	jobs := make([]*listed, len(applications))
	var group sync.WaitGroup
	for i := range applications {
		application := &applications[i]
		jobs[i] = ofApplication(application)
		if application.State != yarnrest.StateRunning {
			continue
		}
		group.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, askLimit)
			defer cancel()
			jobs[i].ask(ctx, &master{proxy: k.proxy(application.ID)})
		})
	}
	group.Wait()
	return jobs
}

// ofApplication is what the ResourceManager knows of a job.
func ofApplication(application *yarnrest.App) *listed {
	j := &listed{
		JobID: tagged(application, tagJobID), Name: application.Name, State: string(application.State),
		Application: application.ID.String(), User: application.User, Queue: application.Queue,
		Started: application.Started.UnixMilli(), Ended: -1, Web: application.TrackingURL, stage: scheduled,
	}
	switch {
	case application.State.Ended():
		j.stage, j.Ended = terminated, application.Finished.UnixMilli()
		j.State = endState(application)
		j.Note = firstLine(application.Diagnostics)
	case application.State == yarnrest.StateRunning:
		j.stage = running
	default:
		j.Note = firstLine(application.Diagnostics)
	}
	return j
}

// endState is a job's end in a job's words.
func endState(application *yarnrest.App) string {
	switch {
	case application.State == yarnrest.StateKilled, application.FinalStatus == yarnrest.FinalKilled:
		return "CANCELED"
	case application.FinalStatus == yarnrest.FinalSucceeded:
		return "FINISHED"
	}
	return "FAILED"
}

// collectLocal lists this machine's jobs; one whose master does not answer is
// over.
func collectLocal(ctx context.Context, all bool) []*listed {
	folders, _ := localJobs() // without a home folder there are none
	var jobs []*listed
	for _, l := range folders {
		spec, err := l.spec()
		if err != nil {
			continue // just being made, or half removed
		}
		j := &listed{JobID: l.id, Name: spec.JobName, Application: spec.ApplicationID, User: spec.User, Ended: -1, stage: running}
		m, err := l.master()
		if err == nil && l.alive() {
			ctx, cancel := context.WithTimeout(ctx, askLimit)
			j.ask(ctx, m)
			cancel()
		}
		if j.Started == 0 {
			if !all {
				continue
			}
			last := l.lastView(&api.Job{State: "FAILED", EndedAt: -1})
			j.stage, j.State, j.Started, j.Ended = terminated, last.State, last.Started, last.EndedAt
			j.Note = "log " + l.file(stderrFile)
		}
		jobs = append(jobs, j)
	}
	return jobs
}

// ask completes j with what its master says.
func (j *listed) ask(ctx context.Context, m *master) {
	job, err := m.job(ctx, 0)
	j.silent = err != nil
	switch {
	case err == nil:
		j.fill(job)
	case errors.Is(err, context.DeadlineExceeded):
		j.Note = "its master did not answer in time"
	default:
		j.Note = "its master does not answer"
	}
}

// fill takes over what a master says of its job.
func (j *listed) fill(job *api.Job) {
	j.JobID, j.Name, j.State, j.Application, j.User = job.JobID, job.Name, job.State, job.ApplicationID, job.User
	j.Started, j.Ended = job.Started, job.EndedAt
	j.operations = job.Operations
	j.LastCheckpoint, j.LastSavepoint = job.Checkpoints.Last, job.Checkpoints.LastSavepoint
	j.Warning = job.Checkpoints.Warning
	if j.Web == "" {
		j.Web = "http://" + job.Master.Address
	}
	switch {
	case job.Ended:
		j.stage = terminated
	case job.State == "CREATED":
		j.stage = scheduled
	default:
		j.stage = running
	}
}
