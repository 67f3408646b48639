package coordinator

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weft-stream/weft/internal/snapshot"
)

// TestRuleOfRetentionHoldsAfterTheEnd: a deletion comes back when the job has ended,
// because the checkpoint was pinned meanwhile. Its bytes make another one surplus.
func TestRuleOfRetentionHoldsAfterTheEnd(t *testing.T) {
	j := begin(t, "job").job
	j.phase = ended
	j.cfg.Checkpoints.Keep = snapshot.Retention{Newest: 3, MaxBytes: 35}
	one := func(id int64) Snapshot { return Snapshot{ID: id, Dir: "/chk", Size: 10} }
	j.completed = []Snapshot{one(46), one(48), one(49)}
	j.pinsDue = time.Unix(1<<40, 0) // no new look at pins
	j.deletions[44] = &deletion{snapshot: one(44)}
	var deleted []int64
	for _, effect := range j.Step(time.Now(), SnapshotDeleted{Checkpoint: 44, Kept: true}) {
		if e, is := effect.(DeleteSnapshot); is {
			deleted = append(deleted, e.Checkpoint)
		}
	}
	if !slices.Equal(deleted, []int64{46}) {
		t.Errorf("deletes %v, want the oldest that nobody has pinned", deleted)
	}
}

// TestLastCheckpointGoesAfterTheEnd: what a job does not retain goes before its end is
// told, but for the checkpoint from which another master would start.
func TestLastCheckpointGoesAfterTheEnd(t *testing.T) {
	j := begin(t, "job").job
	j.cfg.Checkpoints.Retention = DeleteAlways
	one := func(id int64) Snapshot { return Snapshot{ID: id, Dir: "/chk"} }
	j.completed = []Snapshot{one(47), one(48), one(49)}
	step := func(e Event) (deleted []DeleteSnapshot, finished bool) {
		for _, effect := range j.Step(time.Unix(2000, 0), e) {
			switch e := effect.(type) {
			case DeleteSnapshot:
				deleted = append(deleted, e)
			case Finish:
				finished = true
			}
		}
		return deleted, finished
	}
	for _, s := range []struct {
		event   Event
		deleted []DeleteSnapshot
		end     bool
	}{
		{Request{ID: "0123456789abcdef0123456789abcdef", Kind: Cancel}, []DeleteSnapshot{{Checkpoint: 47, Dir: "/chk"}, {Checkpoint: 48, Dir: "/chk"}}, false},
		{SnapshotDeleted{Checkpoint: 48}, nil, false},
		{OperationsPersisted{Seq: 1}, nil, false},
		{SnapshotDeleted{Checkpoint: 47}, []DeleteSnapshot{{Checkpoint: 49, Dir: "/chk", Last: true}}, true},
	} {
		deleted, end := step(s.event)
		if diff := cmp.Diff(s.deleted, deleted); diff != "" || end != s.end {
			t.Errorf("after %+v: the end %v, deletions %s", s.event, end, diff)
		}
	}
	if step(SnapshotDeleted{Checkpoint: 49}); !j.Settled() {
		t.Error("it is not settled")
	}
}
