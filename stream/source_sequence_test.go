package stream

import (
	"encoding/binary"
	"slices"
	"testing"
)

// TestRestoredSplitsComeInOrder restores splits of which some are far behind, as
// those of a slow subtask are, in one subtask: its records come in the order of
// their indexes, so that none is late for those before it.
func TestRestoredSplitsComeInOrder(t *testing.T) {
	const step, count = 4, 1000
	var restored [][]byte
	var want []int64
	for split, place := range []int64{400, 13, 402, 999} { // the last comes to its end at once, long before the others
		place += (int64(split) - place%step + step) % step // its own indexes only
		restored = append(restored, binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(nil, uint64(place)), step))
		for i := place; i < count; i += step {
			want = append(want, i)
		}
	}
	slices.Sort(want)
	stride := 3 // Poll ends amid rounds
	s := &indexSource[int64]{count: count, record: func(i int64) int64 { return i }}
	if err := s.Open(&SourceContext{Splits: step, stride: &stride}, true, restored); err != nil {
		t.Fatal(err)
	}
	var got []int64
	out := &Emitter[int64]{next: func(_ uint64, i int64, _ int64) { got = append(got, i) }}
	for next := Again(); next != End(); {
		var err error
		if next, err = s.Poll(out); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}
