package client

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/weft-stream/weft/client/internal/voice"
)

// followLocal shows a job of this machine until it ends, and what its workers
// print. Ctrl-C cancels it: it is the user's own process, as the command is.
func (a *app) followLocal(ctx context.Context, f *found, child *masterProcess, web string) error {
	printed := a.tail(f.local)
	last, err := a.show(ctx, f)
	if ctx.Err() != nil {
		return a.cancelLocal(ctx, f, child, printed)
	}
	a.awaitExit(child)
	printed()
	if err != nil {
		return err
	}
	if !last.Ended { // the master died: how the job ended is not known
		return voice.Hint(fmt.Errorf("the master of job %s died", f.job), "its log is %s", f.local.file(stderrFile))
	}
	err = a.finish(f, last, web)
	if last.State != "FAILED" {
		os.RemoveAll(f.local.dir)
	}
	return err
}

// cancelLocal ends the job after Ctrl-C.
func (a *app) cancelLocal(ctx context.Context, f *found, child *masterProcess, printed func()) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoLimit)
	defer cancel()
	a.ui.Status("interrupted: cancelling job %s (run -d leaves a job running)", f.job)
	err := f.cancel(ctx)
	if err == nil {
		err = f.waitEnd(ctx)
	}
	if err != nil {
		child.end()
	}
	a.awaitExit(child)
	printed()
	a.ui.EndStatus()
	a.ui.Line("Cancelled job %s.", f.job)
	os.RemoveAll(f.local.dir)
	return errFailed
}

// awaitExit waits for the master's process, which ends right after its job,
// and ends it if it does not.
func (a *app) awaitExit(child *masterProcess) {
	select {
	case <-child.done:
	case <-time.After(endGrace):
		child.end()
	}
}

// tailPause is the pause between two looks for new output.
const tailPause = 50 * time.Millisecond

// tail copies what the workers print to the command's own output. The function
// that it returns copies the rest and ends it.
func (a *app) tail(l *localJob) (finish func()) {
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		positions := map[string]int64{}
		for {
			select {
			case <-stop:
				a.copyNew(l, positions)
				return
			case <-time.After(tailPause):
				a.copyNew(l, positions)
			}
		}
	}()
	return func() {
		close(stop)
		<-stopped
	}
}

// copyNew copies what has grown since the positions of last time.
func (a *app) copyNew(l *localJob, positions map[string]int64) {
	// containers/<id>/logs/stdout: see appmaster's provider for this machine.
	files, err := filepath.Glob(l.file("*/*/logs/stdout"))
	if err != nil {
		return
	}
	for _, name := range files {
		text, err := readFrom(name, positions[name])
		if err != nil || len(text) == 0 {
			continue
		}
		positions[name] += int64(len(text))
		if a.ui.JSON {
			os.Stderr.Write(text)
		} else {
			a.ui.Copy(text)
		}
	}
}

// tailChunk bounds what is read at once; the rest is read the next time.
const tailChunk = 1 << 20

func readFrom(name string, position int64) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.NewSectionReader(file, position, tailChunk))
}

// keepEnded is how long the folder of a job of this machine stays after its
// end, for whoever wants to read its logs.
const keepEnded = 7 * 24 * time.Hour

// sweepLocal removes the folders of jobs that ended long ago.
func sweepLocal() {
	jobs, err := localJobs()
	if err != nil {
		return
	}
	for _, l := range jobs {
		info, err := os.Stat(l.dir)
		if err == nil && !l.alive() && time.Since(info.ModTime()) > keepEnded {
			os.RemoveAll(l.dir)
		}
	}
}
