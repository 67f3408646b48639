package appmaster

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/weft-stream/weft/internal/snapshot"
)

// lookEvery bounds how often storage is asked how much room there is.
const lookEvery = time.Minute

// spaceWatch looks, beside checkpoints, whether there is room for more of them.
type spaceWatch struct {
	at  place // of checkpoints; without a file system nothing is looked at
	log *slog.Logger

	mu      sync.Mutex
	last    int64     // size of the last checkpoint
	due     time.Time // not before
	warning string    // as of the last look
}

// taken notes the size of a checkpoint that is complete.
func (w *spaceWatch) taken(size int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last = size
}

// warn returns what there is to say, "" if nothing.
func (w *spaceWatch) warn() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.warning
}

// look asks storage, unless it has been asked just now. What it does not answer
// does no harm: checkpoints themselves fail soon enough.
func (w *spaceWatch) look(ctx context.Context) {
	w.mu.Lock()
	last, now := w.last, time.Now()
	if w.at.fs == nil || now.Before(w.due) {
		w.mu.Unlock()
		return
	}
	w.due = now.Add(lookEvery)
	w.mu.Unlock()
	space, err := w.at.fs.Space(ctx, w.at.dir)
	if err != nil {
		w.log.Debug("the room for checkpoints is not known", "error", err)
		return
	}
	warning := snapshot.LowSpace(w.at.fs.URI(w.at.dir), space, last)
	w.mu.Lock()
	before := w.warning
	w.warning = warning
	w.mu.Unlock()
	switch {
	case warning != "" && before == "":
		w.log.Warn("space runs low", "warning", warning)
	case warning == "" && before != "":
		w.log.Info("space is enough again", "free", space.Free)
	}
}
