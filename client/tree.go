package client

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"github.com/weft-stream/weft/client/internal/voice"
	"github.com/weft-stream/weft/conf"
	"github.com/weft-stream/weft/internal/snapshot"
	"github.com/weft-stream/weft/internal/storage"
	"github.com/weft-stream/weft/yarnrest"
)

// tree is where checkpoints and savepoints are looked for. What the settings
// say comes first; a job knows itself where its checkpoints are, so jobs are
// asked where the settings do not help.
type tree struct {
	conf    *conf.Conf
	cluster *cluster // nil without one
	files   *storage.Resolver
}

// openTree opens the file systems; the caller closes t.files.
func openTree(c *conf.Conf) (*tree, error) {
	k, err := optionalCluster(c)
	if err != nil {
		return nil, err
	}
	return &tree{conf: c, cluster: k, files: k.resolver()}, nil
}

// checkpoints lists the checkpoints of a job, or of all jobs if job is "".
func (t *tree) checkpoints(ctx context.Context, job string) ([]snapshot.Entry, error) {
	var jobs []string
	if job != "" {
		jobs = []string{job}
	}
	configured := conf.Get(t.conf, conf.CheckpointDir)
	if configured != "" {
		entries, err := t.below(ctx, []string{configured}, jobs)
		if err != nil || job == "" || len(entries) > 0 {
			return entries, err
		}
	}
	told := t.ask(ctx, job)
	if len(told) == 0 && configured == "" {
		return nil, noFolder(job)
	}
	return t.below(ctx, told, jobs)
}

func noFolder(job string) error {
	err := fmt.Errorf("no folder of checkpoints is known: %s is not set", conf.CheckpointDir.Name)
	if job != "" {
		err = fmt.Errorf("no folder of checkpoints is known: %s is not set, and no job %s runs that could tell", conf.CheckpointDir.Name, job)
	}
	return voice.Hint(err, "add -D %s=hdfs:///flink/checkpoints, or set it in weft-conf.yaml", conf.CheckpointDir.Name)
}

// below lists what is in folders of checkpoints.
func (t *tree) below(ctx context.Context, uris, jobs []string) ([]snapshot.Entry, error) {
	var all []snapshot.Entry
	for _, uri := range uris {
		root, dir, err := t.files.Resolve(uri)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", origin(t.conf, conf.CheckpointDir.Name), err)
		}
		entries, err := snapshot.Tree(ctx, root, dir, jobs)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, t.cluster.fileError(err)
		}
		all = append(all, entries...)
	}
	return all, nil
}

// ask finds out from jobs where their checkpoints are: the given job, or all
// that there are. Jobs of this machine have left it with what was submitted;
// of those on a cluster only the running ones can tell.
func (t *tree) ask(ctx context.Context, job string) []string {
	told := map[string]bool{}
	folders, _ := localJobs() // without a home folder there are none
	for _, l := range folders {
		if job != "" && l.id != job {
			continue
		}
		if spec, err := l.spec(); err == nil && spec.Conf[conf.CheckpointDir.Name] != "" {
			told[strings.TrimSuffix(spec.Conf[conf.CheckpointDir.Name], "/")] = true
		}
	}
	for _, dir := range t.askCluster(ctx, job) {
		told[dir] = true
	}
	var uris []string
	for uri := range told {
		uris = append(uris, uri)
	}
	slices.Sort(uris)
	return uris
}

// askCluster asks the masters of running applications. One that does not
// answer has nothing to say: what is missing then is said by who looks for it.
func (t *tree) askCluster(ctx context.Context, job string) []string {
	if t.cluster == nil {
		return nil
	}
	filter := yarnrest.Filter{Tags: []string{tagWeft}, States: []yarnrest.State{yarnrest.StateRunning}}
	if job != "" {
		filter.Tags = []string{tagJobID + job}
	}
	applications, err := t.cluster.rm.Apps(ctx, filter)
	if err != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	dirs := make([]string, len(applications))
	var group sync.WaitGroup
	for i := range applications {
		group.Go(func() {
			m := &master{proxy: t.cluster.proxy(applications[i].ID)}
			if runs, err := m.job(ctx, 0); err == nil && runs.Checkpoints.Dir != "" {
				dirs[i] = strings.TrimSuffix(runs.Checkpoints.Dir, "/"+runs.JobID)
			}
		})
	}
	group.Wait()
	return slices.DeleteFunc(dirs, func(dir string) bool { return dir == "" })
}

// savepoints lists the savepoints of a job, or of all jobs if job is "": those
// in the folder of the settings, and those that jobs have recorded beside their
// checkpoints.
func (t *tree) savepoints(ctx context.Context, job string) ([]snapshot.Entry, error) {
	var places []snapshot.Location
	if uri := conf.Get(t.conf, conf.SavepointDir); uri != "" {
		root, dir, err := t.files.Resolve(uri)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", origin(t.conf, conf.SavepointDir.Name), err)
		}
		places = append(places, snapshot.Location{FS: root, Dir: dir})
	}
	uris := t.ask(ctx, job)
	if uri := conf.Get(t.conf, conf.CheckpointDir); uri != "" {
		uris = append(uris, uri)
	}
	if len(places) == 0 && len(uris) == 0 {
		return nil, voice.Hint(fmt.Errorf("no folder is known: neither %s nor %s is set", conf.SavepointDir.Name, conf.CheckpointDir.Name),
			"add -D %s=hdfs:///flink/savepoints, or set it in weft-conf.yaml", conf.SavepointDir.Name)
	}
	recorded, owners, err := t.records(ctx, uris, job)
	if err != nil {
		return nil, t.cluster.fileError(err)
	}
	entries, err := snapshot.Savepoints(ctx, t.files, places, recorded)
	if err != nil {
		return nil, t.cluster.fileError(err)
	}
	for i := range entries {
		if owner, known := owners[entries[i].Owner.JobID]; known && owner.Application != "" {
			entries[i].Owner = owner
		}
	}
	return slices.DeleteFunc(entries, func(e snapshot.Entry) bool { return job != "" && e.Owner.JobID != job }), nil
}

// records reads what jobs have noted of their savepoints, and of themselves.
func (t *tree) records(ctx context.Context, uris []string, job string) (recorded []string, owners map[string]snapshot.Owner, err error) {
	owners = map[string]snapshot.Owner{}
	for _, uri := range uris {
		records, err := t.recordsIn(ctx, uri, job)
		if err != nil {
			return nil, nil, err
		}
		for _, r := range records {
			for _, s := range r.Savepoints {
				if s.Path != "" {
					recorded = append(recorded, s.Path)
				}
			}
			owners[r.Owner.JobID] = r.Owner
		}
	}
	return recorded, owners, nil
}

// recordsIn reads what a job, or any if job is "", has recorded in a folder of checkpoints.
func (t *tree) recordsIn(ctx context.Context, uri, job string) ([]snapshot.Record, error) {
	root, dir, err := t.files.Resolve(uri)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", origin(t.conf, conf.CheckpointDir.Name), err)
	}
	jobs := []string{job}
	if job == "" {
		if jobs, err = snapshot.ListJobs(ctx, root, dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	return snapshot.Records(ctx, root, dir, jobs)
}

// all lists the checkpoints and savepoints of a job.
func (t *tree) all(ctx context.Context, job string) ([]snapshot.Entry, error) {
	checkpoints, err := t.checkpoints(ctx, job)
	if err != nil {
		return nil, err
	}
	savepoints, err := t.savepoints(ctx, job)
	if err != nil {
		return nil, err
	}
	for _, s := range savepoints { // a savepoint that is found among checkpoints too is one
		if !slices.ContainsFunc(checkpoints, func(c snapshot.Entry) bool { return c.URI == s.URI }) {
			checkpoints = append(checkpoints, s)
		}
	}
	return checkpoints, nil
}

// jobNamed picks the entries of the jobs that the user named, by id or by name.
func jobNamed(entries []snapshot.Entry, name string) []snapshot.Entry {
	return slices.DeleteFunc(slices.Clone(entries), func(e snapshot.Entry) bool {
		return e.Owner.JobID != strings.ToLower(name) && e.Owner.JobName != name
	})
}

// jobNames are the names of all jobs in a catalogue.
func jobNames(entries []snapshot.Entry) []string {
	var names []string
	for _, e := range entries {
		if e.Owner.JobName != "" && !slices.Contains(names, e.Owner.JobName) {
			names = append(names, e.Owner.JobName)
		}
	}
	slices.Sort(names)
	return names
}
