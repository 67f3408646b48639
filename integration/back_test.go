//go:build integration

package integration

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
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
	t.Run("whole", func(t *testing.T) { goBack(t, "") })
	t.Run("incremental", func(t *testing.T) { goBack(t, incremental) })
}

// incremental has checkpoints build on each other, in files however small.
const incremental = "execution.checkpointing.incremental: true\nexecution.checkpointing.data-inline-threshold: 0 b\n"

func goBack(t *testing.T, settings string) {
	t.Parallel()
	p := onCluster(t, sharedCluster(t))
	p.configure(strings.Replace(p.settings(), "num-retained: 3", "num-retained: 6", 1) + settings)
	j, _ := p.start()
	good := j.wait("some checkpoints", func(v *api.Job) bool { return v.Checkpoints.Completed > 4 }).Checkpoints.Last
	j.wait("some more", func(v *api.Job) bool { return v.Checkpoints.Last.ID > good.ID+2 })
	j.weft("cancel", j.id)
	j.cluster.awaitEnd(t, j.app)
	j.checkFiles(settings == incremental)

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

// checkFiles checks that what the ended job has on storage is just what its
// checkpoints need: retained files = referenced files.
func (j *job) checkFiles(shares bool) {
	j.t.Helper()
	var needed []string
	for _, k := range j.good() {
		c := j.weft("state", "verify", "--output", "json", k.Path)
		var report struct {
			Files []struct {
				Name   string
				Unused bool
			}
		}
		check(j.t, json.Unmarshal([]byte(c.stdout.String()), &report))
		for _, f := range report.Files {
			if f.Unused {
				j.t.Errorf("%s is no part of %s", f.Name, k.Path)
			}
			if name, shared := strings.CutPrefix(f.Name, "../shared/"); shared {
				needed = append(needed, name)
			}
		}
	}
	slices.Sort(needed)
	needed = slices.Compact(needed)
	there, err := j.files.sub("checkpoints").sub(j.id).sub("shared").list()
	check(j.t, err)
	slices.Sort(there)
	if !slices.Equal(needed, there) || shares != (len(there) > 0) {
		j.t.Errorf("of shared files there are\n%v, needed are\n%v", there, needed)
	}
	j.t.Logf("%d checkpoints need %d shared files", len(j.good()), len(there))
}
