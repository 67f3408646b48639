package client

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/weft-stream/weft/yarnrest"
)

func TestTagsFitYARN(t *testing.T) {
	got := jobTags("1c58", "Sums, of Ünïcode")
	if diff := cmp.Diff([]string{"weft", "jobid:1c58", "jobname:sums_ of _n_code"}, got); diff != "" {
		t.Error(diff)
	}
	if long := fitTag(tagJobName + strings.Repeat("x", 200)); len(long) != yarnrest.MaxTagLength {
		t.Errorf("%d characters", len(long))
	}
	app := &yarnrest.App{Tags: got}
	if tagged(app, tagJobID) != "1c58" || !hasTag(app, tagWeft) || tagged(app, "none:") != "" {
		t.Errorf("tags are not found again: %v", app.Tags)
	}
}

func FuzzFitTag(f *testing.F) {
	f.Add("job, of everything")
	f.Fuzz(func(t *testing.T, name string) {
		tag := fitTag(tagJobName + name)
		if len(tag) == 0 || len(tag) > yarnrest.MaxTagLength || strings.ContainsAny(tag, ",\n") || tag != strings.ToLower(tag) {
			t.Fatalf("%q is no tag", tag)
		}
	})
}
