package conf

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestRetain(t *testing.T) {
	tiers := []RetainTier{{10 * time.Minute, 6 * time.Hour}, {time.Hour, 48 * time.Hour}}
	for text, want := range map[string]Retain{
		"20, 10m for 6h, 1h for 2d":        {20, tiers},
		" 20,10 min for 6 h , 60m for 48h": {20, tiers},
		"10m for 6h, 1h for 2d":            {0, tiers},
		"5":                                {5, nil},
		"1s for 1s":                        {0, []RetainTier{{time.Second, time.Second}}},
	} {
		got, ok := parseRetain(text)
		if diff := cmp.Diff(want, got); !ok || diff != "" {
			t.Errorf("%q: %v %s", text, ok, diff)
		}
		again, ok := parseRetain(formatRetain(got))
		if diff := cmp.Diff(want, again); !ok || diff != "" {
			t.Errorf("%q is written as %q: %s", text, formatRetain(got), diff)
		}
	}
	for _, text := range []string{
		"", "0", "-1", "20,", "20, 30", "10m", "10m for", "for 6h", "10m for 6h for 2d", "6h for 10m", "10 for 20", "0 for 6h",
		"10m for 6h, 20", "99999999999", "x", "1h for 2d; 20",
	} {
		if r, ok := parseRetain(text); ok {
			t.Errorf("%q is taken as %v", text, r)
		}
	}
}

func TestEffectiveRetain(t *testing.T) {
	standard := []RetainTier{{10 * time.Minute, 6 * time.Hour}, {time.Hour, 48 * time.Hour}}
	for _, test := range []struct {
		set  map[string]string
		want Retain
	}{
		{nil, Retain{20, standard}},
		{map[string]string{"state.checkpoints.num-retained": "3"}, Retain{3, nil}},
		{map[string]string{"execution.checkpointing.num-retained": "3"}, Retain{3, nil}},
		{map[string]string{"state.checkpoints.num-retained": "3", "state.checkpoints.retain": "1m for 1h"}, Retain{3, []RetainTier{{time.Minute, time.Hour}}}},
		{map[string]string{"state.checkpoints.num-retained": "3", "state.checkpoints.retain": "5, 1m for 1h"}, Retain{5, []RetainTier{{time.Minute, time.Hour}}}},
		{map[string]string{"state.checkpoints.retain": "1m for 1h"}, Retain{20, []RetainTier{{time.Minute, time.Hour}}}},
		{map[string]string{"state.checkpoints.retain": "7"}, Retain{7, nil}},
	} {
		c := New()
		for name, value := range test.set {
			must(t, c.SetDynamic(name+"="+value, "-D"))
		}
		if diff := cmp.Diff(test.want, EffectiveRetain(c)); diff != "" {
			t.Errorf("%v: %s", test.set, diff)
		}
	}
	c := New()
	must(t, c.SetDynamic("state.checkpoints.retain-max-bytes=2g", "-D"))
	if got := Get(c, RetainMaxBytes); got != 2*GiB {
		t.Errorf("retain-max-bytes is %v", got)
	}
}

func FuzzRetain(f *testing.F) {
	f.Add("20, 10m for 6h, 1h for 2d")
	f.Add("10m for 6h")
	f.Fuzz(func(t *testing.T, text string) {
		r, ok := parseRetain(text)
		if !ok {
			return
		}
		again, ok := parseRetain(formatRetain(r))
		if diff := cmp.Diff(r, again); !ok || diff != "" {
			t.Fatalf("%q is written as %q: %s", text, formatRetain(r), diff)
		}
	})
}
