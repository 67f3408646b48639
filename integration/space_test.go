//go:build integration

package integration

import (
	"strings"
	"testing"

	"github.com/weft-stream/weft/appmaster/api"
)

// TestLowSpace gives the folder of checkpoints a quota that a job can live with,
// but not for much longer: everybody who looks is told.
func TestLowSpace(t *testing.T) {
	t.Parallel()
	p := onCluster(t, sharedCluster(t))
	folder := strings.TrimPrefix(p.root, "hdfs://") + "/checkpoints"
	p.cluster.put(t, folder, "MKDIRS")
	p.cluster.put(t, folder, "SETQUOTA&namespacequota=90")
	j, _ := p.start()
	warning := j.wait("the warning", func(v *api.Job) bool { return v.Checkpoints.Warning != "" }).Checkpoints.Warning
	if !strings.Contains(warning, "the quota of ") || !strings.Contains(warning, " more files") {
		t.Errorf("the warning is %q", warning)
	}
	for _, args := range [][]string{{"list"}, {"checkpoints"}} {
		if c := j.weft(args...); !strings.Contains(c.stderr.String(), " more files") {
			t.Errorf("weft %s does not warn:\n%s%s", args[0], c.stdout, c.stderr)
		}
	}
	j.finish()
}
