package appmaster

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"path"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weft-stream/weft/appmaster/coordinator"
	"github.com/weft-stream/weft/conf"
	"github.com/weft-stream/weft/internal/jobspec"
	"github.com/weft-stream/weft/internal/snapshot"
	"github.com/weft-stream/weft/internal/ticket"
	"github.com/weft-stream/weft/yarnipc"
)

// A registry is a cluster without containers, which looks at storage when it is
// told of the end.
type registry struct {
	look func()
	end  ending
}

func (*registry) start(context.Context, func(containerEvent)) error { return nil }
func (*registry) ensure(int)                                        {}
func (*registry) release(string, string)                            {}

func (r *registry) finish(_ context.Context, end ending) error {
	r.end = end
	r.look()
	return nil
}

// TestNextAttemptDeletesBeforeItUnregisters: a master dies when its job was
// cancelled and the deletions of what the job does not retain had begun. The next
// one goes on with them, and tells the cluster of the end when only the last
// checkpoint is there, from which yet another one would have started.
func TestNextAttemptDeletesBeforeItUnregisters(t *testing.T) {
	p := testPlaces(t)
	before, answers := newArchive(p, 1)
	for id := range int64(4) {
		dir := prepare(t, before, answers, id+1)
		before.complete(t.Context(), coordinator.WriteMetadata{Checkpoint: id + 1, Dir: dir, Metadata: stateless(p, id+1)})
	}
	at := p.checkpoints
	chk := func(id int64) string { return snapshot.CheckpointDir(at.dir, p.jobID, id) }
	check(t, at.fs.Rename(t.Context(), chk(1), chk(1)+".deleted")) // as far as it came
	check(t, p.writeOperations(t.Context(), 1, []coordinator.Operation{
		{ID: randomID(), Kind: coordinator.Cancel, State: coordinator.OperationInProgress},
	}))

	spec := newSpec(filepath.Dir(at.dir))
	spec.JobID = p.jobID
	settings := conf.New()
	for name, value := range spec.Conf {
		check(t, settings.Set(name, value, conf.FromFlag("test")))
	}
	check(t, settings.Set(conf.CheckpointRetention.Name, string(conf.DeleteOnCancellation), conf.FromFlag("test")))
	m := &master{
		spec: spec, conf: settings, plan: testPlan(planRequest(spec)).Plan, planner: &planner{spec: spec, build: testPlan}, attempt: 2, places: p,
		credentials: &yarnipc.Credentials{Secrets: map[string][]byte{jobspec.SecretName: ticket.NewSecret()}},
		log:         slog.Default(), options: Options{Page: plainPage{}},
	}
	past, err := m.recover(t.Context())
	check(t, err)
	server, err := listen(spec, settings, m.log)
	check(t, err)
	defer server.close()
	names := func() (names []string) {
		list, err := at.fs.List(t.Context(), path.Dir(chk(1)))
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		check(t, err)
		for _, info := range list {
			if _, is := snapshot.ParseCheckpointName(info.Name); is || snapshot.IsBeingDeleted(info.Name) {
				names = append(names, info.Name)
			}
		}
		return names
	}
	var atEnd []string
	cluster := &registry{look: func() { atEnd = names() }}
	events := newQueue[coordinator.Event]()
	check(t, m.serve(t.Context(), server, cluster, newContainers(events.push), events, make(chan error), func(error) {}, past))
	if cluster.end.State != coordinator.Canceled {
		t.Errorf("the job ended as %+v", cluster.end)
	}
	if diff := cmp.Diff([]string{"chk-4"}, atEnd); diff != "" {
		t.Errorf("when the cluster is told: %s", diff)
	}
	if left := names(); left != nil {
		t.Errorf("%v are left", left)
	}
}
