package appmaster

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/weft-stream/weft/conf"
	"github.com/weft-stream/weft/internal/jobspec"
	"github.com/weft-stream/weft/internal/snapshot"
	"github.com/weft-stream/weft/internal/storage"
)

// place is a folder on some storage.
type place struct {
	fs  storage.FS
	dir string
}

// places are the folders that a master works in.
type places struct {
	resolver    *storage.Resolver
	staging     place
	checkpoints place // zero if the job has no folder for checkpoints
	jobID       string
	sourceEnded bool // of what the job was started from: see jobspec.Restore
}

func openPlaces(spec *jobspec.Spec, c *conf.Conf, log *slog.Logger) (*places, error) {
	p := &places{
		resolver: storage.NewResolver(storage.Config{Hadoop: spec.Hadoop, User: spec.User, Log: log}),
		jobID:    spec.JobID,

		sourceEnded: spec.Restore != nil && spec.Restore.SourceEnded,
	}
	var err error
	if p.staging, err = p.open(spec.Staging); err != nil {
		return nil, fmt.Errorf("staging folder: %w", err)
	}
	if dir := conf.Get(c, conf.CheckpointDir); dir != "" {
		if p.checkpoints, err = p.open(dir); err != nil {
			return nil, fmt.Errorf("%s: %w", conf.CheckpointDir.Name, err)
		}
	}
	return p, nil
}

func (p *places) open(uri string) (place, error) {
	fs, dir, err := p.resolver.Resolve(uri)
	return place{fs, dir}, err
}

// jobDir returns the URI of the job's own folder of checkpoints, "" if it has
// none.
func (p *places) jobDir() string {
	if p.checkpoints.fs == nil {
		return ""
	}
	return p.checkpoints.fs.URI(snapshot.JobDir(p.checkpoints.dir, p.jobID))
}

// removeStaging removes all that the application has written for itself.
func (p *places) removeStaging(ctx context.Context) error {
	return p.staging.fs.RemoveAll(ctx, p.staging.dir)
}
