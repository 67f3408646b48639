package nexmark

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFiguresAreReadFromWhatTheSystemsPrint(t *testing.T) {
	got, err := readFlink("a warning\nnexmark: events=1000 rows=920 steady_events=600 steady_ns=2000000 steady_cpu_ns=3000000 whole_ns=4000000 whole_cpu_ns=9\n")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Run{Rows: 920, Rate: 300_000, Processor: 5e-6, Whole: 250_000}, got); diff != "" {
		t.Error(diff)
	}
	got, err = readWeft(`running
1000 events in 0.01 s, 920 results
  whole run          4.00 million events/s, 5.00 million for each second of a core (0.80 cores were busy)
  from 30 to 90 %    8.00 million events/s, 10.00 million for each second of a core (0.80 cores were busy)
  making the events  24.5 ns each, 19 % of the processor time
`)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Run{Rows: 920, Rate: 8e6, Processor: 1e-7, Whole: 4e6}, got); diff != "" {
		t.Error(diff)
	}
	for _, read := range []func(string) (Run, error){readFlink, readWeft} {
		if _, err := read("nexmark: it fell over"); err == nil {
			t.Error("figures out of nothing")
		}
	}
}

func TestRunsOfOtherResultsDoNotCount(t *testing.T) {
	q := Query{Name: "q0", Title: "pass", Events: million}
	r := &Result{Flink: []Run{{Rows: 5, Rate: 1e6, Processor: 1e-6}, {Rows: 6}}, Weft: []Run{{Rows: 5, Rate: 4e6, Processor: 1e-7}, {Rows: 5}}}
	r.compare(q)
	out := &strings.Builder{}
	b := &Bench{Queries: []Query{q}, Scale: 1}
	if err := b.Write(out, Results{"q0": r}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| Q0 pass | 1 | **1.00** (1.00–1.00) | **4.00** (4.00–4.00) | **4.0 ×** | 1000 | 100 | **10.0 ×** |",
		"- q0: wrong: 6 rows of Flink, 5 of Weft",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
	r = &Result{Flink: []Run{{Rows: 6}}, Weft: []Run{{Rows: 5}}}
	q.Differ = "each change"
	if r.compare(q); len(r.Flink) != 1 || len(r.Failures) != 0 {
		t.Error("rows were compared that need not be equal")
	}
}
