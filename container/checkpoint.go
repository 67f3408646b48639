package container

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/weft-stream/weft/internal/control"
	"github.com/weft-stream/weft/internal/snapshot"
	"github.com/weft-stream/weft/internal/storage"
)

// gatherer collects the subtasks' parts of the checkpoint in progress. When all
// of this worker's are there, of all regions, and the master's order is too, they
// are written into one file and the master is told.
type gatherer struct {
	mu      sync.Mutex
	need    int              // parts: one of each subtask that is deployed
	whole   func(*gathering) // what is done when nothing is missing
	current *gathering
	highest int64 // checkpoint begun or given up
}

type gathering struct {
	checkpoint int64
	order      *control.TriggerCheckpoint
	parts      []*contribution
}

// join has a deployment take part from now on.
func (g *gatherer) join(d *deployment) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.whole == nil {
		g.whole = d.worker.upload
	}
	g.need += len(d.states)
}

// leave forgets a deployment and what it has contributed: it was stopped.
func (g *gatherer) leave(d *deployment) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.need -= len(d.states)
	c := g.current
	if c == nil {
		return
	}
	c.parts = slices.DeleteFunc(c.parts, func(part *contribution) bool { return part.task.slot.deployed == d })
	if len(c.parts) > 0 {
		g.uploadIfWhole()
	}
}

// of returns the gathering of a checkpoint, nil if it is over.
func (g *gatherer) of(checkpoint int64) *gathering {
	if g.current != nil && g.current.checkpoint == checkpoint {
		return g.current
	}
	if checkpoint <= g.highest {
		return nil
	}
	g.highest = checkpoint
	g.current = &gathering{checkpoint: checkpoint}
	return g.current
}

func (g *gatherer) ordered(order *control.TriggerCheckpoint) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	c := g.of(order.Checkpoint)
	if c == nil || c.order != nil {
		return false
	}
	c.order = order
	g.uploadIfWhole()
	return true
}

func (g *gatherer) add(part *contribution) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if c := g.of(part.checkpoint); c != nil {
		c.parts = append(c.parts, part)
		g.uploadIfWhole()
	}
}

func (g *gatherer) forget(checkpoint int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.highest = max(g.highest, checkpoint)
	if g.current != nil && g.current.checkpoint <= checkpoint {
		g.current = nil
	}
}

func (g *gatherer) uploadIfWhole() {
	c := g.current
	if c.order == nil || len(c.parts) < g.need {
		return
	}
	g.current = nil
	go g.whole(c)
}

func (d *deployment) contribute(c *contribution) { d.worker.gather.add(c) }

// upload writes what was gathered and tells the master. It ends when any of the
// tasks is stopped: then there is no such checkpoint any more.
func (w *Worker) upload(c *gathering) {
	start := time.Now()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	for _, part := range c.parts {
		defer context.AfterFunc(part.task.slot.deployed.ctx, cancel)()
	}
	ack, err := w.write(ctx, c)
	for _, part := range c.parts {
		part.close()
	}
	if err != nil {
		if ctx.Err() == nil {
			c.parts[0].task.slot.decline(c.parts[0].task, c.checkpoint, err)
		}
		return
	}
	for i := range ack.Subtasks {
		ack.Subtasks[i].AsyncMS += time.Since(start).Milliseconds()
	}
	w.tell(&control.FromWorker{Ack: ack})
}

func (w *Worker) write(ctx context.Context, c *gathering) (*control.CheckpointAck, error) {
	location, dir, err := w.storage.Resolve(c.order.Dir)
	if err != nil {
		return nil, err
	}
	ack := &control.CheckpointAck{Epoch: c.order.Epoch, Checkpoint: c.checkpoint, Worker: w.id}
	var own, shared []snapshot.Contribution
	for _, part := range c.parts {
		for _, p := range part.parts {
			ours, err := p.own.Finish()
			if err != nil {
				return nil, err
			}
			theirs, err := p.shared.Finish()
			if err != nil {
				return nil, err
			}
			own, shared = append(own, ours), append(shared, theirs)
		}
	}
	handles, err := w.copiesFor(c).upload(c.checkpoint, location, own, func(fsys storage.FS) ([][]snapshot.Handle, error) {
		return snapshot.UploadWorker(ctx, fsys, dir, w.id, own, w.settings.inlineLimit)
	})
	if err != nil {
		return nil, err
	}
	chained, err := w.writeShared(ctx, c, shared)
	if err != nil {
		return nil, err
	}
	for _, part := range c.parts {
		written := part.carried()
		for _, p := range part.parts {
			states := handles[0]
			for name, chain := range part.chains {
				if name.uid == p.uid {
					states = append(states, chain...)
				}
			}
			states = append(states, chained[0]...)
			for _, h := range chained[0] {
				name := stateName{p.uid, h.State}
				written[name] = append(written[name], h.Carried(c.checkpoint))
			}
			part.ack.Operators = append(part.ack.Operators, control.OperatorAck{UID: p.uid, States: states})
			handles, chained = handles[1:], chained[1:]
		}
		if part.mark.chained {
			part.task.lineage.publish(c.checkpoint, written)
		}
		ack.Subtasks = append(ack.Subtasks, part.ack)
	}
	w.copiesFor(c).written(c.checkpoint, filesOf(ack, location, dir))
	return ack, nil
}

// filesOf are the full names of the data files that a worker's part of a checkpoint needs.
func filesOf(ack *control.CheckpointAck, fsys storage.FS, dir string) map[string]bool {
	all := map[string]bool{}
	for _, s := range ack.Subtasks {
		for _, o := range s.Operators {
			for i := range o.States {
				if o.States[i].File != "" {
					all[fsys.URI(o.States[i].Path(dir))] = true
				}
			}
		}
	}
	return all
}

// maxCarried bounds, in multiples of what may be inline in one checkpoint, the
// inline state of earlier ones that all later ones carry along.
const maxCarried = 4

// writeShared writes what later checkpoints may build upon.
func (w *Worker) writeShared(ctx context.Context, c *gathering, contributions []snapshot.Contribution) ([][]snapshot.Handle, error) {
	if c.order.Shared == "" {
		return make([][]snapshot.Handle, len(contributions)), nil
	}
	location, dir, err := w.storage.Resolve(c.order.Shared)
	if err != nil {
		return nil, err
	}
	limit := w.settings.inlineLimit
	var carried int64
	for _, part := range c.parts {
		for _, chain := range part.chains {
			for _, h := range chain {
				carried += int64(len(h.Inline))
			}
		}
	}
	if carried > maxCarried*limit {
		limit = 0
	}
	return w.copiesFor(c).upload(c.checkpoint, location, contributions, func(fsys storage.FS) ([][]snapshot.Handle, error) {
		return snapshot.UploadShared(ctx, fsys, dir, w.id, contributions, limit)
	})
}

// copiesFor returns where copies of what is written go; no failure is restored from savepoints.
func (w *Worker) copiesFor(c *gathering) *localCopies {
	if c.order.Savepoint {
		return nil
	}
	return w.copies
}

// close gives back what the contribution was kept in.
func (c *contribution) close() {
	c.spool.Close()
	for _, p := range c.parts {
		p.own.Recycle()
		p.shared.Recycle()
	}
}

// carried are the chains that the checkpoint builds on.
func (c *contribution) carried() map[stateName][]snapshot.Handle {
	all := map[stateName][]snapshot.Handle{}
	for name, chain := range c.chains {
		all[name] = slices.Clone(chain)
	}
	return all
}

func (d *deployment) decline(id control.TaskID, checkpoint int64, err error) {
	if d.canceled.Load() {
		return
	}
	d.worker.log.Warn("checkpoint declined", "checkpoint", checkpoint, "error", err)
	d.worker.tell(&control.FromWorker{Decline: &control.CheckpointDecline{
		Epoch: d.epoch, Checkpoint: checkpoint, Task: id, Reason: err.Error(),
	}})
}
