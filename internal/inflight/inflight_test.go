package inflight

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weft-stream/weft/internal/plan"
)

func TestElementsComeBack(t *testing.T) {
	rows := AppendRowsHead(nil, 0, false, false)
	for _, want := range []Element{
		{Kind: Watermark, Channel: 3, Rank: 1, Value: math.MinInt64},
		{Kind: Idle, Channel: 300, Value: 1},
		{Kind: Records, Channel: 1, Rank: 2, Rows: rows},
	} {
		frame := AppendValue(nil, want.Kind, int(want.Channel), int(want.Rank), want.Value)
		if want.Kind == Records {
			frame = append(AppendHead(nil, want.Kind, int(want.Channel), int(want.Rank)), rows...)
		}
		got, err := Parse(frame)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		for end := range frame {
			if e, err := Parse(frame[:end]); err == nil && e.Kind != Records {
				t.Errorf("%d of %d bytes are enough", end, len(frame))
			}
		}
	}
}

// TestAStateNamesTheWayThatRecordsTook: their kind does not depend on the
// parallelism, which decides between forward and rebalance.
func TestAStateNamesTheWayThatRecordsTook(t *testing.T) {
	p := &plan.Plan{Vertices: []plan.Vertex{{Operators: []plan.Operator{{UID: "a"}, {UID: "b"}}}, {Operators: []plan.Operator{{UID: "c"}}}}}
	for ship, kind := range map[plan.Ship]string{plan.Hash: Keyed, plan.Forward: Split, plan.Rebalance: Split, plan.Broadcast: Broadcast} {
		p.Edges = []plan.Edge{{From: 0, To: 1, Input: 2, Ship: ship, Schema: "string"}}
		want := []plan.State{{Name: "in-flight-2-from-a", Kind: kind, Schema: "string"}}
		if diff := cmp.Diff(want, States(p, 1)); diff != "" || !IsKind(kind) || !IsName(want[0].Name) {
			t.Error(ship, diff)
		}
	}
}

// FuzzRows reads hostile frames: it ends, without a panic.
func FuzzRows(f *testing.F) {
	f.Add(append(AppendHead(nil, Records, 1, 0), AppendRowsHead(nil, 2, true, true)...), 1)
	f.Add(AppendValue(nil, Watermark, 0, 0, 5), 0)
	f.Add([]byte{1, 0, 0, 3, 0xff, 0xff, 0xff, 0xff, 0xff}, 0)
	f.Fuzz(func(t *testing.T, frame []byte, size int) {
		e, err := Parse(frame)
		if err != nil || e.Kind != Records {
			return
		}
		rows, err := ParseRowsHead(e.Rows)
		if err != nil {
			return
		}
		for range rows.Count {
			row, err := rows.Next()
			if err != nil || size < 0 || size > len(row.Rest) {
				return
			}
			rows.Skip(size)
		}
		_ = rows.End()
	})
}
