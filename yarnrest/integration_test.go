//go:build integration

package yarnrest

import (
	"context"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// These tests run on the Hadoop that WEFT_TEST_HADOOP_CONF points at: see scripts/hadoop.

// cluster makes a client of the real ResourceManager.
func cluster(t *testing.T) *Client {
	t.Helper()
	conf := os.Getenv("WEFT_TEST_HADOOP_CONF")
	if conf == "" {
		t.Fatal("WEFT_TEST_HADOOP_CONF is not set: start a cluster with scripts/hadoop up")
	}
	text, err := os.ReadFile(filepath.Join(conf, "yarn-site.xml"))
	if err != nil {
		t.Fatal(err)
	}
	var site struct {
		Property []struct {
			Name  string `xml:"name"`
			Value string `xml:"value"`
		} `xml:"property"`
	}
	if err := xml.Unmarshal(text, &site); err != nil {
		t.Fatal(err)
	}
	for _, p := range site.Property {
		if p.Name == "yarn.resourcemanager.webapp.address" {
			c, err := New(Config{Addresses: []string{p.Value}, User: "root"})
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
	}
	t.Fatal("yarn-site.xml names no yarn.resourcemanager.webapp.address")
	return nil
}

// within is a context for the whole of a test.
func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func newApplication(t *testing.T, c *Client) NewApplication {
	t.Helper()
	app, err := c.NewApplication(within(t))
	if err != nil || app.ID.IsZero() || app.Maximum.MemoryMB < 1024 || app.Maximum.VCores < 1 {
		t.Fatalf("NewApplication = %+v, %v", app, err)
	}
	t.Cleanup(func() { c.Kill(context.Background(), app.ID, "test cleanup") })
	return app
}

func sleeper(name string) Submission {
	return Submission{Name: name, Type: "yarnrest test", Resource: Resource{128, 1}, Command: "exec sleep 600", MaxAttempts: 1}
}

// An application that is submitted, found by type and tag, and killed. Its master is a sleep, which never registers, so it
// stays ACCEPTED; that its command, environment and secrets arrived is told by its exit in the next test.
func TestLifeOfAnApplication(t *testing.T) {
	c, ctx := cluster(t), within(t)
	app := newApplication(t, c)
	s := sleeper("life")
	s.Tags = []string{"Tag-" + app.ID.String(), "yarnrest test"}
	got, err := c.Submit(ctx, app, s)
	if err != nil || got.ID != app.ID || got.Name != "life" || got.Type != s.Type || got.Queue != "root.default" || got.User != "root" {
		t.Fatalf("Submit = %+v, %v", got, err)
	}
	wantTags := []string{"tag-" + app.ID.String(), "yarnrest test"}
	if !slices.Equal(got.Tags, wantTags) || got.Started.IsZero() {
		t.Errorf("tags %q, started %v; want tags %q", got.Tags, got.Started, wantTags)
	}
	if again, err := c.Submit(ctx, app, s); err != nil || again.ID != app.ID || !again.Started.Equal(got.Started) {
		t.Errorf("submitted again: %+v, %v; want the same application", again, err)
	}

	got, err = c.WaitFor(ctx, app.ID, func(a App) bool { return a.AMContainerLogs != "" })
	if err != nil || got.State != StateAccepted || got.Containers != 1 || got.Allocated.MemoryMB != 128 {
		t.Fatalf("with its master started: %+v, %v", got, err)
	}
	attempts, err := c.Attempts(ctx, app.ID)
	if err != nil || len(attempts) != 1 || attempts[0].Number != 1 || !strings.HasPrefix(attempts[0].ContainerID, "container_") {
		t.Errorf("Attempts = %+v, %v", attempts, err)
	}

	for _, f := range []Filter{
		{Types: []string{"YARNREST TEST"}},
		{Tags: []string{"TAG-" + app.ID.String()}, States: []State{StateAccepted}},
		{User: "root", Queue: "default", States: []State{StateRunning, StateAccepted}},
	} {
		apps, err := c.Apps(ctx, f)
		if err != nil || !slices.ContainsFunc(apps, func(a App) bool { return a.ID == app.ID }) {
			t.Errorf("Apps(%+v) = %d applications without %s, %v", f, len(apps), app.ID, err)
		}
	}
	for _, f := range []Filter{{Types: []string{"other"}}, {Tags: []string{"tag"}}, {User: "nobody"}, {States: []State{StateFinished}}} {
		apps, err := c.Apps(ctx, f)
		if err != nil || slices.ContainsFunc(apps, func(a App) bool { return a.ID == app.ID }) {
			t.Errorf("Apps(%+v) = %d applications with %s, %v", f, len(apps), app.ID, err)
		}
	}

	if err := c.Kill(ctx, app.ID, "killed by a test"); err != nil {
		t.Fatal(err)
	}
	got, err = c.WaitFor(ctx, app.ID, func(a App) bool { return a.State.Ended() })
	if err != nil || got.State != StateKilled || got.FinalStatus != FinalKilled || got.Finished.IsZero() || !strings.Contains(got.Diagnostics, "killed by a test") {
		t.Errorf("killed: %+v, %v", got, err)
	}
	if err := c.Kill(ctx, app.ID, ""); err != nil {
		t.Errorf("killed again: %v", err)
	}
}

// The master exits with 42 if and only if its environment arrived as it was given, whatever characters it has, and its
// token file, but not its environment, holds the secret.
func TestWhatTheMasterIsGiven(t *testing.T) {
	c, ctx := cluster(t), within(t)
	app := newApplication(t, c)
	s := sleeper("given")
	odd := "a \"b' c\\d $HOME `id` \\$x $(id)\\\nnext line\\"
	s.Environment = map[string]string{"ODD": odd, "NODE": "{{NM_HOST}}"}
	s.Command = fmt.Sprintf(`
		grep -q 'the password' "$HADOOP_TOKEN_FILE_LOCATION" || exit 2
		if env | grep -q 'the password'; then exit 3; fi
		[ "$(printf %%s "$ODD" | base64 -w0)" = %s ] || exit 4
		[ -n "$NODE" ] && [ "$NODE" = "$NM_HOST" ] || exit 5
		[ -d <LOG_DIR> ] || exit 6
		exit 42`, base64.StdEncoding.EncodeToString([]byte(odd)))
	s.Credentials.Secrets = map[string][]byte{"weft.test": []byte("the password")}
	if _, err := c.Submit(ctx, app, s); err != nil {
		t.Fatal(err)
	}
	got, err := c.WaitFor(ctx, app.ID, func(a App) bool { return a.State.Ended() })
	if err != nil || got.State != StateFailed || !strings.Contains(got.Diagnostics, "exitCode: 42") {
		t.Errorf("ended as %+v, %v; want exit code 42", got, err)
	}
	attempts, err := c.Attempts(ctx, app.ID)
	if err != nil || len(attempts) != 1 || attempts[0].State != "FAILED" || attempts[0].Finished.IsZero() {
		t.Errorf("Attempts = %+v, %v; want the one that was asked for", attempts, err)
	}
}

func TestUnknownQueue(t *testing.T) {
	c, ctx := cluster(t), within(t)
	for _, queue := range []string{"nope", "root", "root.nope"} {
		s := sleeper("queue")
		s.Queue = queue
		_, err := c.Submit(ctx, newApplication(t, c), s)
		var unknown *UnknownQueueError
		if !errors.As(err, &unknown) || err.Error() != fmt.Sprintf("unknown queue %q: the cluster has default, other", queue) {
			t.Errorf("queue %s: error %v", queue, err)
		}
	}
}

func TestTooLarge(t *testing.T) {
	c, ctx := cluster(t), within(t)
	app := newApplication(t, c)
	for _, asked := range []Resource{{app.Maximum.MemoryMB + 1, 1}, {128, app.Maximum.VCores + 1}} {
		s := sleeper("large")
		s.Resource = asked
		var tooLarge *ResourceError
		if _, err := c.Submit(ctx, app, s); !errors.As(err, &tooLarge) || tooLarge.Maximum != app.Maximum {
			t.Errorf("%+v: error %v", asked, err)
		}
		// The same from the ResourceManager, when the maximum is not known beforehand.
		if _, err := c.Submit(ctx, NewApplication{ID: app.ID}, s); !errors.As(err, &tooLarge) || tooLarge.Maximum != app.Maximum {
			t.Errorf("%+v sent: error %v", asked, err)
		}
	}
}

func TestUnknownApplication(t *testing.T) {
	c, ctx := cluster(t), within(t)
	id := ApplicationID{1, 1 << 30}
	_, errApp := c.App(ctx, id)
	_, errAttempts := c.Attempts(ctx, id)
	for _, err := range []error{errApp, errAttempts, c.Kill(ctx, id, "")} {
		if !errors.Is(err, ErrNotFound) || strings.Contains(err.Error(), "\n") {
			t.Errorf("error %v, want ErrNotFound", err)
		}
	}
}

func TestNodeLabelWhereThereAreNone(t *testing.T) {
	c := cluster(t)
	s := sleeper("label")
	s.NodeLabel = "gpu"
	_, err := c.Submit(within(t), newApplication(t, c), s)
	if err == nil || !strings.Contains(err.Error(), "node label not enabled") {
		t.Errorf("error %v", err)
	}
}

func TestTheCluster(t *testing.T) {
	c, ctx := cluster(t), within(t)
	info, err := c.ClusterInfo(ctx)
	if err != nil || info.HAState != "ACTIVE" || info.Version == "" || info.Started.UnixMilli() != info.ID {
		t.Errorf("ClusterInfo = %+v, %v", info, err)
	}
	metrics, err := c.ClusterMetrics(ctx)
	if err != nil || metrics.ActiveNodes < 2 || metrics.TotalMB < 2*1024 || metrics.TotalVirtualCores < 2 {
		t.Errorf("ClusterMetrics = %+v, %v", metrics, err)
	}
	queues, err := c.Queues(ctx)
	if err != nil || len(queues) != 2 || queues[0].Name != "default" || queues[1].Path != "root.other" || queues[1].MaxCapacity != 100 || queues[0].State != "RUNNING" {
		t.Errorf("Queues = %+v, %v", queues, err)
	}
	nodes, err := c.Nodes(ctx, "running")
	if err != nil || len(nodes) != metrics.ActiveNodes || nodes[0].ID == nodes[1].ID || nodes[0].State != "RUNNING" ||
		nodes[0].Used.MemoryMB+nodes[0].Free.MemoryMB != metrics.TotalMB/metrics.ActiveNodes {
		t.Errorf("Nodes = %+v, %v", nodes, err)
	}
}
