package report

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTable(t *testing.T) {
	start, idle, kept := Figure{"start", Seconds}, Figure{"idle", Megabytes}, Figure{"state kept", Yes}
	samples := &Samples{}
	for _, v := range []float64{4, 2, 3} {
		samples.Add("weft", start, v)
		samples.Add("flink", start, 10*v)
		samples.Add("weft", kept, 1)
	}
	samples.Add("flink", start, 50)
	samples.Add("weft", idle, MB(20_500_000))
	samples.Add("flink", kept, 0)
	samples.Fail("flink, run 3: it fell over")
	out := &strings.Builder{}
	columns := []Column{{"weft", "Weft"}, {"flink", "Flink"}}
	if err := samples.Write(out, []Figure{start, idle, kept}, columns, Ratio{"Flink ÷ Weft", "flink", "weft"}); err != nil {
		t.Fatal(err)
	}
	want := `| figure | Weft | Flink | Flink ÷ Weft |
| --- | --- | --- | --- |
| start | **3.00 s** (2.00–4.00) | **35.00 s** (20.00–50.00) | 11.7 |
| idle | **20.5 MB** (20.5–20.5) | – |  |
| state kept | 3 of 3 | 0 of 1 |  |

Not measured:

- flink, run 3: it fell over
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
}
