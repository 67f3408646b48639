package goals

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/weft-stream/weft/bench/internal/bare"
	"github.com/weft-stream/weft/bench/internal/meter"
)

// A run whose results are not those of the reference does not count, and is told of.
func TestWrongResultsDoNotCount(t *testing.T) {
	w := sliding(7, 2, time.Minute, time.Second)
	want := bare.Sliding(1000, w.events, w.size, w.slide)
	right := meter.Result{Records: want.Records, Sum: want.Sum, Making: 1}
	b := &Bench{}
	if err := b.check(w, 1000, right); err != nil {
		t.Error(err)
	}
	for _, wrong := range []meter.Result{{Records: want.Records + 1, Sum: want.Sum}, {Records: want.Records, Sum: want.Sum + 1}, {}} {
		if err := b.check(w, 1000, wrong); err == nil {
			t.Errorf("%+v was taken for right", wrong)
		}
	}
	if err := b.check(w, 1001, right); err == nil {
		t.Error("another count was held against the same reference")
	}
}

func TestLines(t *testing.T) {
	base := &series{trial: trial{goal: "windows", title: "by 1 min", count: 4 * million, subtasks: 2}}
	base.take(meter.Result{Making: 0.5, MakingCPU: 3e-3, CPU: 1}, nil, io.Discard)
	slide := &series{trial: trial{goal: "windows", title: "by 1 s", count: 400, subtasks: 2, share: true, flink: true}}
	slide.take(meter.Result{Making: 0.1, CPU: 1}, nil, io.Discard)
	slide.take(meter.Result{}, errors.New("it\nfell over"), io.Discard)
	none := &series{trial: trial{goal: "windows", title: "nothing", subtasks: 2, share: true}}
	none.take(meter.Result{}, errors.New("no\nmemory"), io.Discard)
	out := &strings.Builder{}
	writeLines(out, []*series{base, slide, none})
	want := `| windows | by 1 min | 2 | **6.0** | 1.0 |  | 0, 0 MB |  | 0.0 % |  |
| windows | by 1 s | 2 | **0.003**, 0.05 % of the one above; 1 runs failed: it fell over | 0.0 |  | 0, 0 MB |  |  |  |
| windows | nothing | 2 | failed: no memory |  |  |  |  |  |  |
`
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", out, want)
	}
}
