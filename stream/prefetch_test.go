package stream

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weft-stream/weft/internal/codec"
	"github.com/weft-stream/weft/internal/task"
)

// eager notes in what order a head tells it of hashes and gives it records.
type eager struct {
	base
	seen []string
}

func (e *eager) prefetch(hashes []uint64) {
	for _, h := range hashes {
		e.seen = append(e.seen, "hash "+string(rune('a'+h)))
	}
}

func (e *eager) record(hash uint64, v string, _ int64) { e.seen = append(e.seen, v) }

// TestHashesComeAheadOfTheirRecords: the operator behind an exchange learns of a batch's keys before its first record.
func TestHashesComeAheadOfTheirRecords(t *testing.T) {
	records, err := codec.Of[string]()
	if err != nil {
		t.Fatal(err)
	}
	x := &exchange[string]{records: records, hasher: func() func([]string, []uint64) { return nil }}
	op, stride := &eager{}, task.MaxStride
	h := x.head(&task.Context{Stride: &stride}, emit[string](op.record), op)
	b := x.take(4)
	for i, v := range []string{"x", "y", "z"} {
		b.append(uint64(i), v, 0)
	}
	if to := h.process(b, 1); to != 3 {
		t.Fatalf("came to %d", to)
	}
	if diff := cmp.Diff([]string{"hash b", "hash c", "y", "z"}, op.seen); diff != "" {
		t.Error(diff)
	}
}

// TestSnapshotsCountTheirEntries: tools show how many keys a state holds from what the frames say.
func TestSnapshotsCountTheirEntries(t *testing.T) {
	words := &feed[wordCount]{}
	r := newRig(t, 2, nil, func(env *Env) {
		s := from(env, words)
		byWord := func(w wordCount) string { return w.Word }
		Discard(KeyBy(s, byWord).Reduce("sum", func(a, b wordCount) wordCount { return a }))
	})
	for _, w := range append(allocWords, allocWords...) {
		words.put(wordCount{Word: w})
	}
	r.run()
	snap := r.begin()
	for !r.step() {
	}
	entries := int64(0)
	for _, f := range snap.frames {
		entries += f.entries
	}
	if entries != int64(len(allocWords)) {
		t.Errorf("%d entries, want %d", entries, len(allocWords))
	}
}
