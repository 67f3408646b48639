package client

import (
	"context"
	"fmt"
	"time"

	"github.com/weft-stream/weft/client/internal/voice"
	"github.com/weft-stream/weft/internal/snapshot"
)

// copiedSnapshot is the JSON result of state cp.
type copiedSnapshot struct {
	Path   string `json:"path"` // of the copy
	From   string `json:"from"`
	Files  int    `json:"files"`
	Size   int64  `json:"size"`   // bytes
	Reused int    `json:"reused"` // files that an interrupted copy had brought there
}

// stateCopy does the action of that name.
func (a *app) stateCopy(ctx context.Context, o *stateOptions) error {
	t, err := openTree(o.conf)
	if err != nil {
		return err
	}
	defer t.files.Close()
	from, err := a.locate(ctx, t, o.paths[0])
	if err != nil {
		return err
	}
	var to snapshot.Location
	if to.FS, to.Dir, err = t.files.Resolve(absolute(o.paths[1])); err != nil {
		return err
	}
	began := time.Now()
	copied, err := snapshot.Copy(ctx, from, to, func(done, total int64) {
		a.ui.Progress("copying %s", howFar(done, total, time.Since(began)))
	})
	a.ui.EndStatus()
	if err != nil && ctx.Err() != nil {
		a.ui.Note("interrupted: the same command goes on with the copy in %s", to.URI())
		return errFailed
	}
	if err != nil {
		return t.cluster.fileError(err)
	}
	reused := ""
	if copied.Reused > 0 {
		reused = ", " + voice.Plural(copied.Reused, "file") + " of them there already"
	}
	a.ui.Line("Copied %s (%s%s) to %s.", voice.Plural(copied.Files, "file"), voice.Bytes(copied.Bytes), reused, to.URI())
	return a.ui.Result(copiedSnapshot{Path: to.URI(), From: from.URI(), Files: copied.Files, Size: copied.Bytes, Reused: copied.Reused})
}

// howFar says how much of a copy is done, for a live line.
func howFar(done, total int64, since time.Duration) string {
	text := fmt.Sprintf("%s %s of %s", voice.Bar(done, total), voice.Bytes(done), voice.Bytes(total))
	if seconds := since.Seconds(); seconds >= 1 {
		text += ", " + voice.Bytes(int64(float64(done)/seconds)) + "/s"
	}
	return text
}
