package container

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weft-stream/weft/internal/plan"
	"github.com/weft-stream/weft/internal/task"
)

// TestRanksOfFormerSubtasksAreCountedFromTheirOwnInputs: of two former subtasks
// one had inputs of an earlier restore left and the other had none. What came to
// their own inputs was sent at the same time and is handled side by side, so that
// the last watermark of the one does not make the records of the other late.
func TestRanksOfFormerSubtasksAreCountedFromTheirOwnInputs(t *testing.T) {
	own := &inbound{watermark: task.NoTime}
	r := &recovery{t: &subtask{inputs: []*inbound{own}}, channels: map[recoveredID]*inbound{}}
	d := &deployment{plan: &plan.Plan{Vertices: make([]plan.Vertex, 2), Edges: []plan.Edge{{From: 0, To: 1, Ship: plan.Hash}}}}
	d.plan.Vertices[0].Operators = make([]plan.Operator, 1)
	ids := []recoveredID{
		{subtask: 0, channel: 0, rank: 0}, {subtask: 0, channel: 1, rank: 0}, // its own: it had recovered all
		{subtask: 1, channel: 0, rank: 0}, {subtask: 1, channel: 1, rank: 1}, // a recovered one, its own
		{subtask: 2, channel: 3, rank: 1}, {subtask: 2, channel: 4, rank: 2}, {subtask: 2, channel: 5, rank: 3}, // two generations
	}
	for _, id := range ids {
		r.channel(d, id)
	}
	r.install()
	got := map[recoveredID]int{}
	for id, in := range r.channels {
		got[id] = in.rank
	}
	want := map[recoveredID]int{ids[0]: 2, ids[1]: 2, ids[2]: 1, ids[3]: 2, ids[4]: 0, ids[5]: 1, ids[6]: 2}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(recoveredID{})); diff != "" {
		t.Errorf("ranks (-want +got):\n%s", diff)
	}
	if own.rank != 3 || r.t.recovered != 3 {
		t.Errorf("the subtask's own input has rank %d of %d, want 3 of 3", own.rank, r.t.recovered)
	}
}
