package coordinator

import (
	"slices"
	"time"

	"github.com/weft-stream/weft/internal/control"
)

// How much of the past is shown.
const (
	historySize = 10
	samplesSize = 100
)

// statistics is the history of checkpoints, for people.
type statistics struct {
	total, completedN, failedN, restored int
	history                              []*CheckpointView // newest first; those that have ended never change
	latest, savepoint, failure           *CheckpointView
	samples                              []Sample
}

// begin writes a new checkpoint into the history.
func (s *statistics) begin(c *checkpoint, j *Job) {
	c.view = &CheckpointView{
		ID: c.id, Status: CheckpointInProgress, Savepoint: c.savepoint, Stop: c.savepoint && c.halt,
		Triggered: c.triggered, Subtasks: j.cfg.Plan.Subtasks(),
		Vertices: make([]VertexCheckpoint, len(j.tasks)),
	}
	if c.op != nil {
		c.view.Operation = c.op.ID
	}
	for v := range j.tasks {
		c.view.Vertices[v] = VertexCheckpoint{
			ID:       j.cfg.Plan.Vertices[v].ID,
			Subtasks: make([]SubtaskCheckpoint, len(j.tasks[v])),
		}
	}
	s.total++
	s.history = slices.Insert(s.history, 0, c.view)
	if len(s.history) > historySize+1 {
		s.history = s.history[:historySize+1]
	}
}

// acked writes one subtask's acknowledgement down.
func (c *CheckpointView) acked(v int, a *control.SubtaskAck, now time.Time) {
	size, added := int64(0), int64(0)
	for i := range a.Operators {
		for k := range a.Operators[i].States {
			h := &a.Operators[i].States[k]
			size += h.Length
			if h.Checkpoint == 0 {
				added += h.Length
			}
		}
	}
	ms := func(n int64) time.Duration { return time.Duration(n) * time.Millisecond }
	vertex := &c.Vertices[v]
	vertex.Subtasks[a.Task.Subtask] = SubtaskCheckpoint{
		Acked: now, Finished: a.Finished, Size: size, Added: added, Unaligned: a.Unaligned, InFlight: a.InFlight,
		Sync: ms(a.SyncMS), Async: ms(a.AsyncMS), Alignment: ms(a.AlignmentMS), StartDelay: ms(a.StartDelayMS),
	}
	vertex.Acked++
	vertex.Size += size
	vertex.Added += added
	vertex.LatestAck = now
	c.Acked++
	c.Size += size
	c.Added += added
	vertex.InFlight += a.InFlight
	c.Unaligned = c.Unaligned || a.Unaligned
	c.InFlight += a.InFlight
	c.LatestAck = now
}

func (s *statistics) completed(c *checkpoint, now time.Time) {
	s.completedN++
	c.view.Status, c.view.Ended = CheckpointCompleted, now
	if c.savepoint {
		s.savepoint = c.view
	} else {
		s.latest = c.view
	}
	s.samples = append(s.samples, Sample{Duration: c.view.Duration(), Size: c.view.Size, Added: c.view.Added, InFlight: c.view.InFlight})
	if len(s.samples) > samplesSize {
		s.samples = slices.Clone(s.samples[1:])
	}
}

func (s *statistics) failed(c *checkpoint, reason string, now time.Time) {
	s.failedN++
	c.view.Status, c.view.Ended, c.view.Failure, c.view.Discarded = CheckpointFailed, now, reason, true
	s.failure = c.view
}

// discarded notes of a checkpoint of the history whether it is deleted.
func (s *statistics) discarded(id int64, deleted bool) {
	for _, c := range s.history {
		if c.ID == id {
			c.Discarded = deleted
		}
	}
}

func (s *statistics) wasCompleted(id int64) bool {
	for _, c := range s.history {
		if c.ID == id {
			return c.Status == CheckpointCompleted
		}
	}
	return false
}

// seen copies a checkpoint for a View.
func (c *CheckpointView) seen() *CheckpointView {
	if c == nil {
		return nil
	}
	copied := *c
	copied.Vertices = slices.Clone(c.Vertices)
	for v := range copied.Vertices {
		copied.Vertices[v].Subtasks = slices.Clone(c.Vertices[v].Subtasks)
	}
	return &copied
}
