package client

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/weft-stream/weft/client/internal/voice"
	"github.com/weft-stream/weft/conf"
	"github.com/weft-stream/weft/internal/jobspec"
	"github.com/weft-stream/weft/internal/orphans"
	"github.com/weft-stream/weft/internal/storage"
	"github.com/weft-stream/weft/yarnrest"
)

// cleaned is the JSON result of state gc.
type cleaned struct {
	DryRun  bool            `json:"dry-run"`
	Before  string          `json:"unchanged-since"` // RFC 3339
	Size    int64           `json:"size"`            // bytes
	Orphans []cleanedOrphan `json:"orphans"`
	Kept    []keptFolder    `json:"kept"`
}

type cleanedOrphan struct {
	Path    string `json:"path"`
	What    string `json:"what"`
	Size    int64  `json:"size"`
	Changed string `json:"changed"` // RFC 3339
	Deleted bool   `json:"deleted"`
}

type keptFolder struct {
	Path string `json:"path"`
	Why  string `json:"why"`
}

// stateClean does the action of that name.
func (a *app) stateClean(ctx context.Context, o *stateOptions) error {
	age, err := conf.ParseDuration(o.olderThan)
	if err != nil || age < 0 {
		return fmt.Errorf("--older-than: %q is no time: want 7d, 12h or 30min", shorten(o.olderThan))
	}
	t, err := openTree(o.conf)
	if err != nil {
		return err
	}
	defer t.files.Close()
	f := &orphans.Finder{Before: time.Now().Add(-age)}
	if err := a.findOrphans(ctx, t.cluster, t.files, o.conf, f); err != nil {
		return t.cluster.fileError(err)
	}
	a.ui.EndStatus()
	return a.clean(ctx, t.cluster, o, f)
}

// findOrphans looks where the settings say that files may be.
func (a *app) findOrphans(ctx context.Context, k *cluster, files *storage.Resolver, c *conf.Conf, f *orphans.Finder) error {
	jobs, err := livingJobs(ctx, k, c)
	if err != nil {
		return err
	}
	f.Living = func(id string) bool {
		for _, j := range jobs {
			if strings.HasPrefix(j.job, id) {
				return true
			}
		}
		return false
	}
	looked := false
	for _, place := range []struct {
		key  string
		dir  string
		find func(context.Context, storage.FS, string) error
	}{
		{conf.CheckpointDir.Name, conf.Get(c, conf.CheckpointDir), f.Checkpoints},
		{conf.SavepointDir.Name, conf.Get(c, conf.SavepointDir), f.Savepoints},
	} {
		if place.dir == "" {
			a.ui.Note("%s is not set: nothing is looked for there", place.key)
			continue
		}
		root, dir, err := files.Resolve(place.dir)
		if err != nil {
			return fmt.Errorf("%s: %w", origin(c, place.key), err)
		}
		if k == nil && !strings.HasPrefix(root.URI(dir), "file:") {
			return fmt.Errorf("no cluster is configured that could be asked which jobs live: set %s or %s", conf.EnvHadoopDir, conf.EnvYARNDir)
		}
		a.ui.Progress("looking through %s", root.URI(dir))
		if err := place.find(ctx, root, dir); err != nil {
			return err
		}
		looked = true
	}
	if k == nil {
		if !looked {
			return voice.Hint(errors.New("there is nowhere to look: no folder and no cluster is configured"), "weft state gc -D %s=…", conf.CheckpointDir.Name)
		}
		return nil
	}
	root, home, err := k.home(files, c)
	if err != nil {
		return err
	}
	a.ui.Progress("looking through %s", root.URI(home))
	return f.Staging(ctx, root, home, func(name string, spec *jobspec.Spec) (orphans.Fate, error) { return k.fate(ctx, name, spec) })
}

// fate asks the ResourceManager what became of an application. One that it does
// not know has ended long ago or was never submitted, unless it is another
// cluster's that uses the same files.
func (k *cluster) fate(ctx context.Context, name string, spec *jobspec.Spec) (orphans.Fate, error) {
	id, err := yarnrest.ParseApplicationID(name)
	if err != nil {
		return orphans.NoApplication, nil //nolint:nilerr // some other folder
	}
	application, err := k.rm.App(ctx, id)
	switch {
	case errors.Is(err, yarnrest.ErrNotFound):
		if spec == nil || k.submittedHere(spec) {
			return orphans.Ended, nil
		}
		return orphans.Lives, nil
	case err != nil:
		return orphans.Lives, k.rmError(err)
	case application.State.Ended():
		return orphans.Ended, nil
	}
	return orphans.Lives, nil
}

// submittedHere says whether a job was submitted to the ResourceManager of this
// configuration: all of its addresses are the same.
func (k *cluster) submittedHere(spec *jobspec.Spec) bool {
	here, same := k.hadoop.Properties(), false
	for name, value := range spec.Hadoop {
		if !strings.HasPrefix(name, "yarn.resourcemanager.") || !strings.Contains(name, "address") && !strings.Contains(name, "hostname") {
			continue
		}
		if here[name] != value {
			return false
		}
		same = true
	}
	return same
}

// clean deletes the orphans, or only tells them.
func (a *app) clean(ctx context.Context, k *cluster, o *stateOptions, f *orphans.Finder) error {
	result := cleaned{DryRun: o.dryRun, Before: f.Before.Format(time.RFC3339), Orphans: []cleanedOrphan{}, Kept: []keptFolder{}}
	verb, done := "deleted", "Deleted"
	if o.dryRun {
		verb, done = "orphan", "Would delete"
	}
	for i := range f.Found {
		orphan := &f.Found[i]
		if !o.dryRun {
			if err := orphan.Remove(ctx); err != nil {
				return k.fileError(err)
			}
		}
		a.ui.Line("%s  %s  %10s  %s  (%s)", verb, orphan.Changed.Format(flinkTime), voice.Bytes(orphan.Size), orphan.URI, orphan.What)
		result.Size += orphan.Size
		result.Orphans = append(result.Orphans, cleanedOrphan{
			Path: orphan.URI, What: orphan.What, Size: orphan.Size, Changed: orphan.Changed.Format(time.RFC3339), Deleted: !o.dryRun,
		})
	}
	for _, kept := range f.Kept {
		a.ui.Note("%s is left alone: %s", kept.URI, kept.Why)
		result.Kept = append(result.Kept, keptFolder{kept.URI, kept.Why})
	}
	a.ui.Line("%s %s, %s.", done, voice.Plural(len(f.Found), "orphan"), voice.Bytes(result.Size))
	return a.ui.Result(result)
}
