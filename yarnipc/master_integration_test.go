//go:build integration

package yarnipc_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weft-stream/weft/yarnipc"
)

var small = yarnipc.Ask{Resource: yarnipc.Resource{MemoryMB: 128, VCores: 1}, Priority: 1}

// run requests a container and starts the keep script in it.
func run(t *testing.T, a *app, master *yarnipc.Master) yarnipc.Container {
	t.Helper()
	return runAsk(t, a, master, small)
}

func runAsk(t *testing.T, a *app, master *yarnipc.Master, ask yarnipc.Ask) yarnipc.Container {
	t.Helper()
	id, err := master.Request(ask)
	if err != nil {
		t.Fatal(err)
	}
	allocated := next[yarnipc.Allocated](t, master)
	if allocated.Container.RequestID != id {
		t.Fatalf("container for request %d, want %d", allocated.Container.RequestID, id)
	}
	start(t, a, master, allocated.Container)
	return allocated.Container
}

func start(t *testing.T, a *app, master *yarnipc.Master, c yarnipc.Container) {
	t.Helper()
	if err := master.Nodes().Start(t.Context(), c, yarnipc.LaunchContext{Command: keepScript(a.dir)}); err != nil {
		t.Fatal(err)
	}
	awaitFile(t, a.path(c.ID, "token"))
}

// TestLife is a master's whole life: two containers, one killed and replaced, one stopped, one released.
func TestLife(t *testing.T) {
	a := openCluster(t).submit(t, "")
	_, credentials := a.attempt(t, 1)
	master, registered := a.master(t, credentials)
	if len(registered.Previous) != 0 || registered.MaxCapability.MemoryMB == 0 || registered.Queue == "" {
		t.Fatalf("registered: %+v", registered)
	}

	first, second := run(t, a, master), run(t, a, master)
	status, err := master.Nodes().Status(t.Context(), first.Node, first.ID)
	if err != nil || status.State != yarnipc.ContainerRunning {
		t.Fatalf("status %+v, %v", status, err)
	}

	a.kill(t, first.ID)
	completed := next[yarnipc.Completed](t, master)
	if completed.Container.ID != first.ID || completed.Status.ExitCode != 137 || completed.Released {
		t.Fatalf("killed container: %+v", completed)
	}
	third := run(t, a, master)

	if err := master.Nodes().Stop(t.Context(), second.Node, second.ID); err != nil {
		t.Fatal(err)
	}
	completed = next[yarnipc.Completed](t, master)
	if completed.Container.ID != second.ID || completed.Status.ExitCode == 0 || completed.Released {
		t.Fatalf("stopped container: %+v", completed)
	}

	master.Release(third.ID)
	completed = next[yarnipc.Completed](t, master)
	if completed.Container.ID != third.ID || completed.Status.ExitCode != yarnipc.ExitReleased || !completed.Released {
		t.Fatalf("released container: %+v", completed)
	}
	if owned := master.Containers(); len(owned) != 0 {
		t.Fatalf("still owned: %v", owned)
	}

	if err := master.Finish(t.Context(), yarnipc.Succeeded, "all done", ""); err != nil {
		t.Fatal(err)
	}
	if _, open := <-master.Events(); open {
		t.Error("events go on after Finish")
	}
	if _, final := a.state(t); final != "SUCCEEDED" {
		t.Errorf("final status %s", final)
	}
}

// TestLaunchContext checks that files, variables and secrets arrive, and how a missing file is told.
func TestLaunchContext(t *testing.T) {
	a := openCluster(t).submit(t, "")
	_, credentials := a.attempt(t, 1)
	master, _ := a.master(t, credentials)

	file := filepath.Join(t.TempDir(), "resource file")
	if err := os.WriteFile(file, []byte("content"), 0o644); err != nil {
		t.Fatal(err)
	}
	modified := time.UnixMilli(1_700_000_000_123)
	if err := os.Chtimes(file, modified, modified); err != nil {
		t.Fatal(err)
	}
	resource := yarnipc.LocalResource{URL: "file://" + filepath.ToSlash(file), Size: 7, ModTime: modified}
	resource.URL = strings.ReplaceAll(resource.URL, " ", "%20")
	nasty := "a 'b' \"c\" \\d $HOME `e` {{F}} <LOG_DIR> <CPS> ! #\n  g"
	plain := "a 'b' \"c\" \\d $HOME `e` ! #\n  g"
	handed := &yarnipc.Credentials{Secrets: map[string][]byte{"key": {0, 1, 0xff}}}
	// The variable is large, so that over a protected connection the request needs several wrapped messages.
	large := strings.Repeat("x", 100_000)
	launch := yarnipc.LaunchContext{
		Command: "cp linked " + a.dir + "/linked; echo -n ${#LARGE} > " + a.dir + "/large; echo -n " + yarnipc.ShellWord(nasty) +
			" > " + a.dir + "/word; printenv SMALL > " + a.dir + "/variable; " + keepScript(a.dir),
		Env: map[string]string{"LARGE": large, "SMALL": plain},
		LocalResources: map[string]yarnipc.LocalResource{
			"linked": resource,
		},
		Credentials: handed,
	}
	if _, err := master.Request(small); err != nil {
		t.Fatal(err)
	}
	c := next[yarnipc.Allocated](t, master).Container
	if err := master.Nodes().Start(t.Context(), c, launch); err != nil {
		t.Fatal(err)
	}
	awaitFile(t, a.path(c.ID, "token"))
	got, err := yarnipc.ReadCredentials(a.path(c.ID, "token"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(handed, got); diff != "" {
		t.Errorf("credentials (-sent +arrived):\n%s", diff)
	}
	if text := awaitFile(t, filepath.Join(a.dir, "linked")); string(text) != "content" {
		t.Errorf("resource arrived as %q", text)
	}
	if text := awaitFile(t, filepath.Join(a.dir, "large")); string(text) != "100000" {
		t.Errorf("a variable of 100000 bytes arrived with %s", text)
	}
	if text := awaitFile(t, filepath.Join(a.dir, "variable")); string(text) != plain+"\n" {
		t.Errorf("variable %q arrived as %q", plain, text)
	}
	if text := awaitFile(t, filepath.Join(a.dir, "word")); string(text) != nasty {
		t.Errorf("argument %q arrived as %q", nasty, text)
	}

	resource.ModTime = modified.Add(time.Millisecond)
	launch.LocalResources = map[string]yarnipc.LocalResource{"linked": resource}
	if _, err := master.Request(small); err != nil {
		t.Fatal(err)
	}
	c = next[yarnipc.Allocated](t, master).Container
	if err := master.Nodes().Start(t.Context(), c, launch); err != nil {
		t.Fatal(err)
	}
	completed := next[yarnipc.Completed](t, master)
	if completed.Status.ExitCode != yarnipc.ExitUnknown || !strings.Contains(completed.Status.Diagnostics, "changed on src filesystem") {
		t.Errorf("wrong time of a resource: %+v", completed)
	}
	err = master.Nodes().Start(t.Context(), c, launch)
	if err == nil || !strings.Contains(err.Error(), "relaunch") {
		t.Errorf("second start of a container: %v", err)
	}
}

// TestNextAttempt lets an attempt die: the next one finds the containers, and the old master learns that it is over.
func TestNextAttempt(t *testing.T) {
	a := openCluster(t).submit(t, "")
	amID, credentials := a.attempt(t, 1)
	old, _ := a.master(t, credentials)
	kept, stopped := run(t, a, old), run(t, a, old)

	// YARN keeps what it has seen running, and kills the rest with the attempt. It sees with the next heartbeat of the
	// node, one a second, and tells nobody.
	time.Sleep(3 * time.Second)
	a.kill(t, amID)
	ended := next[yarnipc.Ended](t, old)
	if !yarnipc.IsAttemptGone(ended.Err) {
		t.Errorf("old master ended with %v", ended.Err)
	}

	_, credentials = a.attempt(t, 2)
	master, registered := a.master(t, credentials)
	var ids []yarnipc.ContainerID
	for _, c := range registered.Previous {
		ids = append(ids, c.ID)
	}
	if diff := cmp.Diff([]yarnipc.ContainerID{kept.ID, stopped.ID}, ids); diff != "" {
		t.Fatalf("previous containers (-want +got):\n%s", diff)
	}
	if status, err := master.Nodes().Status(t.Context(), kept.Node, kept.ID); err != nil || status.State != yarnipc.ContainerRunning {
		t.Errorf("kept container: %+v, %v", status, err)
	}
	if err := master.Nodes().Stop(t.Context(), stopped.Node, stopped.ID); err != nil {
		t.Error(err)
	}
	completed := next[yarnipc.Completed](t, master)
	if completed.Container.ID != stopped.ID || completed.Container.Node != stopped.Node {
		t.Errorf("stopped container of the first attempt: %+v", completed)
	}
	a.kill(t, kept.ID)
	if completed := next[yarnipc.Completed](t, master); completed.Container.ID != kept.ID {
		t.Errorf("killed container of the first attempt: %+v", completed)
	}
	run(t, a, master)
}

// TestRefusedAsk mixes an ask that the cluster refuses with good ones.
func TestRefusedAsk(t *testing.T) {
	a := openCluster(t).submit(t, "")
	_, credentials := a.attempt(t, 1)
	master, registered := a.master(t, credentials)

	large := small
	large.Resource.MemoryMB = registered.MaxCapability.MemoryMB + 1
	if _, err := master.Request(large); err == nil || !strings.Contains(err.Error(), "larger than the cluster's largest") {
		t.Errorf("too large an ask: %v", err)
	}
	labelled := small
	labelled.NodeLabel = "no-such-label"
	var good [2]yarnipc.RequestID
	var bad yarnipc.RequestID
	for id, ask := range map[*yarnipc.RequestID]yarnipc.Ask{&good[0]: small, &bad: labelled, &good[1]: small} {
		var err error
		if *id, err = master.Request(ask); err != nil {
			t.Fatal(err)
		}
	}
	served := map[yarnipc.RequestID]bool{}
	for range 3 {
		select {
		case event := <-master.Events():
			switch e := event.(type) {
			case yarnipc.Allocated:
				served[e.Container.RequestID] = true
			case yarnipc.Refused:
				served[e.RequestID] = false
				if !yarnipc.IsRefusedAsk(e.Err) || !strings.Contains(e.Err.Error(), "label") {
					t.Errorf("refused with %v", e.Err)
				}
			default:
				t.Errorf("event %T %+v", event, event)
			}
		case <-time.After(patience):
			t.Fatalf("too few events; served: %v", served)
		}
	}
	if diff := cmp.Diff(map[yarnipc.RequestID]bool{good[0]: true, bad: false, good[1]: true}, served); diff != "" {
		t.Errorf("served (-want +got):\n%s", diff)
	}
	if open := master.OpenRequests(); len(open) != 0 {
		t.Errorf("still open: %v", open)
	}
}

// TestCancelRequest takes requests back of which some may be on their way already. Nothing of them is told or kept.
func TestCancelRequest(t *testing.T) {
	a := openCluster(t).submit(t, "")
	_, credentials := a.attempt(t, 1)
	master, _ := a.master(t, credentials)
	for range 4 {
		id, err := master.Request(small)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(300 * time.Millisecond) // some time between being asked for and being told
		if !master.CancelRequest(id) {
			next[yarnipc.Allocated](t, master) // it was quicker than we
		}
		if master.CancelRequest(id) {
			t.Error("a request was cancelled twice")
		}
	}
	for _, c := range master.Containers() {
		master.Release(c.ID)
		next[yarnipc.Completed](t, master)
	}
	run(t, a, master)
	await(t, "the cancelled containers' return", func() bool { return a.runningContainers(t) == 2 })
}
