package client

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/weft-stream/weft/appmaster/api"
	"github.com/weft-stream/weft/client/internal/voice"
)

// writing is what a master's history of checkpoints says of one that is being written.
type writing struct {
	Status    string `json:"status"`
	Savepoint bool   `json:"is_savepoint"`
	Triggered int64  `json:"trigger_timestamp"` // ms
	Size      int64  `json:"state_size"`        // bytes so far
	Subtasks  int    `json:"num_subtasks"`
	Acked     int    `json:"num_acknowledged_subtasks"`
}

// showWriting keeps a live line about the snapshot that is being written, until
// stop is called. Without a terminal it does nothing.
func (a *app) showWriting(ctx context.Context, f *found) (stop func()) {
	if !a.ui.Live() {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	onlooker := f.master.onlooker()
	var group sync.WaitGroup
	group.Go(func() {
		for pause(ctx, figuresLive/2) == nil {
			a.showWritten(ctx, f.job, onlooker)
		}
	})
	return func() {
		cancel()
		group.Wait()
		a.ui.EndStatus()
	}
}

// showWritten asks the master once. What it does not answer is not shown.
func (a *app) showWritten(ctx context.Context, job string, m *master) {
	var checkpoints struct {
		History []writing `json:"history"`
	}
	if m.do(ctx, http.MethodGet, "/jobs/"+job+"/checkpoints", nil, nil, &checkpoints) != nil {
		return
	}
	for i := range checkpoints.History {
		if w := &checkpoints.History[i]; w.Status == "IN_PROGRESS" {
			a.ui.Status("%s", w.line(time.Now()))
			return
		}
	}
}

// growth is the live line of a job that runs on while it waits for containers to
// be rescaled; "" if it does not.
func growth(job *api.Job) string {
	there := 0
	for i := range job.Workers {
		if job.Workers[i].State == "CONNECTED" {
			there++
		}
	}
	if job.State != "RUNNING" || there >= job.WorkersWanted {
		return ""
	}
	return fmt.Sprintf("containers %s %d of %d", voice.Bar(int64(there), int64(job.WorkersWanted)), there, job.WorkersWanted)
}

// line is the live line: a bar over the subtasks, and figures.
func (w *writing) line(now time.Time) string {
	what := "checkpoint"
	if w.Savepoint {
		what = "savepoint"
	}
	return fmt.Sprintf("%s %s %d of %d subtasks, %s, %s", what, voice.Bar(int64(w.Acked), int64(w.Subtasks)),
		w.Acked, w.Subtasks, voice.Bytes(w.Size), voice.Age(now.Sub(time.UnixMilli(w.Triggered))))
}
