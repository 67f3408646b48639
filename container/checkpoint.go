package container

import (
	"sync"
	"time"

	"github.com/weft-stream/weft/internal/control"
	"github.com/weft-stream/weft/internal/snapshot"
)

// gatherer collects the subtasks' parts of the checkpoint in progress. When all
// of this worker's are there and the master's order is too, they are written
// into one file and the master is told.
type gatherer struct {
	mu      sync.Mutex
	need    int
	whole   func(*gathering) // what is done when nothing is missing
	current *gathering
	highest int64 // checkpoint begun or given up
}

type gathering struct {
	checkpoint int64
	order      *control.TriggerCheckpoint
	parts      []*contribution
}

func (g *gatherer) init(d *deployment) {
	g.whole = d.upload
	for _, s := range d.slots {
		g.need += len(s.tasks)
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

func (d *deployment) contribute(c *contribution) { d.gather.add(c) }

// upload writes what was gathered and tells the master.
func (d *deployment) upload(c *gathering) {
	start := time.Now()
	ack, err := d.write(c)
	for _, part := range c.parts {
		part.spool.Close()
	}
	if err != nil {
		d.decline(c.parts[0].task.id, c.checkpoint, err)
		return
	}
	for i := range ack.Subtasks {
		ack.Subtasks[i].AsyncMS += time.Since(start).Milliseconds()
	}
	d.worker.tell(&control.FromWorker{Ack: ack})
}

func (d *deployment) write(c *gathering) (*control.CheckpointAck, error) {
	location, dir, err := d.worker.storage.Resolve(c.order.Dir)
	if err != nil {
		return nil, err
	}
	ack := &control.CheckpointAck{Epoch: d.epoch, Checkpoint: c.checkpoint, Worker: d.worker.id}
	var contributions []snapshot.Contribution
	for _, part := range c.parts {
		for _, uid := range part.uids {
			contribution, err := part.builders[uid].Finish()
			if err != nil {
				return nil, err
			}
			contributions = append(contributions, contribution)
		}
	}
	handles, err := snapshot.UploadWorker(d.ctx, location, dir, d.worker.id, contributions, d.settings.inlineLimit)
	if err != nil {
		return nil, err
	}
	for _, part := range c.parts {
		for _, uid := range part.uids {
			part.ack.Operators = append(part.ack.Operators, control.OperatorAck{UID: uid, States: handles[0]})
			handles = handles[1:]
		}
		ack.Subtasks = append(ack.Subtasks, part.ack)
	}
	return ack, nil
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
