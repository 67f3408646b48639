package meter

import (
	"testing"
	"time"
)

// TestPausesMarkABatch checks that 1024 records of a subtask lie between two of its marks, however many subtasks there are.
func TestPausesMarkABatch(t *testing.T) {
	for _, subtasks := range []int{1, 2, 8} {
		p := NewPauses(0, subtasks)
		marks := make([]int, subtasks)
		last := make([]instant, subtasks)
		const batches = 4
		for i := range int64(batches * batch * subtasks) {
			p.Made(i)
			if s := int(i) % subtasks; p.subtasks[s].last != last[s] {
				marks[s], last[s] = marks[s]+1, p.subtasks[s].last
			}
		}
		for s, n := range marks {
			if n != batches {
				t.Errorf("subtask %d of %d has %d marks in %d batches", s, subtasks, n, batches)
			}
		}
	}
}

func TestPausesFindTheLongest(t *testing.T) {
	const away = 50 * time.Millisecond
	p, late := NewPauses(0, 2), NewPauses(20*batch, 2)
	for i := range int64(10 * batch) {
		if i == 7*batch {
			time.Sleep(away)
		}
		p.Made(i)
		late.Made(i)
	}
	longest, busy := p.Longest()
	if time.Duration(longest) < away {
		t.Errorf("longest pause %s, want %s", time.Duration(longest), away)
	}
	if busy >= longest {
		t.Errorf("%s of processor time in a pause of %s, most of which was sleep", time.Duration(busy), time.Duration(longest))
	}
	if longest, _ := late.Longest(); longest != 0 {
		t.Errorf("a pause of %s before any is looked for", time.Duration(longest))
	}
}
