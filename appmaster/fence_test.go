package appmaster

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/weft-stream/weft/appmaster/coordinator"
	"github.com/weft-stream/weft/conf"
	"github.com/weft-stream/weft/internal/control"
	"github.com/weft-stream/weft/internal/keygroup"
	"github.com/weft-stream/weft/internal/snapshot"
)

// testPlaces are the folders of a job in a new folder.
func testPlaces(t *testing.T) *places {
	t.Helper()
	folder := t.TempDir()
	spec := newSpec(folder)
	c := conf.New()
	for name, value := range spec.Conf {
		check(t, c.Set(name, value, conf.FromFlag("test")))
	}
	for _, name := range []string{"staging", "checkpoints"} {
		check(t, os.MkdirAll(filepath.Join(folder, name), 0o700))
	}
	p, err := openPlaces(spec, c, slog.Default())
	check(t, err)
	t.Cleanup(func() { p.resolver.Close() })
	return p
}

// newArchive is an attempt's hand on storage; its answers are returned.
func newArchive(p *places, attempt int) (a *archive, answers func() coordinator.Event) {
	events := newQueue[coordinator.Event]()
	a = &archive{space: &spaceWatch{}, places: p, attempt: attempt, post: events.push, gone: func(error) {}, log: slog.Default()}
	return a, func() coordinator.Event {
		list := events.drain()
		return list[len(list)-1]
	}
}

// stateless is the metadata of a checkpoint without state.
func stateless(p *places, id int64) *snapshot.Metadata {
	return &snapshot.Metadata{
		JobID: p.jobID, JobName: "test", Class: "test", CheckpointID: id, Kind: snapshot.Checkpoint,
		Triggered: 1, Completed: 2, MaxParallelism: 128, KeyHash: keygroup.HashName,
	}
}

func prepare(t *testing.T, a *archive, answers func() coordinator.Event, id int64) string {
	t.Helper()
	a.prepare(t.Context(), coordinator.PrepareCheckpoint{Checkpoint: id})
	prepared := answers().(coordinator.CheckpointPrepared)
	check(t, prepared.Err)
	return prepared.Dir
}

func TestSuccessorFencesTheAttemptBefore(t *testing.T) {
	ctx := t.Context()
	p := testPlaces(t)
	first, answers := newArchive(p, 1)
	dir := prepare(t, first, answers, 1)
	first.complete(ctx, coordinator.WriteMetadata{Checkpoint: 1, Dir: dir, Metadata: stateless(p, 1)})
	check(t, answers().(coordinator.MetadataWritten).Err)
	unfinished := prepare(t, first, answers, 2)
	check(t, p.writeOperations(ctx, 1, []coordinator.Operation{{ID: "a", Kind: coordinator.Savepoint, State: coordinator.OperationInProgress}}))
	check(t, control.WriteMasterAddress(ctx, p.staging.fs, p.staging.dir, control.MasterAddress{Addr: "h:1", Attempt: 1, Job: 12345}))

	past := new(recovered)
	check(t, p.recoverAttempt(ctx, past, 2, slog.Default()))
	if past.started.UnixMilli() != 12345 || len(past.state.Completed) != 1 || past.state.Completed[0].ID != 1 ||
		len(past.state.Unfinished) != 1 || past.state.Unfinished[0].ID != 2 || len(past.state.Operations) != 1 {
		t.Errorf("recovered %+v of a job started %v", past.state, past.started)
	}

	// The first attempt lives on. It sees the mark when it has not looked before ...
	var ended error
	first.gone = func(err error) { ended = err }
	first.complete(ctx, coordinator.WriteMetadata{Checkpoint: 2, Dir: unfinished, Metadata: stateless(p, 2)})
	if err := answers().(coordinator.MetadataWritten).Err; !errors.Is(err, errSuperseded) || !errors.Is(ended, errSuperseded) {
		t.Errorf("got %v and ended by %v, want errSuperseded", err, ended)
	}
	// ... and fails all the same when it had.
	at, err := p.open(unfinished)
	check(t, err)
	if _, err := snapshot.WriteMetadata(ctx, at.fs, at.dir, stateless(p, 2)); err == nil {
		t.Error("a checkpoint of a fenced attempt was completed")
	}
	if _, err := at.fs.Stat(ctx, at.dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the folder of the unfinished checkpoint is back: %v", err)
	}
	// What it writes down does not change what the third attempt reads.
	second := []coordinator.Operation{{ID: "b", Kind: coordinator.Stop, State: coordinator.OperationInProgress}}
	check(t, p.writeOperations(ctx, 2, second))
	check(t, p.writeOperations(ctx, 1, nil))
	got, err := p.readOperations(ctx, 3)
	check(t, err)
	if len(got) != 1 || got[0].ID != "b" {
		t.Errorf("the third attempt reads %+v", got)
	}
}

// TestCheckpointCompletedWhileItIsFencedIsKept plays the race: the folder is
// seen as unfinished, and complete when it has been renamed.
func TestCheckpointCompletedWhileItIsFencedIsKept(t *testing.T) {
	ctx := t.Context()
	p := testPlaces(t)
	a, answers := newArchive(p, 1)
	dir := prepare(t, a, answers, 7)
	at, err := p.open(dir)
	check(t, err)
	raced := place{fs: &racing{FS: at.fs, before: func() {
		_, err := snapshot.WriteMetadata(context.Background(), at.fs, at.dir, stateless(p, 7))
		check(t, err)
	}}, dir: at.dir}
	taken, err := raced.takeUnfinished(ctx, at.dir)
	if taken || err != nil {
		t.Errorf("taken %v, error %v", taken, err)
	}
	if complete, err := at.isComplete(ctx, at.dir); !complete || err != nil {
		t.Errorf("complete %v, error %v", complete, err)
	}
}
