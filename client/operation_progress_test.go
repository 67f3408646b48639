package client

import (
	"testing"
	"time"

	"github.com/weft-stream/weft/appmaster/api"
)

func TestGrowthLine(t *testing.T) {
	job := &api.Job{State: "RUNNING", WorkersWanted: 4, Workers: []api.Worker{{State: "CONNECTED"}, {State: "CONNECTED"}, {State: "STARTING"}}}
	if got, want := growth(job), "containers [#####-----] 2 of 4"; got != want {
		t.Errorf("line is %q, want %q", got, want)
	}
	job.WorkersWanted = 2
	if got := growth(job); got != "" {
		t.Errorf("line is %q though nothing is missing", got)
	}
}

func TestWritingLine(t *testing.T) {
	w := writing{Status: "IN_PROGRESS", Savepoint: true, Triggered: 1000, Size: 12_300_000, Subtasks: 8, Acked: 6}
	if got, want := w.line(time.UnixMilli(5500)), "savepoint [#######---] 6 of 8 subtasks, 12.3 MB, 4s"; got != want {
		t.Errorf("line is %q, want %q", got, want)
	}
}
