package coordinator

import (
	"slices"
	"testing"
	"time"

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
