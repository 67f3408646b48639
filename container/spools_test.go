package container

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestExactlyOnceWithSnapshotsOnDisk: state is in memory, and of its snapshots nearly nothing, in turns with workers
// whose disk is not there.
func TestExactlyOnceWithSnapshotsOnDisk(t *testing.T) {
	dir, log := t.TempDir(), &bytes.Buffer{}
	logger, gone := slog.New(slog.NewTextHandler(log, nil)), filepath.Join(dir, "gone")
	checkTotals(t, runOverRestores(t, 6, 30*time.Millisecond, totals, func(round int, w *Worker) {
		w.spools = &spools{dirs: []string{dir}, log: logger}
		if round%3 == 2 {
			w.spools.dirs = []string{gone}
		}
	}))
	if !strings.Contains(log.String(), gone) {
		t.Errorf("nobody was told that %s is not there: %s", gone, log)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("%v is left, %v", left, err)
	}
}
