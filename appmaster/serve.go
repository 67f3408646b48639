package appmaster

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/weft-stream/weft/appmaster/coordinator"
	"github.com/weft-stream/weft/conf"
	"github.com/weft-stream/weft/internal/jobspec"
	"github.com/weft-stream/weft/internal/snapshot"
)

// Patience at the job's end: for workers to say goodbye, for storage to end what
// is under way, for the cluster to write the end down, and then for storage to
// delete what is not retained.
const (
	goodbyeTimeout = 3 * time.Second
	storageTimeout = time.Minute
	finishTimeout  = 5 * time.Minute
	deleteTimeout  = 5 * time.Minute
)

// serve runs the job to its end, or until the attempt cannot go on.
func (m *master) serve(ctx context.Context, s *server, p provider, c *containers,
	events *queue[coordinator.Event], gone <-chan error, end func(error), past *recovered,
) error {
	config := coordinatorConfig(m.spec, m.plan, m.conf, m.attempt, past.started)
	config.Restore, config.Recovered = past.restore, past.state
	if err := m.planner.recoverScale(&config); err != nil {
		return m.refuse(p, err)
	}
	secret := m.credentials.Secrets[jobspec.SecretName]
	space := &spaceWatch{at: m.places.checkpoints, log: m.log}
	r := &runner{
		job:      coordinator.New(config),
		events:   events,
		provider: p,
		workers:  newWorkers(secret, events.push, m.log),
		archive:  &archive{places: m.places, attempt: m.attempt, owner: owner(m.spec, past.started), space: space, post: events.push, gone: end, log: m.log},
		requests: newRequests(events.push),
		board:    newBoard(int64(m.attempt) << 40),
		log:      m.log,
		finished: make(chan coordinator.Finish, 1),
		settled:  make(chan struct{}),
	}
	work, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWork()
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		r.run(work, stop)
		close(stopped)
	}()
	defer func() {
		close(stop)
		<-stopped
	}()
	s.open(r.workers, newREST(m, s, r, c))
	go m.announce(work, s, past)
	m.log.Info("page and REST API", "url", "http://"+s.address()+"/")
	select {
	case end := <-r.finished:
		return m.end(work, r, ending{State: end.State, Diagnostics: end.Diagnostics}, r.settled)
	case err := <-gone:
		if attemptGone(err) {
			return m.leave(s, r, err)
		}
		return errors.Join(err, m.end(work, r, ending{State: coordinator.Failed, Diagnostics: err.Error()}, nil))
	case <-ctx.Done():
		return m.leave(s, r, ctx.Err())
	}
}

// leave gives the workers free at once, for another attempt to find.
func (m *master) leave(s *server, r *runner, why error) error {
	s.shut()
	r.workers.drop()
	return m.abandon(r.provider, why)
}

// end cleans up after the job. If the job has come to its end by itself, it
// waits for settled: what is surplus is deleted, also if that has to be tried
// again, or makes another checkpoint surplus because one was pinned.
func (m *master) end(ctx context.Context, r *runner, e ending, settled <-chan struct{}) error {
	goodbye, cancel := context.WithTimeout(ctx, goodbyeTimeout)
	r.workers.close(goodbye)
	cancel()
	disk, cancel := context.WithTimeout(ctx, storageTimeout)
	defer cancel()
	r.archive.idle(disk)
	finish, cancel := context.WithTimeout(ctx, finishTimeout)
	defer cancel()
	err := r.provider.finish(finish, e)
	disk, cancel = context.WithTimeout(ctx, deleteTimeout)
	defer cancel()
	if err == nil {
		r.archive.release()
		if settled != nil {
			select {
			case <-settled:
			case <-disk.Done():
				m.log.Warn("checkpoints that are not retained are left: storage does not delete them")
			}
		}
		r.archive.idle(disk)
		if conf.Get(m.conf, conf.IncrementalCheckpoints) {
			m.places.sweepLast(disk, m.log)
		}
	}
	if err := m.places.removeEmptyJob(disk); err != nil {
		m.log.Warn("empty folder of checkpoints is left", "error", err)
	}
	if removal := m.places.removeStaging(disk); removal != nil {
		m.log.Warn("staging folder is left", "folder", m.spec.Staging, "error", removal)
	}
	return err
}

// sweepLast deletes the shared files that no checkpoint of the ended job needs.
func (p *places) sweepLast(ctx context.Context, log *slog.Logger) {
	at := p.checkpoints
	if at.fs == nil {
		return
	}
	need, err := snapshot.Needed(ctx, at.fs, at.dir, p.jobID)
	var names []string
	if err == nil {
		names, err = snapshot.Unneeded(ctx, at.fs, at.dir, p.jobID, need)
	}
	if err == nil {
		err = snapshot.RemoveShared(ctx, at.fs, at.dir, p.jobID, names)
	}
	if err != nil {
		log.Warn("shared files of old checkpoints may be left", "error", err)
	}
}

// removeEmptyJob removes the job's folder of checkpoints if none is in it.
func (p *places) removeEmptyJob(ctx context.Context) error {
	if p.checkpoints.fs == nil {
		return nil
	}
	return snapshot.RemoveEmptyJob(ctx, p.checkpoints.fs, p.checkpoints.dir, p.jobID)
}
