package container

import (
	"fmt"
	"testing"
	"time"

	"github.com/weft-stream/weft/internal/control"
	"github.com/weft-stream/weft/internal/inflight"
	"github.com/weft-stream/weft/internal/plan"
	"github.com/weft-stream/weft/internal/task"
	"github.com/weft-stream/weft/stream"
)

const (
	edgeRecords = 12_000
	copies      = 3 // receivers of each record that is sent to all
)

// forwardAndBroadcast sends numbers over a forward edge, of a vertex with two
// inputs, and then to all subtasks of a slow one, as many as ever.
func forwardAndBroadcast(slow *slowness) func(t *testing.T, parallelism int, out string) task.Program {
	return func(t *testing.T, parallelism int, out string) task.Program {
		env := stream.NewEnv(stream.Settings{Job: "edges", Parallelism: parallelism, MaxParallelism: 128})
		numbers := stream.Generate(env, "numbers", stream.Generator[int64]{Count: edgeRecords, Record: func(i int64) int64 { return i }})
		same := func(i int64) int64 { return i }
		odd := stream.Filter(stream.Map(numbers.Rebalance(), same).UID("first"), func(i int64) bool { return i%2 == 1 })
		even := stream.Filter(stream.Map(numbers.Rebalance(), same).UID("second"), func(i int64) bool { return i%2 == 0 })
		merged := stream.Map(stream.Union(odd, even), func(i int64) int64 {
			slow.wait()
			return i
		}).UID("merged")
		copied := stream.Map(merged.Broadcast(), func(i int64) string {
			slow.wait()
			return fmt.Sprintln(i)
		}).UID("copied").Parallelism(copies)
		stream.WriteFiles(copied, "files", "file://"+out, func(dst []byte, line string) []byte { return append(dst, line...) }).Parallelism(copies)
		program, err := env.Compile("edges")
		if err != nil {
			t.Fatal(err)
		}
		return program
	}
}

// TestForwardAndBroadcastInFlight: what is in flight over such edges is neither
// lost nor doubled, whatever the senders' parallelism becomes.
func TestForwardAndBroadcastInFlight(t *testing.T) {
	var slow slowness
	setup, _ := unaligned(&slow, 100*time.Microsecond)
	entries := map[plan.Ship]int64{}
	lines := runFleets(t, 6, 60*time.Millisecond, forwardAndBroadcast(&slow), func(f *fleet) {
		setup(f)
		f.acked = func(ack *control.SubtaskAck) { countInFlight(f.program.Plan(), ack, entries) }
	})
	if entries[plan.Forward] == 0 || entries[plan.Broadcast] == 0 {
		t.Errorf("entries in flight: %v", entries)
	}
	times := map[string]int{}
	for _, line := range lines {
		times[line]++
	}
	for i := range edgeRecords {
		if n := times[fmt.Sprint(i)]; n != copies {
			t.Errorf("%d was written %d times", i, n)
		}
	}
	if len(lines) != edgeRecords*copies {
		t.Errorf("%d lines", len(lines))
	}
}

// countInFlight adds up the entries of a subtask's state in flight, by how their
// edges ship.
func countInFlight(p *plan.Plan, ack *control.SubtaskAck, entries map[plan.Ship]int64) {
	for _, o := range ack.Operators {
		for _, h := range o.States {
			for e := range p.Edges {
				edge := &p.Edges[e]
				if inflight.StateOf(p, e).Name == h.State && p.Vertices[edge.To].Operators[0].UID == o.UID {
					entries[edge.Ship] += h.Entries
				}
			}
		}
	}
}
