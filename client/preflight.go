package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"github.com/weft-stream/weft/client/internal/legacy"
	"github.com/weft-stream/weft/client/internal/voice"
	"github.com/weft-stream/weft/conf"
	"github.com/weft-stream/weft/internal/storage"
	"github.com/weft-stream/weft/yarnrest"
)

// preflight refuses, before anything is submitted, what the cluster would
// refuse or let wait for ever.
func (a *app) preflight(ctx context.Context, s *submission) (yarnrest.NewApplication, error) {
	application, err := s.cluster.rm.NewApplication(ctx)
	if err != nil {
		return application, s.cluster.rmError(err)
	}
	for _, check := range s.clusterChecks(application.Maximum) {
		f, err := check(ctx)
		if err != nil {
			return application, err
		}
		a.tell(f)
	}
	return application, nil
}

// A check looks for one thing that would keep a job from starting.
type check func(context.Context) (finding, error)

// checks are those of where the job shall run.
func (s *submission) checks(ctx context.Context) ([]check, error) {
	if !s.options.onYARN() {
		return []check{s.checkFolders}, nil
	}
	application, err := s.cluster.rm.NewApplication(ctx) // it alone tells the largest container
	if err != nil {
		return nil, s.cluster.rmError(err)
	}
	return s.clusterChecks(application.Maximum), nil
}

func (s *submission) clusterChecks(maximum yarnrest.Resource) []check {
	containers := func(context.Context) (finding, error) { return s.checkContainers(maximum) }
	return []check{containers, s.checkQueue, s.checkCapacity, s.checkFolders}
}

// containerSize is a container's size as YARN counts.
func containerSize(memory conf.Memory, vcores int) yarnrest.Resource {
	return yarnrest.Resource{MemoryMB: int((memory + conf.MiB - 1) / conf.MiB), VCores: vcores}
}

func (s *submission) masterSize() yarnrest.Resource {
	return containerSize(conf.Get(s.conf, conf.MasterMemory), conf.Get(s.conf, conf.MasterVCores))
}

func (s *submission) workerSize() yarnrest.Resource {
	return containerSize(conf.Get(s.conf, conf.WorkerMemory), conf.EffectiveVCores(s.conf))
}

func (s *submission) checkContainers(maximum yarnrest.Resource) (finding, error) {
	f := finding{"containers", fine, fmt.Sprintf("master of %d MB, workers of %d MB; the cluster's largest has %d MB",
		s.masterSize().MemoryMB, s.workerSize().MemoryMB, maximum.MemoryMB)}
	if err := maximum.Check(s.masterSize()); err != nil {
		return f, fmt.Errorf("the master (%s): %w", s.sizeOrigin(conf.MasterMemory.Name, "-yjm"), err)
	}
	if err := maximum.Check(s.workerSize()); err != nil {
		return f, fmt.Errorf("the workers (%s): %w", s.sizeOrigin(conf.WorkerMemory.Name, "-ytm"), err)
	}
	return f, nil
}

// sizeOrigin says who wanted a container of that size.
func (s *submission) sizeOrigin(key, flag string) string {
	if s.conf.IsSet(key) {
		return origin(s.conf, key)
	}
	return "the default, change it with " + flag
}

func (s *submission) checkQueue(ctx context.Context) (finding, error) {
	wanted := conf.Get(s.conf, conf.Queue)
	f := finding{"queue", fine, "the cluster's default queue"}
	if wanted == "" {
		return f, nil
	}
	queues, err := s.cluster.rm.Queues(ctx)
	if err != nil || len(queues) == 0 { // a scheduler that does not tell: YARN will say
		f.Detail = wanted
		return f, s.cluster.rmError(err)
	}
	var names []string
	for _, queue := range queues {
		if queue.Name != wanted && queue.Path != wanted && queue.Path != "root."+wanted {
			names = append(names, queue.Name)
			continue
		}
		if queue.State == "STOPPED" {
			return f, fmt.Errorf("queue %s (%s) is stopped", wanted, origin(s.conf, conf.Queue.Name))
		}
		f.Detail = fmt.Sprintf("%s may use %.0f %% of the cluster and uses %.0f %%", queue.Path, queue.MaxCapacity, queue.UsedCapacity)
		return f, nil
	}
	hint := "the cluster's queues are " + strings.Join(names, ", ")
	if near := legacy.Nearest(wanted, names); near != "" {
		hint = "did you mean " + near + "? " + hint
	}
	return f, voice.Hint(fmt.Errorf("unknown queue %q (%s)", wanted, origin(s.conf, conf.Queue.Name)), "%s", hint)
}

// checkCapacity warns when the job can only wait: the cluster as it is could
// not hold it even if it were empty.
func (s *submission) checkCapacity(ctx context.Context) (finding, error) {
	f := finding{Check: "memory", Verdict: warned}
	metrics, err := s.cluster.rm.ClusterMetrics(ctx)
	if err != nil {
		return f, s.cluster.rmError(err)
	}
	need := s.masterSize().MemoryMB + s.workers*s.workerSize().MemoryMB
	switch {
	case metrics.ActiveNodes == 0:
		f.Detail = "the cluster has no active node: the job will wait until one is there"
	case need > metrics.TotalMB:
		f.Detail = fmt.Sprintf("the job asks for %d MB and all nodes of the cluster together have %d MB: it will wait for more", need, metrics.TotalMB)
	default:
		f.Verdict = fine
		f.Detail = fmt.Sprintf("the job asks for %d MB; %d MB of the cluster's %d MB are free", need, metrics.AvailableMB, metrics.TotalMB)
	}
	return f, nil
}

// checkFolders makes sure that checkpoints can be written where they shall go.
func (s *submission) checkFolders(ctx context.Context) (finding, error) {
	given := conf.Get(s.conf, conf.CheckpointDir)
	f := finding{"checkpoints", fine, given + " can be written"}
	if given == "" {
		if conf.EffectiveCheckpointInterval(s.conf) > 0 {
			return f, voice.Hint(fmt.Errorf("checkpoints are wanted (%s) and %s is not set", origin(s.conf, conf.CheckpointInterval.Name), conf.CheckpointDir.Name),
				"-D %s=hdfs:///flink/checkpoints, or set it in weft-conf.yaml", conf.CheckpointDir.Name)
		}
		return finding{"checkpoints", noted, fmt.Sprintf("no checkpoints will be kept: %s is not set", conf.CheckpointDir.Name)}, nil
	}
	root, dir, err := s.files.Resolve(given)
	if err != nil {
		return f, fmt.Errorf("%s (%s): %w", conf.CheckpointDir.Name, origin(s.conf, conf.CheckpointDir.Name), err)
	}
	if err := probe(ctx, root, dir); err != nil {
		return f, fmt.Errorf("the folder of checkpoints %s (%s) cannot be written: %w", given, origin(s.conf, conf.CheckpointDir.Name), s.cluster.fileError(err))
	}
	return f, nil
}

// probe writes a file into dir, or where dir will be made, and takes it away
// again.
func probe(ctx context.Context, root storage.FS, dir string) error {
	for {
		info, err := root.Stat(ctx, dir)
		if err == nil && !info.IsDir {
			return fmt.Errorf("%s is a file", root.URI(dir))
		}
		if !errors.Is(err, fs.ErrNotExist) {
			if err != nil {
				return err
			}
			break
		}
		if dir == "/" {
			return err
		}
		dir = path.Dir(dir)
	}
	name := path.Join(dir, ".weft-probe-"+newID()[:12])
	nothing := func(io.Writer) error { return nil }
	if err := root.WriteFile(ctx, name, storage.CreateOptions{}, nothing); err != nil {
		return err
	}
	return root.Remove(ctx, name)
}
