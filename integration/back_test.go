//go:build integration

package integration

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/weft-stream/weft/appmaster/api"
)

var startLine = regexp.MustCompile(`starting from \S+/chk-(\d+), checkpoint`)

// TestBackInTime does what somebody does who finds out that data was processed
// wrongly: the job is cancelled and goes on from as it was at a time before. What
// it has written since is known by the files' names and left out.
func TestBackInTime(t *testing.T) {
	t.Parallel()
	p := onCluster(t, sharedCluster(t))
	p.configure(strings.Replace(p.settings(), "num-retained: 3", "num-retained: 100", 1))
	j, _ := p.start()
	good := j.wait("some checkpoints", func(v *api.Job) bool { return v.Checkpoints.Completed > 4 }).Checkpoints.Last
	j.wait("some more", func(v *api.Job) bool { return v.Checkpoints.Completed > 8 })
	j.weft("cancel", j.id)
	j.cluster.awaitEnd(t, j.app)

	then := time.UnixMilli(good.Completed + 1).UTC().Format("2006-01-02T15:04:05.999Z")
	count := j.bound()
	c := j.weft(j.runArguments([]string{"-yn", "1", "-ys", "2", "-s", j.id + "@" + then}, "--count", strconv.FormatInt(count, 10), "--out", j.root+"/again")...)
	if from := j.found(startLine, c); from != fmt.Sprint(good.ID) {
		t.Errorf("at %s checkpoint %d was the latest, but the job went on from %s:\n%s", then, good.ID, from, c.stderr)
	}

	before := func(name string) bool {
		if !j.visible(name) {
			return false
		}
		checkpoint, err := strconv.ParseInt(strings.Split(name, "-")[3], 10, 64) // part-<job>-<subtask>-<checkpoint>-<n>
		check(t, err)
		return checkpoint <= good.ID
	}
	o := j.output(j.finished, "again")
	o.books = append(o.books, j.lines(j.files.sub("out").sub("books"), before)...)
	o.turnovers = append(o.turnovers, j.lines(j.files.sub("out").sub("turnovers"), before)...)
	j.complain(&o, o.audit(count), count)
}
