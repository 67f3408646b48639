package client

import (
	"testing"
	"time"
)

func TestWritingLine(t *testing.T) {
	w := writing{Status: "IN_PROGRESS", Savepoint: true, Triggered: 1000, Size: 12_300_000, Subtasks: 8, Acked: 6}
	if got, want := w.line(time.UnixMilli(5500)), "savepoint [#######---] 6 of 8 subtasks, 12.3 MB, 4s"; got != want {
		t.Errorf("line is %q, want %q", got, want)
	}
}
