package appmaster

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/weft-stream/weft/appmaster/coordinator"
	"github.com/weft-stream/weft/conf"
	"github.com/weft-stream/weft/internal/control"
	"github.com/weft-stream/weft/internal/jobspec"
	"github.com/weft-stream/weft/internal/memory"
	"github.com/weft-stream/weft/internal/plan"
	"github.com/weft-stream/weft/yarnipc"
)

// Options are what a program knows about itself.
type Options struct {
	// Plan runs the program's plan function. Required.
	Plan func(plan.Request) plan.Response
	// Page serves the page's files at /; nil means a plain index.
	Page http.FileSystem
	// Version of Weft, for people.
	Version string
	// Log gets the master's log. nil means text on standard error.
	Log *slog.Logger
}

// Run is the application master of the job in ./weft-job.json. It returns when
// the job has ended and everything of it is cleaned up: nil also if the job
// failed, because that is told to the user and to YARN. An error means that
// this attempt could not go on, and that the process should exit with 1.
//
// It expects the environment that YARN gives to a container:
// HADOOP_TOKEN_FILE_LOCATION (with the application's secret), CONTAINER_ID,
// NM_HOST and LOG_DIRS. SIGTERM ends it.
func Run(ctx context.Context, o Options) error {
	if o.Log == nil {
		o.Log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	if o.Page == nil {
		o.Page = plainPage{}
	}
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM, os.Interrupt)
	defer stop()
	m, err := newMaster(o)
	if err != nil {
		o.Log.Error("application master", "error", err)
		return err
	}
	defer m.places.resolver.Close()
	if err := m.run(ctx); err != nil {
		o.Log.Error("application master", "error", err)
		return err
	}
	return nil
}

// master is one attempt.
type master struct {
	options     Options
	spec        *jobspec.Spec
	conf        *conf.Conf
	plan        *plan.Plan
	planErr     error // why the program has not the plan that was submitted
	planner     *planner
	credentials *yarnipc.Credentials
	attempt     int
	started     time.Time
	places      *places
	log         *slog.Logger
}

// newMaster reads what the attempt was given.
func newMaster(o Options) (*master, error) {
	spec, err := jobspec.Read(jobspec.FileName)
	if err != nil {
		return nil, err
	}
	memory.Limit(spec.MasterMemory, o.Log)
	credentials, err := yarnipc.ReadCredentials(os.Getenv("HADOOP_TOKEN_FILE_LOCATION"))
	if err != nil {
		return nil, err
	}
	if len(credentials.Secrets[jobspec.SecretName]) == 0 {
		return nil, errors.New("the token file holds no secret of the application")
	}
	m := &master{options: o, spec: spec, credentials: credentials, attempt: 1, started: time.Now(), log: o.Log}
	if spec.Target == jobspec.YARN {
		id, err := m.container()
		if err != nil {
			return nil, err
		}
		m.attempt = int(id.Attempt.Number)
	}
	m.plan, m.planErr = buildPlan(spec, o.Plan)
	m.planner = &planner{spec: spec, build: o.Plan}
	if m.conf, err = jobspec.Settings(spec, m.plan); err != nil {
		return nil, err
	}
	m.log.Info("application master", "application", spec.ApplicationID, "attempt", m.attempt, "job", spec.JobID, "name", spec.JobName, "version", o.Version)
	m.places, err = openPlaces(spec, m.conf, o.Log)
	return m, err
}

// container is the id of the master's own container on YARN.
func (m *master) container() (yarnipc.ContainerID, error) {
	id, err := yarnipc.ParseContainerID(os.Getenv("CONTAINER_ID"))
	if err != nil {
		return id, fmt.Errorf("environment variable CONTAINER_ID: %w", err)
	}
	return id, nil
}

// buildPlan asks the program for its plan once more. The plan is never nil: an
// empty one goes with the error.
func buildPlan(spec *jobspec.Spec, build func(plan.Request) plan.Response) (*plan.Plan, error) {
	response := build(planRequest(spec))
	if response.Error != nil {
		return &plan.Plan{}, fmt.Errorf("the program gave a plan when the job was submitted, but fails here: %s", response.Error.Message)
	}
	if response.Plan == nil {
		return &plan.Plan{}, errors.New("the program gave no plan")
	}
	if hash := response.Plan.Hash(); hash != spec.PlanHash {
		return response.Plan, fmt.Errorf("the program's plan here (%.12s) is not the one that was submitted (%.12s): a plan must not depend on the machine, the time or chance", hash, spec.PlanHash)
	}
	return response.Plan, nil
}

func planRequest(spec *jobspec.Spec) plan.Request {
	return plan.Request{
		Job: spec.Class, Args: spec.Args, Parallelism: spec.Parallelism, MaxParallelism: spec.MaxParallelism, Conf: spec.Conf,
	}
}

// run is the attempt's life.
func (m *master) run(ctx context.Context) error {
	server, err := listen(m.spec, m.conf, m.log)
	if err != nil {
		return fmt.Errorf("listen for the page and the workers: %w", err)
	}
	defer server.close()
	events := newQueue[coordinator.Event]()
	gone := make(chan error, 1) // why the attempt cannot go on
	end := func(err error) {
		select {
		case gone <- err:
		default: // there is a reason already
		}
	}
	p, err := m.newProvider(server)
	if err != nil {
		return err
	}
	containers := newContainers(events.push)
	if err := p.start(ctx, func(e containerEvent) {
		if e.State == providerFailed {
			end(e.Err)
			return
		}
		containers.note(e)
	}); err != nil {
		if ctx.Err() != nil || attemptGone(err) {
			return m.abandon(p, err)
		}
		return err
	}
	past, err := m.recover(ctx)
	switch {
	case ctx.Err() != nil:
		return m.abandon(p, ctx.Err())
	case err != nil:
		return m.refuse(p, err)
	}
	return m.serve(ctx, server, p, containers, events, gone, end, past)
}

// recover checks that the job can be run here at all.
func (m *master) recover(ctx context.Context) (*recovered, error) {
	if m.planErr != nil {
		return nil, m.planErr
	}
	return m.places.recoverJob(ctx, m.spec, m.plan, m.attempt, m.log)
}

// refuse ends the application as failed before the job has begun: another
// attempt would find the same.
func (m *master) refuse(p provider, why error) error {
	m.log.Error("the job cannot be run", "error", why)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := p.finish(ctx, ending{State: coordinator.Failed, Diagnostics: why.Error()}); err != nil {
		return errors.Join(why, err)
	}
	if err := m.places.removeStaging(ctx); err != nil {
		m.log.Warn("staging folder is left", "folder", m.spec.Staging, "error", err)
	}
	return why
}

func (m *master) newProvider(s *server) (provider, error) {
	if m.spec.Target == jobspec.Local {
		program, err := os.Executable()
		if err != nil {
			return nil, err
		}
		// Not in the staging folder, which ends with the job: somebody may want to read the logs.
		folder, err := filepath.Abs("containers")
		if err != nil {
			return nil, err
		}
		return newLocalProvider(program, folder, s.address(), m.spec, m.credentials.Secrets[jobspec.SecretName],
			m.conf.WithPrefix(conf.WorkerEnv), m.log), nil
	}
	id, err := m.container()
	if err != nil {
		return nil, err
	}
	registration := yarnipc.Registration{Host: s.host, RPCPort: int32(s.port), TrackingURL: "http://" + s.address()}
	launch := func() (yarnipc.LaunchContext, error) {
		return workerLaunch(context.Background(), m.places, m.spec, m.conf, registration, m.credentials)
	}
	return newYARNProvider(m.spec, launch, m.credentials, id, registration, m.log)
}

// announce tells workers where the master is. Workers that are started with
// the address in their environment do not need it; those that lost an earlier
// attempt do.
func (m *master) announce(ctx context.Context, s *server, past *recovered) {
	err := control.WriteMasterAddress(ctx, m.places.staging.fs, m.places.staging.dir, control.MasterAddress{
		Addr: s.address(), Attempt: m.attempt, Started: m.started.UnixMilli(), Job: past.started.UnixMilli(),
	})
	if err != nil && ctx.Err() == nil {
		m.log.Error("the master's address could not be announced: workers will not find it after a restart", "error", err)
	}
}
