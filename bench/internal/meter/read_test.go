package meter

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const told = `something else
1> bench: start pid=1 at=2000000000 cpu=500000000 allocs=5 allocated=0
bench: start pid=2 at=1000000000 cpu=500000000 allocs=5 allocated=0
bench: quarter pid=1 at=3000000000 cpu=1000000000 allocs=10 allocated=0
bench: quarter pid=2 at=4000000000 cpu=1000000000 allocs=20 allocated=0
bench: last pid=1 at=7000000000 cpu=3000000000 allocs=10 allocated=0
bench: last pid=2 at=7500000000 cpu=3000000000 allocs=20 allocated=0
bench: done pid=1 at=8000000000 cpu=4000000000 allocs=30 allocated=0 records=3 sum=18446744073709551615
bench: done pid=2 at=9500000000 cpu=5000000000 allocs=30 allocated=0 records=4 sum=2
`

func TestReadPutsProcessesTogether(t *testing.T) {
	got, err := Read("bench: done pid=9 at=5 cpu=0 allocs=0 allocated=0 records=9 sum=9\n"+told, time.Unix(1, 0), 2)
	if err != nil {
		t.Fatal(err)
	}
	want := Result{Records: 7, Sum: 1, Whole: 8.5, Steady: 6, CPU: 7, Making: 4, MakingCPU: 4, TotalCPU: 9, Allocs: 30}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestReadRefusesAHalfRun(t *testing.T) {
	for name, output := range map[string]string{
		"a subtask is missing": told[:len(told)-90],
		"no start":             "bench: done pid=1 at=8 cpu=4 allocs=3 allocated=0 records=3 sum=1\nbench: done pid=1 at=8 cpu=4 allocs=3 allocated=0 records=3 sum=1\n",
		"no number":            "bench: done pid=1 at=x\n",
	} {
		if result, err := Read(output, time.Unix(0, 0), 2); err == nil {
			t.Errorf("%s: %+v", name, result)
		}
	}
}
