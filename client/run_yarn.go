package client

import (
	"context"
	"errors"
	"fmt"

	"github.com/weft-stream/weft/client/internal/voice"
	"github.com/weft-stream/weft/conf"
	"github.com/weft-stream/weft/internal/jobspec"
	"github.com/weft-stream/weft/internal/ticket"
	"github.com/weft-stream/weft/yarnrest"
)

// runResult is the JSON result of run.
type runResult struct {
	JobID       string `json:"job-id"`
	Name        string `json:"name"`
	Application string `json:"application-id"`
	Web         string `json:"web"`
	State       string `json:"state"`             // of the job: as it was accepted, or its end
	Runtime     int64  `json:"runtime,omitempty"` // ms, of a job that was followed to its end
	Failure     string `json:"failure,omitempty"`
}

// run does the action of that name.
func (a *app) run(ctx context.Context, o *runOptions) error {
	if o.query {
		return a.query(ctx, o.conf)
	}
	if o.dry {
		return a.dryRun(ctx, o)
	}
	s, err := a.prepare(ctx, o)
	if errors.Is(err, errHelped) {
		return nil
	}
	if err != nil {
		return err
	}
	defer s.files.Close()
	if o.onYARN() {
		return a.runYARN(ctx, s)
	}
	return a.runLocal(ctx, s)
}

// runYARN submits the job to the cluster. Until its master has answered,
// everything can be taken back, and is when something fails.
func (a *app) runYARN(ctx context.Context, s *submission) (err error) {
	ships, err := listShipped(conf.Get(s.conf, conf.ShipFiles), origin(s.conf, conf.ShipFiles.Name))
	if err != nil {
		return err
	}
	application, err := a.preflight(ctx, s)
	if err != nil {
		return err
	}
	a.sayCount(s)
	undone := &undo{}
	defer func() {
		if err != nil {
			a.takeBack(ctx, undone)
		}
	}()
	f, err := a.submit(ctx, s, application, ships, undone)
	if err != nil {
		return err
	}
	job, err := a.awaitMaster(ctx, s, f)
	if err != nil {
		return err
	}
	undone.forget()
	s.sweepStaging(ctx)
	a.ui.EndStatus()
	web := f.master.proxy + "/"
	a.ui.Line("Found Web Interface %s of application '%s'.", job.Master.Address, f.application)
	a.ui.Line("Job has been submitted with JobID %s", f.job)
	if !s.options.attached() {
		a.ui.Note("its page is %s", web)
		return a.ui.Result(runResult{JobID: f.job, Name: f.name, Application: f.application, Web: web, State: job.State})
	}
	return a.follow(ctx, f, s, web)
}

// takeBack takes away what a failed submission has made.
func (a *app) takeBack(ctx context.Context, undone *undo) {
	if len(undone.steps) == 0 {
		return
	}
	a.ui.Status("taking back what was submitted")
	if err := undone.run(ctx); err != nil {
		a.ui.Warn("not everything could be taken back: %v", err)
	}
	a.ui.EndStatus()
}

// submit stages the job's files and hands the application to YARN.
func (a *app) submit(ctx context.Context, s *submission, application yarnrest.NewApplication, ships []shipped, undone *undo) (*found, error) {
	g, err := a.openStaging(ctx, s, application.ID.String(), undone)
	if err != nil {
		return nil, err
	}
	spec := s.spec(newID(), application.ID.String(), g.fs.URI(g.dir))
	secret := ticket.NewSecret()
	resources, err := g.everything(ctx, s, spec, secret, ships)
	if err != nil {
		return nil, fmt.Errorf("staging in %s failed: %w", g.fs.URI(g.dir), s.cluster.fileError(err))
	}
	a.ui.Status("submitting %s", application.ID)
	undone.add(func(ctx context.Context) error {
		return s.cluster.kill(ctx, application.ID, "taken back by the weft command that submitted it")
	})
	// Not to be interrupted: half a submission could not be taken back, since YARN
	// may still get to know of it.
	if _, err := s.cluster.rm.Submit(context.WithoutCancel(ctx), application, s.application(spec, secret, resources)); err != nil {
		return nil, s.cluster.rmError(err)
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	a.ui.Line("Submitted application %s", application.ID)
	_, locate, err := s.cluster.readStaging(ctx, s.conf, application.ID)
	return &found{
		job: spec.JobID, name: spec.JobName, application: application.ID.String(), cluster: s.cluster,
		master: &master{secret: secret, locate: locate, proxy: s.cluster.proxy(application.ID)},
	}, err
}

// everything stages all that the containers need and returns it, the program
// first.
func (g *staging) everything(ctx context.Context, s *submission, spec *jobspec.Spec, secret []byte, ships []shipped) ([]jobspec.Resource, error) {
	executable, err := g.program(ctx, s.executable)
	if err != nil {
		return nil, err
	}
	extra, err := g.ship(ctx, ships)
	if err != nil {
		return nil, err
	}
	if err := g.secret(ctx, secret); err != nil {
		return nil, err
	}
	spec.Resources = append([]jobspec.Resource{executable}, extra...)
	text, err := spec.Marshal()
	if err != nil {
		return nil, err
	}
	specification, err := g.write(ctx, jobspec.FileName, text)
	return append(spec.Resources, specification), err
}

// application describes the application to YARN.
func (s *submission) application(spec *jobspec.Spec, secret []byte, resources []jobspec.Resource) yarnrest.Submission {
	name := conf.Get(s.conf, conf.ApplicationName)
	if name == "" {
		name = spec.JobName
	}
	out := yarnrest.Submission{
		Name: name, Type: conf.Get(s.conf, conf.ApplicationType), Queue: conf.Get(s.conf, conf.Queue),
		Priority: max(0, conf.Get(s.conf, conf.Priority)), NodeLabel: conf.Get(s.conf, conf.NodeLabel),
		Tags:        append(jobTags(spec.JobID, spec.JobName), conf.Get(s.conf, conf.Tags)...),
		MaxAttempts: conf.Get(s.conf, conf.ApplicationAttempts), FailureValidity: conf.Get(s.conf, conf.AttemptValidity),
		KeepContainers: true,
		Resource:       s.masterSize(),
		Command:        "exec ./" + jobspec.ProgramName + " 1><LOG_DIR>/stdout 2><LOG_DIR>/stderr",
		Environment:    s.conf.WithPrefix(conf.MasterEnv),
		LocalResources: map[string]yarnrest.LocalResource{},
		Credentials:    yarnrest.Credentials{Secrets: map[string][]byte{jobspec.SecretName: secret}},
	}
	if out.Environment == nil {
		out.Environment = map[string]string{}
	}
	out.Environment[jobspec.RoleVariable] = jobspec.RoleMaster
	for _, r := range resources {
		out.LocalResources[r.Name] = localResource(r)
	}
	return out
}

// kill ends an application that may not have been submitted at all.
func (k *cluster) kill(ctx context.Context, id yarnrest.ApplicationID, reason string) error {
	err := k.rm.Kill(ctx, id, reason)
	if errors.Is(err, yarnrest.ErrNotFound) {
		return nil
	}
	if err == nil {
		_, err = k.rm.WaitFor(ctx, id, func(app yarnrest.App) bool { return app.State.Ended() })
	}
	return err
}

// logsHint says where to read why a master failed.
func logsHint(application *yarnrest.App) string {
	if application.AMContainerLogs != "" {
		return "its master's logs: " + application.AMContainerLogs + "\nyarn logs -applicationId " + application.ID.String()
	}
	return "yarn logs -applicationId " + application.ID.String()
}

// failedToStart is the error of an application that ended before its master
// had answered.
func failedToStart(application *yarnrest.App) error {
	why := diagnosis(application.Diagnostics)
	if why == "" {
		why = string(application.State)
	}
	return voice.Hint(fmt.Errorf("%s ended before its master answered: %s", application.ID, why), "%s", logsHint(application))
}
