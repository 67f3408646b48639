package client

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"time"

	"github.com/weft-stream/weft/client/internal/voice"
	"github.com/weft-stream/weft/conf"
	"github.com/weft-stream/weft/internal/control"
	"github.com/weft-stream/weft/internal/jobspec"
	"github.com/weft-stream/weft/internal/storage"
	"github.com/weft-stream/weft/yarnipc"
	"github.com/weft-stream/weft/yarnrest"
)

// found is a running job and the way to its master.
type found struct {
	job         string
	name        string // "" if nobody has told yet
	application string
	master      *master
	cluster     *cluster // nil for a job on this machine
	local       *localJob
}

// find looks for a running job: at the address of -m, in the application of
// -yid, on this machine, on the cluster. The error says how a job ended that
// does not run any more, and what there is where an id is unknown.
func (a *app) find(ctx context.Context, c *conf.Conf, w where, job string) (*found, error) {
	w = a.scope(c, w)
	if err := a.checkMaster(w); err != nil {
		return nil, err
	}
	if strings.Contains(w.master, ":") {
		return a.findAt(ctx, c, w.master, job)
	}
	if id := conf.Get(c, conf.ApplicationID); id != "" {
		return a.findInApplication(ctx, c, id, job)
	}
	if w.master != string(conf.TargetYARN) {
		if here, err := a.findLocal(job); here != nil || err != nil {
			return here, err
		}
	}
	if w.master == string(conf.TargetLocal) {
		return nil, a.unknownJob(ctx, nil, job)
	}
	return a.findOnCluster(ctx, c, job, w.master == string(conf.TargetYARN))
}

// scope lets -t stand for -m.
func (a *app) scope(c *conf.Conf, w where) where {
	if w.master == "" && a.typed["target"] != "" {
		w.master = string(conf.Get(c, conf.ExecutionTarget))
	}
	return w
}

// checkMaster refuses what cannot be the value of -m.
func (a *app) checkMaster(w where) error {
	switch {
	case strings.Contains(w.master, ":"), w.master == "", w.master == string(conf.TargetYARN), w.master == string(conf.TargetLocal):
		return nil
	}
	return fmt.Errorf("%s: %q is no master: want yarn-cluster, local or host:port", a.typed["jobmanager"], shorten(w.master))
}

// findAt asks the master at an address for its job.
func (a *app) findAt(ctx context.Context, c *conf.Conf, address, job string) (*found, error) {
	f := &found{job: job, master: &master{direct: "http://" + address}}
	runs, err := f.master.job(ctx, 0)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", a.typed["jobmanager"], address, err)
	}
	if runs.JobID != job {
		return nil, fmt.Errorf("unknown job %s: the master at %s runs job %s", job, address, runs.JobID)
	}
	f.application = runs.ApplicationID
	id, err := yarnrest.ParseApplicationID(runs.ApplicationID)
	if err != nil { // a job of this machine
		if f.local, err = localJobOf(job); err != nil {
			return nil, err
		}
		f.master.secret, err = f.local.secret()
		return f, err
	}
	if f.cluster, err = openCluster(c); err != nil {
		return nil, err
	}
	f.master.secret, _, err = f.cluster.readStaging(ctx, c, id)
	return f, err
}

// findInApplication asks the ResourceManager for an application.
func (a *app) findInApplication(ctx context.Context, c *conf.Conf, text, job string) (*found, error) {
	id, err := yarnrest.ParseApplicationID(text)
	if err != nil {
		return nil, err
	}
	k, err := openCluster(c)
	if err != nil {
		return nil, err
	}
	application, err := a.weftApplication(ctx, k, id)
	if err != nil {
		return nil, err
	}
	if runs := tagged(application, tagJobID); runs != job {
		return nil, voice.Hint(fmt.Errorf("unknown job %s: %s runs job %s", job, id, runs), "weft list -yid %s", id)
	}
	return a.open(ctx, k, c, application, job)
}

// weftApplication looks up an application and refuses one that is not ours.
func (a *app) weftApplication(ctx context.Context, k *cluster, id yarnrest.ApplicationID) (*yarnrest.App, error) {
	application, err := k.rm.App(ctx, id)
	switch {
	case errors.Is(err, yarnrest.ErrNotFound):
		return nil, voice.Hint(fmt.Errorf("unknown application %s", id), "%s", a.whatThereIs(ctx, k))
	case err != nil:
		return nil, k.rmError(err)
	case !hasTag(&application, tagWeft):
		return nil, voice.Hint(fmt.Errorf("%s is not a Weft application: its type is %q", id, application.Type), "%s", a.whatThereIs(ctx, k))
	}
	return &application, nil
}

// findLocal looks for a job on this machine. A job that has ended is an error;
// one that was never here is none.
func (a *app) findLocal(job string) (*found, error) {
	l, err := localJobOf(job)
	if err != nil || !l.exists() {
		return nil, nil //nolint:nilerr // without a home folder there are no local jobs
	}
	if !l.alive() {
		return nil, l.endError()
	}
	m, err := l.master()
	if err != nil {
		return nil, err
	}
	return &found{job: job, application: "local_" + job, master: m, local: l}, nil
}

// findOnCluster looks for a job among the cluster's applications.
func (a *app) findOnCluster(ctx context.Context, c *conf.Conf, job string, wanted bool) (*found, error) {
	k, err := optionalCluster(c)
	if wanted && k == nil && err == nil {
		k, err = openCluster(c)
	}
	if err != nil {
		return nil, err
	}
	if k == nil {
		return nil, a.unknownJob(ctx, nil, job)
	}
	applications, err := k.rm.Apps(ctx, yarnrest.Filter{Tags: []string{tagJobID + job}})
	if err != nil {
		return nil, k.rmError(err)
	}
	var alive []yarnrest.App
	for _, application := range applications {
		if !application.State.Ended() {
			alive = append(alive, application)
		}
	}
	switch {
	case len(alive) == 1:
		return a.open(ctx, k, c, &alive[0], job)
	case len(alive) > 1:
		return nil, ambiguous(job, alive)
	case len(applications) > 0:
		return nil, ended(job, &applications[len(applications)-1])
	}
	return nil, a.unknownJob(ctx, k, job)
}

// open makes the way to an application's master.
func (a *app) open(ctx context.Context, k *cluster, c *conf.Conf, application *yarnrest.App, job string) (*found, error) {
	if application.State.Ended() {
		return nil, ended(job, application)
	}
	if application.Launched.IsZero() { // afterwards there is a master, or there will be one again
		return nil, &waitingError{job, application, k}
	}
	if application.User != k.user {
		return nil, voice.Hint(fmt.Errorf("job %s belongs to user %s, you are %s", job, application.User, k.user),
			"only who submitted a job can change it")
	}
	secret, locate, err := k.readStaging(ctx, c, application.ID)
	if err != nil {
		return nil, err
	}
	return &found{
		job: job, application: application.ID.String(), cluster: k,
		master: &master{secret: secret, locate: locate, proxy: k.proxy(application.ID)},
	}, nil
}

// A waitingError says that a job has no master yet.
type waitingError struct {
	job         string
	application *yarnrest.App
	cluster     *cluster
}

// Error describes what the job waits for.
func (w *waitingError) Error() string {
	text := fmt.Sprintf("job %s does not run yet: %s is %s in queue %s", w.job, w.application.ID, w.application.State, w.application.Queue)
	if why := waitReason(w.application.Diagnostics); why != "" {
		text += ": " + why
	}
	return text
}

// proxy is the address of an application's master behind the ResourceManager.
func (k *cluster) proxy(id yarnrest.ApplicationID) string {
	return k.rm.Addresses()[0] + "/proxy/" + id.String()
}

// readStaging reads an application's secret from its staging folder, and
// returns a function that reads there where its master is.
func (k *cluster) readStaging(ctx context.Context, c *conf.Conf, id yarnrest.ApplicationID) ([]byte, func(context.Context) string, error) {
	files := k.resolver()
	root, home, err := k.home(files, c)
	if err != nil {
		return nil, nil, err
	}
	dir := path.Join(home, id.String())
	text, err := storage.ReadFile(ctx, root, path.Join(dir, credentialsFile), 1<<20)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil, voice.Hint(fmt.Errorf("the secret of %s is not in %s", id, root.URI(dir)),
			"was it submitted with another yarn.staging-directory, or is it just ending?")
	case err != nil:
		return nil, nil, k.fileError(err)
	}
	credentials, err := yarnipc.ParseCredentials(text)
	if err != nil {
		return nil, nil, fmt.Errorf("the secret of %s in %s: %w", id, root.URI(dir), err)
	}
	locate := func(ctx context.Context) string {
		announced, err := control.ReadMasterAddress(ctx, root, dir)
		if err != nil {
			return ""
		}
		return "http://" + announced.Addr
	}
	return credentials.Secrets[jobspec.SecretName], locate, nil
}

// ended says how a job ended.
func ended(job string, application *yarnrest.App) error {
	how := string(application.FinalStatus)
	if application.State == yarnrest.StateKilled {
		how = "KILLED"
	}
	err := fmt.Errorf("job %s has ended: %s is %s since %s", job, application.ID, how, application.Finished.Format(time.DateTime))
	if why := firstLine(application.Diagnostics); why != "" {
		return voice.Hint(err, "%s", why)
	}
	return err
}

func ambiguous(job string, alive []yarnrest.App) error {
	var ids []string
	for _, application := range alive {
		ids = append(ids, application.ID.String())
	}
	return voice.Hint(fmt.Errorf("job %s runs in %s", job, strings.Join(ids, " and in ")), "say which with -yid")
}

// unknownJob says what jobs there are instead.
func (a *app) unknownJob(ctx context.Context, k *cluster, job string) error {
	err := fmt.Errorf("unknown job %s", job)
	if k == nil && os.Getenv(conf.EnvHadoopDir) == "" {
		return voice.Hint(err, "%s\nto look on a cluster too, set %s or %s to the folder of its files",
			a.whatThereIs(ctx, k), conf.EnvHadoopDir, conf.EnvYARNDir)
	}
	return voice.Hint(err, "%s", a.whatThereIs(ctx, k))
}

// whatThereIs lists the jobs that run, for an error.
func (a *app) whatThereIs(ctx context.Context, k *cluster) string {
	var lines []string
	if jobs, err := localJobs(); err == nil {
		for _, l := range jobs {
			if l.alive() {
				lines = append(lines, l.id+" on this machine")
			}
		}
	}
	if k != nil {
		applications, err := k.rm.Apps(ctx, yarnrest.Filter{Tags: []string{tagWeft}, States: aliveStates})
		if err == nil {
			for _, application := range applications {
				lines = append(lines, tagged(&application, tagJobID)+" in "+application.ID.String()+" ("+application.Name+")")
			}
		}
	}
	if len(lines) == 0 {
		return "no job runs"
	}
	return "running: " + strings.Join(lines, "\nrunning: ")
}
