package client

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/weft-stream/weft/appmaster/api"
	"github.com/weft-stream/weft/client/internal/voice"
	"github.com/weft-stream/weft/conf"
	"github.com/weft-stream/weft/internal/jobspec"
	"github.com/weft-stream/weft/internal/orphans"
	"github.com/weft-stream/weft/internal/snapshot"
	"github.com/weft-stream/weft/yarnrest"
)

// living is a job that runs, or waits to run, and may need files that somebody
// wants to delete.
type living struct {
	job    string
	where  string // "in application_… of user x", "on this machine"
	master *master
	spec   func(context.Context) (*jobspec.Spec, error) // what was submitted
}

// livingJobs asks this machine and the ResourceManager which jobs live. k is
// nil where no cluster is configured.
func livingJobs(ctx context.Context, k *cluster, c *conf.Conf) ([]living, error) {
	var jobs []living
	folders, _ := localJobs() // without a home folder there are none
	for _, l := range folders {
		if !l.alive() {
			continue
		}
		m, _ := l.master()
		jobs = append(jobs, living{l.id, "on this machine", m, func(context.Context) (*jobspec.Spec, error) { return l.spec() }})
	}
	if k == nil {
		return jobs, nil
	}
	applications, err := k.rm.Apps(ctx, yarnrest.Filter{Tags: []string{tagWeft}, States: aliveStates})
	if err != nil {
		return nil, k.rmError(err)
	}
	for _, application := range applications {
		j := living{job: tagged(&application, tagJobID), where: "in " + application.ID.String() + " of user " + application.User}
		if !application.Launched.IsZero() {
			j.master = &master{proxy: k.proxy(application.ID)}
		}
		j.spec = func(ctx context.Context) (*jobspec.Spec, error) { return k.stagedSpec(ctx, c, application.ID) }
		jobs = append(jobs, j)
	}
	return jobs, nil
}

// stagedSpec reads what was submitted from an application's staging folder,
// which only its user can.
func (k *cluster) stagedSpec(ctx context.Context, c *conf.Conf, id yarnrest.ApplicationID) (*jobspec.Spec, error) {
	files := k.resolver()
	defer files.Close()
	root, home, err := k.home(files, c)
	if err != nil {
		return nil, err
	}
	return orphans.Spec(ctx, root, path.Join(home, id.String()))
}

// checkUnneeded refuses to delete a snapshot that a living job needs or has
// claimed, or that is pinned. A claim ends with its job.
func (a *app) checkUnneeded(ctx context.Context, k *cluster, c *conf.Conf, at snapshot.Location, meta *snapshot.Metadata) error {
	if err := a.checkUnused(ctx, k, c, at, meta); err != nil {
		return err
	}
	err := snapshot.CheckUnmarked(ctx, at.FS, at.Dir, func(o snapshot.Owner) bool { return k.hasEnded(ctx, o) })
	return k.fileError(err)
}

// checkUnused refuses to delete a snapshot that a living job needs: a
// checkpoint of its own, or what it would be restarted from.
func (a *app) checkUnused(ctx context.Context, k *cluster, c *conf.Conf, at snapshot.Location, meta *snapshot.Metadata) error {
	if k == nil && !strings.HasPrefix(at.URI(), "file:") {
		return voice.Hint(fmt.Errorf("no cluster is configured that could be asked whether a living job needs %s", at.URI()),
			"set %s or %s, or use weft state rm --force", conf.EnvHadoopDir, conf.EnvYARNDir)
	}
	jobs, err := livingJobs(ctx, k, c)
	if err != nil {
		return err
	}
	for _, j := range jobs {
		own := path.Base(path.Dir(at.Dir)) == j.job
		if own && meta.Kind == snapshot.Checkpoint && meta.JobID == j.job {
			return fmt.Errorf("%s is a checkpoint of job %s, which lives %s: the job deletes it itself", at.URI(), j.job, j.where)
		}
		if err := j.settleNeeds(ctx, k, c, at); err != nil {
			return err
		}
	}
	return nil
}

// needsPatience is how long a job that just begins or ends may leave open what
// it would be restarted from.
const needsPatience = 10 * time.Second

// errUnsettled says that it cannot be told yet what a job needs.
var errUnsettled = errors.New("it cannot be told")

// settleNeeds is checkNeeds for a job that may be beginning or ending: it asks
// until the job tells or is over.
func (j living) settleNeeds(ctx context.Context, k *cluster, c *conf.Conf, at snapshot.Location) error {
	for give := time.Now().Add(needsPatience); ; {
		err := j.checkNeeds(ctx, at)
		if !errors.Is(err, errUnsettled) || time.Now().After(give) {
			return err
		}
		if err := pause(ctx, masterPause); err != nil {
			return err
		}
		jobs, err := livingJobs(ctx, k, c)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(jobs, func(other living) bool { return other.job == j.job })
		if i < 0 {
			return nil
		}
		j = jobs[i]
	}
}

// checkNeeds refuses a snapshot that the job would be restarted from now. It
// asks the job's master, and where there is none yet, what was submitted.
func (j *living) checkNeeds(ctx context.Context, at snapshot.Location) error {
	used := fmt.Errorf("job %s, which lives %s, would be restarted from %s", j.job, j.where, at.URI())
	unknown, deployed := errors.New("it has no master yet"), false
	if j.master != nil {
		ctx, cancel := context.WithTimeout(ctx, askLimit)
		job, err := j.master.job(ctx, 0)
		cancel()
		if err != nil {
			unknown = fmt.Errorf("its master does not answer: %w", err)
		} else if from, known := restartsFrom(job); known {
			if isPath(from, at.Dir) {
				return used
			}
			return nil
		} else {
			unknown, deployed = errors.New("it is just being started"), job.Epoch > 0
		}
	}
	spec, err := j.spec(ctx)
	switch {
	case err != nil && deployed: // it was started from nothing
		return nil
	case err != nil:
		return voice.Hint(fmt.Errorf("%w whether job %s, which lives %s, needs %s: %w", errUnsettled, j.job, j.where, at.URI(), errors.Join(unknown, err)),
			"try again, or use weft state rm --force")
	case spec.Restore != nil && isPath(spec.Restore.Path, at.Dir):
		return used
	}
	return nil
}

// restartsFrom is where a job would be restarted from: its latest snapshot, or
// without any what it was started from, as far as its master knows.
func restartsFrom(job *api.Job) (path string, known bool) {
	var latest *api.Checkpoint
	for _, c := range []*api.Checkpoint{job.Checkpoints.Last, job.Checkpoints.LastSavepoint} {
		if c != nil && (latest == nil || c.ID > latest.ID) {
			latest = c
		}
	}
	switch {
	case latest != nil:
		return latest.Path, true
	case job.Restored != nil:
		return job.Restored.Path, true
	}
	return "", false
}

// isPath says whether a URI is of that path. Its authority is not looked at: a
// NameNode has several names.
func isPath(uri, dir string) bool {
	if uri == "" {
		return false
	}
	_, rest, found := strings.Cut(uri, "://")
	if !found {
		return path.Clean(uri) == dir
	}
	_, rest, _ = strings.Cut(rest, "/")
	return path.Clean("/"+rest) == dir
}
