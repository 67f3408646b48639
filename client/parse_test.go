package client

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"github.com/weft-stream/weft/client/internal/voice"
	"github.com/weft-stream/weft/conf"
)

// parse gives a command line to one action, whose work is left out, and
// returns what was said on standard error.
func parse(t *testing.T, build func(*app) *cobra.Command, line string) (said string, err error) {
	t.Helper()
	t.Setenv("WEFT_CONF_DIR", t.TempDir())
	var out, notes bytes.Buffer
	a := &app{ui: voice.NewFor(&out, &notes, false, false)}
	root := &cobra.Command{Use: "weft", SilenceErrors: true, SilenceUsage: true}
	root.AddGroup(actionGroups...)
	root.AddCommand(build(a))
	args, err := a.normalise(root, strings.Fields(line))
	if err != nil {
		return notes.String(), err
	}
	root.SetArgs(args)
	err = root.ExecuteContext(t.Context())
	return notes.String(), err
}

// parseRun parses a line of run.
func parseRun(t *testing.T, line string) (o *runOptions, said string) {
	t.Helper()
	said, err := parse(t, func(a *app) *cobra.Command {
		return newRunCommand(a, func(_ context.Context, got *runOptions) error { o = got; return nil })
	}, line)
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	return o, said
}

// The line of the issue, and every spelling of its options.
func TestRunAsFlinkUsersTypeIt(t *testing.T) {
	lines := []string{
		"run -m yarn-cluster -yn 2 -yjm 1024 -ytm 1024 -c streaming.SocketWindowWordCount ./socketwordcount --port 9010",
		"run -t yarn-per-job -yn=2 -yjm=1024m -ytm=1g --class streaming.SocketWindowWordCount ./socketwordcount --port 9010",
		"run --jobmanager yarn-cluster --yarncontainer 2 --yarnjobManagerMemory 1024 --yarntaskManagerMemory 1024 -c streaming.SocketWindowWordCount ./socketwordcount --port 9010",
		"run -yDexecution.target=yarn-cluster -Dyarn.containers.count=2 -D jobmanager.heap.size=1024m -yD taskmanager.heap.size=1024 -c streaming.SocketWindowWordCount ./socketwordcount --port 9010",
	}
	for _, line := range lines {
		o, _ := parseRun(t, line)
		got := []any{
			o.onYARN(), o.attached(), o.class, o.program, strings.Join(o.args, " "),
			conf.Get(o.conf, conf.Workers), conf.Get(o.conf, conf.MasterMemory).String(), conf.Get(o.conf, conf.WorkerMemory).String(),
		}
		want := []any{true, true, "streaming.SocketWindowWordCount", "./socketwordcount", "--port 9010", 2, "1g", "1g"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", line, diff)
		}
	}
}

func TestRunLeavesTheProgramsArgumentsAlone(t *testing.T) {
	o, said := parseRun(t, "run -d ./p -yn 7 -d --help -- -s x -yst")
	if diff := cmp.Diff(strings.Fields("-yn 7 -d --help -- -s x -yst"), o.args); diff != "" {
		t.Error(diff)
	}
	if o.attached() || conf.Get(o.conf, conf.Workers) != 0 || said != "" {
		t.Errorf("options behind the program were taken: %+v %q", o, said)
	}
}

func TestRunOptions(t *testing.T) {
	o, said := parseRun(t, "run -m yarn-cluster -yd -n -s hdfs:///sp -p 4 -ys 2 -ynm name -yqu queue -ynl label -yat type -yt a -yt b -sae -cm claim ./p")
	c := o.conf
	got := []any{
		o.attached(), conf.Get(c, conf.AllowNonRestoredState), conf.Get(c, conf.RestorePath), conf.Get(c, conf.Parallelism), conf.Get(c, conf.TaskSlots),
		conf.Get(c, conf.ApplicationName), conf.Get(c, conf.Queue), conf.Get(c, conf.NodeLabel), conf.Get(c, conf.ApplicationType),
		conf.Get(c, conf.ShipFiles), o.withdraw, c.Origin(conf.Attached.Name).String(),
		conf.Get(c, conf.RestoreClaimMode),
	}
	want := []any{false, true, "hdfs:///sp", 4, 2, "name", "queue", "label", "type", []string{"a", "b"}, true, "-yd", conf.Claim}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if said != "" {
		t.Errorf("said %q", said)
	}
}

func TestCancelRereadsItsOptionalDirectory(t *testing.T) {
	const id = "1c58ec397f11acc4bf520305577c86f2"
	cases := []struct {
		line      string
		given     bool
		directory string
	}{
		{"cancel " + id, false, ""},
		{"cancel -s " + id, true, ""},
		{"cancel " + id + " -s", true, ""},
		{"cancel -s hdfs:///sp " + id, true, "hdfs:///sp"},
		{"cancel " + id + " -s hdfs:///sp", true, "hdfs:///sp"},
		{"cancel -s " + id + " -yid application_1795346270964_0021", true, ""},
		{"cancel -yid application_1795346270964_0021 -s -yDa.b=c " + strings.ToUpper(id), true, ""},
		{"cancel --withSavepoint=hdfs:///sp " + id, true, "hdfs:///sp"},
	}
	for _, c := range cases {
		var o *cancelOptions
		_, err := parse(t, func(a *app) *cobra.Command {
			return newCancelCommand(a, func(_ context.Context, got *cancelOptions) error { o = got; return nil })
		}, c.line)
		if err != nil {
			t.Errorf("%s: %v", c.line, err)
			continue
		}
		if o.job != id || o.savepoint.given != c.given || o.savepoint.text != c.directory {
			t.Errorf("%s: got %+v", c.line, o)
		}
	}
}

func TestOptionsAnywhereForOtherActions(t *testing.T) {
	const id = "1c58ec397f11acc4bf520305577c86f2"
	var o *savepointOptions
	_, err := parse(t, func(a *app) *cobra.Command {
		return newSavepointCommand(a, func(_ context.Context, got *savepointOptions) error { o = got; return nil })
	}, "savepoint "+id+" hdfs:///dir -yid application_1795346270964_0021 -m yarn-cluster")
	if err != nil {
		t.Fatal(err)
	}
	got := []string{o.job, o.directory, conf.Get(o.conf, conf.ApplicationID), o.where.master}
	if diff := cmp.Diff([]string{id, "hdfs:///dir", "application_1795346270964_0021", "yarn-cluster"}, got); diff != "" {
		t.Error(diff)
	}
}

// Every flag of every action must be explained, and be in one group.
func TestEveryOptionIsExplained(t *testing.T) {
	var out bytes.Buffer
	a := &app{ui: voice.NewFor(&out, &out, false, false)}
	for _, cmd := range a.newRoot().Commands() {
		if !cmd.Hidden && (cmd.Short == "" || cmd.GroupID == "") {
			t.Errorf("%s has no explanation or no group", cmd.Name())
		}
		out.Reset()
		a.help(cmd, nil)
		if strings.Contains(out.String(), "  \n") || !strings.Contains(out.String(), "Usage:\n  weft "+cmd.Name()) {
			t.Errorf("%s: %s", cmd.Name(), out.String())
		}
	}
}
