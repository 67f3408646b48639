//go:build integration

package integration

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/weft-stream/weft/appmaster/api"
)

// TestNameNodeOperations counts what a job of 100 subtasks asks of the NameNode
// for a checkpoint: at most 20 operations for each of four workers, all that the
// master asks for included, even if each writes two data files. It does not run beside other tests, whose operations would
// be counted too.
func TestNameNodeOperations(t *testing.T) {
	check(t, build("jobs", "./client/testdata/programs/jobs"))
	for name, settings := range map[string]string{
		"a file of each worker":    "execution.checkpointing.data-inline-threshold: 0 b\n",
		"small incremental":        "execution.checkpointing.incremental: true\n",
		"two files of each worker": "execution.checkpointing.incremental: true\nexecution.checkpointing.data-inline-threshold: 0 b\n",
	} {
		t.Run(name, func(t *testing.T) { countOperations(t, settings) })
	}
}

func countOperations(t *testing.T, settings string) {
	const workers, most, checkpoints = 4, 20, 5
	p := onCluster(t, sharedCluster(t))
	p.configure(strings.Replace(p.settings(), "interval: 500 ms", "interval: 4 s", 1) + settings)
	c := p.weft("run", "-d", "-m", "yarn-cluster", "-yn", "4", "-ys", "7", "-p", "25", "-yjm", "128", "-ytm", "256", "-c", "states", programs+"/jobs")
	j := &job{place: p, id: p.found(jobLine, c), app: p.found(appLine, c), page: p.found(pageLine, c)}
	t.Cleanup(j.remove)
	first := j.wait("100 subtasks and as many checkpoints as are kept", func(v *api.Job) bool {
		return runs(v) && v.Tasks.Total == 100 && v.Checkpoints.Completed > 3
	})
	before := p.cluster.operations(t)
	more := func(v *api.Job) bool { return v.Checkpoints.Completed >= first.Checkpoints.Completed+checkpoints }
	j.wait("more checkpoints", more)
	after := p.cluster.operations(t)
	last := j.wait("their number", more) // once more: on a busy machine there may have been others before the counters were read
	taken := last.Checkpoints.Completed - first.Checkpoints.Completed
	all := int64(0)
	for _, name := range slices.Sorted(maps.Keys(after)) {
		if n := after[name] - before[name]; n > 0 {
			all += n
			t.Logf("%-20s %4d", name, n)
		}
	}
	t.Logf("%d operations for %d checkpoints of %d workers", all, taken, workers)
	if all > int64(most*workers*taken) {
		t.Errorf("more than %d for each checkpoint and worker", most)
	}
	if all < int64(workers*taken) {
		t.Errorf("fewer than one for each: they are not counted as they should be")
	}
	j.weft("cancel", j.id)
}

// operations are how often each method of the NameNode was called by now, those
// of its DataNodes left out.
func (c *cluster) operations(t *testing.T) map[string]int64 {
	t.Helper()
	text, status := get(c.nn + "/jmx?qry=Hadoop:service=NameNode,name=RpcDetailedActivityForPort*")
	var answer struct{ Beans []map[string]any }
	if err := json.Unmarshal(text, &answer); status != http.StatusOK || err != nil || len(answer.Beans) == 0 {
		t.Fatalf("the NameNode's counters: status %d, %v: %s", status, err, text)
	}
	counts := map[string]int64{}
	for _, bean := range answer.Beans {
		for name, value := range bean {
			method, counted := strings.CutSuffix(name, "NumOps")
			if n, number := value.(float64); counted && number && !strings.HasPrefix(method, "Overall") && !strings.HasPrefix(method, "Deferred") && !ofDataNodes[method] {
				counts[method] += int64(n)
			}
		}
	}
	return counts
}

var ofDataNodes = map[string]bool{
	"SendHeartbeat": true, "BlockReport": true, "BlockReceivedAndDeleted": true, "RegisterDatanode": true, "VersionRequest": true,
	"CacheReport": true, "ErrorReport": true, "ReportBadBlocks": true, "CommitBlockSynchronization": true, "(external)": true,
}
