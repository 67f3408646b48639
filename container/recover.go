package container

import (
	"context"
	"fmt"
	"slices"

	"github.com/weft-stream/weft/internal/inflight"
	"github.com/weft-stream/weft/internal/keygroup"
	"github.com/weft-stream/weft/internal/plan"
	"github.com/weft-stream/weft/internal/snapshot"
	"github.com/weft-stream/weft/internal/task"
)

// What was in flight when a snapshot was taken comes into a subtask over inputs of
// its own, one for each channel that there was, before anything new. They end, and
// then they are gone. So it is handled like anything else that comes in: it waits
// for credit, it is aligned, and it can be in flight once more.
//
// The watermarks of these inputs are combined among themselves, an ended one
// keeping its last: what the former subtasks had not heard of on one channel holds
// the others back as it did then.

// recovery collects the inputs of one subtask while its snapshot is read.
type recovery struct {
	t        *subtask
	marks    bool // watermarks are taken over
	channels map[recoveredID]*inbound
	order    []*inbound
}

// recoveredID names a channel that there was.
type recoveredID struct {
	edge, subtask int // the latter the receiver
	channel, rank uint64
}

// recover hands a subtask its share of what was in flight.
func (d *deployment) recover(ctx context.Context, t *subtask) error {
	if err := d.checkWays(t); err != nil {
		return err
	}
	saved := d.restore.Meta.Operator(t.vertex.Operators[0].UID)
	if saved == nil || !slices.ContainsFunc(saved.States, func(s snapshot.StateInfo) bool { return inflight.IsKind(s.Kind) }) {
		return nil
	}
	r := &recovery{t: t, marks: d.takesMarks(t, saved), channels: map[recoveredID]*inbound{}}
	v := d.vertexIndex(t)
	for e := range d.plan.Edges {
		if d.plan.Edges[e].To != v {
			continue
		}
		if err := d.recoverEdge(ctx, r, e, saved); err != nil {
			return err
		}
	}
	r.install()
	return nil
}

// checkWays refuses what was in flight to an operator that has no such way any
// more, unless the user said that what cannot be restored may be skipped. Clients
// and masters check that too; it is here for those plans that a master makes itself.
func (d *deployment) checkWays(t *subtask) error {
	if r := d.worker.spec.Restore; r != nil && r.AllowNonRestored {
		return nil
	}
	for i := range t.vertex.Operators {
		saved := d.restore.Meta.Operator(t.vertex.Operators[i].UID)
		if saved == nil {
			continue
		}
		for _, state := range saved.States {
			known := i == 0 && slices.ContainsFunc(inflight.States(d.plan, d.vertexIndex(t)), func(s plan.State) bool {
				return s.Name == state.Name && s.Kind == state.Kind
			})
			if inflight.IsKind(state.Kind) && !known {
				return fatalError{fmt.Errorf("records were on their way to %q (%s), and at parallelism %d there is no such way", saved.UID, state.Name, t.vertex.Parallelism)}
			}
		}
	}
	return nil
}

// takesMarks tells whether the watermarks that were in flight mean the same in the
// new subtasks: not if one of the inputs is new, nor where forwarding lets subtasks
// know only some of the channels. Then time begins with what the sources say.
func (d *deployment) takesMarks(t *subtask, saved *snapshot.Operator) bool {
	v := d.vertexIndex(t)
	for e := range d.plan.Edges {
		if d.plan.Edges[e].To != v {
			continue
		}
		state := inflight.StateOf(d.plan, e)
		known := slices.ContainsFunc(saved.States, func(s snapshot.StateInfo) bool { return s.Name == state.Name })
		if !known || d.plan.Edges[e].Ship == plan.Forward && saved.Parallelism != t.vertex.Parallelism {
			return false
		}
	}
	return true
}

func (d *deployment) recoverEdge(ctx context.Context, r *recovery, edge int, saved *snapshot.Operator) error {
	state := inflight.StateOf(d.plan, edge)
	i := slices.IndexFunc(saved.States, func(s snapshot.StateInfo) bool { return s.Name == state.Name })
	if i < 0 {
		return nil
	}
	if saved.States[i].Kind != state.Kind {
		return nil // distributed otherwise now: the check before the start has allowed to skip it
	}
	decode, err := d.program.RowDecoder(edge, d.settings.batchRecords, saved.States[i].Schema)
	if err != nil {
		return fatalError{fmt.Errorf("state %q of %q: %w", state.Name, saved.UID, err)}
	}
	first, last := keygroupRange(r.t)
	for subtask := range saved.Subtasks {
		mine, known := share(state.Kind, r.t, subtask, saved.Parallelism)
		if !known {
			continue
		}
		for _, handle := range saved.Subtasks[subtask].States {
			if handle.State != state.Name || !handle.Overlaps(first, last) {
				continue
			}
			for frame, err := range d.state.Frames(ctx, handle, first, last) {
				if err != nil {
					return err
				}
				if err := r.take(d, edge, subtask, frame.Payload, mine, decode); err != nil {
					return fatalError{fmt.Errorf("state %q of %q: %w", state.Name, saved.UID, err)}
				}
			}
		}
	}
	return nil
}

// share tells what a subtask has to do with what was in flight into a former one:
// whether it gets the records, and whether it has to know the watermarks.
func share(kind string, t *subtask, former, parallelism int) (records, known bool) {
	n := t.vertex.Parallelism
	switch kind {
	case inflight.Keyed:
		return true, true // of its key groups
	case inflight.Broadcast:
		mine := former == t.id.Subtask%parallelism
		return mine, mine
	}
	mine := former%n == t.id.Subtask
	return mine, mine || n > parallelism && former == t.id.Subtask%parallelism
}

// take adds one element to the input that it came over.
func (r *recovery) take(d *deployment, edge, subtask int, frame []byte, mine bool, decode task.RowDecoder) error {
	e, err := inflight.Parse(frame)
	if err != nil {
		return err
	}
	in := r.channel(d, recoveredID{edge, subtask, e.Channel, e.Rank})
	switch {
	case e.Kind == inflight.Records && mine:
		batches, err := decode(e.Rows, r.owns(in))
		if err != nil {
			return err
		}
		for _, b := range batches {
			in.push(envelope{to: in, kind: data, batch: b})
		}
	case e.Kind == inflight.Watermark && r.marks:
		in.push(envelope{to: in, kind: watermark, value: e.Value})
	case e.Kind == inflight.Idle && r.marks:
		in.push(envelope{to: in, kind: idle, value: e.Value})
	}
	return nil
}

// owns tells by the hash of a key whether a record is the subtask's.
func (r *recovery) owns(in *inbound) func(uint64) bool {
	if in.state.Kind != inflight.Keyed {
		return nil
	}
	first, last := keygroupRange(r.t)
	return func(hash uint64) bool {
		group := keygroup.Of(hash, r.t.vertex.MaxParallelism)
		return first <= group && group <= last
	}
}

func (r *recovery) channel(d *deployment, id recoveredID) *inbound {
	in := r.channels[id]
	if in == nil {
		in = &inbound{
			task: r.t, input: d.plan.Edges[id.edge].Input, watermark: task.NoTime, state: inflight.StateOf(d.plan, id.edge),
		}
		r.channels[id] = in
		r.order = append(r.order, in)
	}
	return in
}

// install adds the inputs behind the subtask's own. Their ranks become 0, 1, …,
// and that of its own the next.
//
// A former subtask counted its ranks from what was left to it of the restores
// before: one that had nothing more to recover has its own inputs in rank 0,
// another one in rank 1. What they have in common is the last rank, their own
// inputs, and from there ranks are counted back. Else the last watermark of the
// one would come before the records of the other.
func (r *recovery) install() {
	last := map[int]uint64{} // rank, by former subtask
	for id := range r.channels {
		last[id.subtask] = max(last[id.subtask], id.rank)
	}
	var ranks []int
	for id, in := range r.channels {
		in.rank = -int(last[id.subtask] - id.rank)
		if !slices.Contains(ranks, in.rank) {
			ranks = append(ranks, in.rank)
		}
	}
	slices.Sort(ranks)
	for _, in := range r.order {
		in.push(envelope{to: in, kind: end})
		in.rank = slices.Index(ranks, in.rank)
	}
	for _, in := range r.t.inputs {
		in.rank = len(ranks)
	}
	r.t.inputs = append(r.t.inputs, r.order...)
	r.t.recovered = len(ranks)
	r.t.markClear()
}

// recoveredEnd goes on when an input of what was in flight has come to its end:
// with the next rank, and in the end with the subtask's own inputs.
func (t *subtask) recoveredEnd() {
	for t.rank < t.recovered {
		for _, in := range t.inputs {
			if in.rank == t.rank && !in.ended {
				return
			}
		}
		t.rank++
	}
	t.inputs = slices.DeleteFunc(t.inputs, func(in *inbound) bool { return in.rank < t.rank })
	t.markClear()
}
