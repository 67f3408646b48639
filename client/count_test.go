package client

import (
	"strings"
	"testing"

	"github.com/weft-stream/weft/conf"
	"github.com/weft-stream/weft/internal/plan"
)

func TestCountWorkersAndSlots(t *testing.T) {
	cases := []struct {
		settings       string // -D
		need           int    // slots of the plan; 0: what was wanted
		yarn           bool
		wanted         int // parallelism
		workers, slots int
		fault          string
	}{
		{"", 0, true, 1, 1, 1, ""},
		{"", 0, false, 1, 1, 1, ""},
		{"parallelism.default=4", 0, false, 4, 1, 4, ""},
		{"parallelism.default=4", 0, true, 4, 4, 1, ""},
		{"parallelism.default=5 taskmanager.numberOfTaskSlots=2", 0, true, 5, 3, 2, ""},
		{"yarn.containers.count=2", 0, true, 2, 2, 1, ""},
		{"yarn.containers.count=2 taskmanager.numberOfTaskSlots=3", 0, true, 6, 2, 3, ""},
		{"yarn.containers.count=2 parallelism.default=1", 0, true, 1, 2, 1, ""},
		{"yarn.containers.count=2", 3, true, 2, 2, 1, "wide (main.go:7) has parallelism 3, larger than the 2 slots of 2 containers of 1 slot"},
		{"yarn.containers.count=2 parallelism.default=3", 0, true, 3, 2, 1, "the parallelism 3 (-D) is larger than the 2 slots of 2 containers of 1 slot"},
		{"", 3, true, 1, 3, 1, ""},
	}
	for _, c := range cases {
		s := &submission{conf: conf.New()}
		s.options = &runOptions{conf: s.conf}
		for _, setting := range strings.Fields(c.settings) {
			if err := s.conf.SetDynamic(setting, "-D"); err != nil {
				t.Fatal(err)
			}
		}
		if c.yarn {
			s.conf.Set(conf.ExecutionTarget.Name, string(conf.TargetYARN), conf.FromFlag("-m"))
		}
		wanted := s.wantedParallelism()
		need := c.need
		if need == 0 {
			need = wanted
		}
		s.plan = &plan.Plan{Vertices: []plan.Vertex{
			{Name: "narrow", Parallelism: 1, Operators: []plan.Operator{{}}},
			{Name: "wide", Parallelism: need, Operators: []plan.Operator{{Location: "main.go:7"}}},
		}}
		err := s.count()
		if (err == nil) != (c.fault == "") || (err != nil && err.Error() != c.fault) {
			t.Errorf("%q: got error %v, want %q", c.settings, err, c.fault)
		}
		if err == nil && (wanted != c.wanted || s.workers != c.workers || s.slots != c.slots) {
			t.Errorf("%q: parallelism %d, %d workers of %d slots; want %d, %d, %d", c.settings, wanted, s.workers, s.slots, c.wanted, c.workers, c.slots)
		}
	}
}
