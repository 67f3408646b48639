package appmaster

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weft-stream/weft/appmaster/coordinator"
	"github.com/weft-stream/weft/internal/snapshot"
)

// TestSavepointIsRecordedBeforeItIsPromised: whoever is told an operation's id finds
// a record of it at every moment, whatever becomes of the savepoint.
func TestSavepointIsRecordedBeforeItIsPromised(t *testing.T) {
	ctx := t.Context()
	p := testPlaces(t)
	a, answers := newArchive(p, 1)
	recorded := func() []snapshot.SavepointRecord {
		t.Helper()
		records, err := snapshot.RecordedSavepoints(ctx, p.checkpoints.fs, p.checkpoints.dir, p.jobID)
		check(t, err)
		return records
	}
	const good, bad, none = "00000000000000000000000000000001", "00000000000000000000000000000002", "00000000000000000000000000000003"
	operations := []coordinator.Operation{
		{ID: good, Kind: coordinator.Savepoint, State: coordinator.OperationInProgress},
		{ID: bad, Kind: coordinator.Stop, State: coordinator.OperationInProgress},
		{ID: none, Kind: coordinator.Checkpoint, State: coordinator.OperationInProgress},
	}
	a.persist(ctx, coordinator.PersistOperations{Seq: 1, Operations: operations})
	check(t, answers().(coordinator.OperationsPersisted).Err)
	if diff := cmp.Diff([]snapshot.SavepointRecord{{Operation: good}, {Operation: bad}}, recorded()); diff != "" {
		t.Fatal(diff)
	}
	dir, err := a.makeFolder(ctx, coordinator.PrepareCheckpoint{Checkpoint: 1, Savepoint: true, Target: p.staging.fs.URI(p.staging.dir)})
	check(t, err)
	meta := stateless(p, 1)
	meta.Kind = snapshot.Savepoint
	a.complete(ctx, coordinator.WriteMetadata{Checkpoint: 1, Dir: dir, Operation: good, Metadata: meta})
	check(t, answers().(coordinator.MetadataWritten).Err)
	failed := operations[1]
	failed.State, failed.Failure = coordinator.OperationFailed, "no room"
	a.recordFailure(ctx, failed)
	a.persist(ctx, coordinator.PersistOperations{Seq: 2, Operations: operations}) // a version that was under way meanwhile
	want := []snapshot.SavepointRecord{{Operation: bad, Failure: "no room"}, {Path: dir, Operation: good}}
	if diff := cmp.Diff(want, recorded()); diff != "" {
		t.Fatal(diff)
	}
}
