package client

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/weft-stream/weft/client/internal/voice"
	"github.com/weft-stream/weft/conf"
)

// runOptions is what the user asked of run or info.
type runOptions struct {
	conf    *conf.Conf
	program string   // path of an executable or of a Go package's folder
	class   string   // -c
	args    []string // the program's own

	where    where
	detached bool // -d, -yd
	withdraw bool // -sae: Ctrl-C cancels a job that is followed
	ship     []string
	query    bool // -yq
	help     bool // -yh
	dry      bool // --dry-run
}

func newRunCommand(a *app, run func(context.Context, *runOptions) error) *cobra.Command {
	o := &runOptions{}
	cmd := &cobra.Command{
		Use:         "run [options] <program> [<program's arguments>]",
		GroupID:     groupJobs,
		Annotations: map[string]string{annotationStops: ""},
		Short:       "Start a job",
		Long: "run starts a job: on a YARN cluster with -m yarn-cluster, on this machine without.\n" +
			"<program> is an executable made with Weft's stream package, or the folder of its Go\n" +
			"package, which is built first. All options stand before it; what follows is its own.\n\n" +
			"-s says what state to start from. Besides a path it takes a job, by id or name, and a time: the newest\n" +
			"of its checkpoints and savepoints that was complete by then, of this machine's zone unless the time\n" +
			"has one. latest is the newest of the program's own job, latest@-4h that of four hours ago. What was\n" +
			"chosen is said, and checked, before anything starts. A path that looks like one of these begins\n" +
			"with ./",
		Example: `  weft run ./examples/socketwordcount --port 9010
  weft run -m yarn-cluster -yn 2 -yjm 1024 -ytm 1024 ./socketwordcount --port 9010
  weft run --dry-run -m yarn-cluster -yn 2 -s hdfs:///flink/savepoints/savepoint-1c58ec-29cb3c7b9ab0 ./socketwordcount
  weft run -d -m yarn-cluster -yn 2 -s hdfs:///flink/savepoints/savepoint-1c58ec-29cb3c7b9ab0 ./socketwordcount
  weft run -d -m yarn-cluster -yn 2 -s latest@-4h ./socketwordcount`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.complete(a, cmd, args); err != nil {
				return err
			}
			if o.help {
				return cmd.Help()
			}
			return run(cmd.Context(), o)
		},
	}
	addOptions(cmd, programOptions(o)...)
	addOptions(cmd, option{long: "dry-run", group: groupOptions, into: &o.dry, usage: "check everything, say what -s would restore, and start nothing"})
	addOptions(cmd, runOnlyOptions(o)...)
	addOptions(cmd, clusterOptions(o)...)
	addOptions(cmd, whereOptions(&o.where)...)
	addOptions(cmd, a.outputOptions()...)
	return cmd
}

// programOptions are those of run and info.
func programOptions(o *runOptions) []option {
	return []option{
		{long: "class", short: "c", value: "job", group: groupOptions, into: &o.class, usage: "the job, if the program has several"},
		{long: "parallelism", short: "p", value: "number", group: groupOptions, key: conf.Parallelism.Name, usage: "subtasks of each operator (default: all slots)"},
		{long: "fromSavepoint", short: "s", value: "path", group: groupOptions, key: conf.RestorePath.Name, usage: "start from this savepoint or checkpoint: a path, latest, <job>@-4h, <job>@2026-11-22T08:00, <job id>/chk-56"},
		{long: "allowNonRestoredState", short: "n", group: groupOptions, key: conf.AllowNonRestoredState.Name, usage: "leave out state that the program has no operator for"},
		{long: "classpath", short: "C", value: "url", none: "a program is one file with all that it needs"},
	}
}

// runOnlyOptions are those about how a job is started and followed.
func runOnlyOptions(o *runOptions) []option {
	return []option{
		{long: "detached", short: "d", group: groupOptions, into: &o.detached, usage: "return when the job has been accepted, do not follow it"},
		{long: "claimMode", names: []string{"cm", "rm", "restoreMode"}, value: "mode", group: groupOptions, key: conf.RestoreClaimMode.Name, usage: "no_claim: the snapshot stays whose it is; claim: it becomes the job's own, which deletes it in time"},
		{long: "shutdownOnAttachedExit", names: []string{"sae"}, group: groupOptions, into: &o.withdraw, usage: "Ctrl-C cancels the job"},
		{long: "sysoutLogging", short: "q", none: "the command prints no log"},
	}
}

// clusterOptions are those that shape the application on YARN; all but the
// last few shape a job on this machine too.
func clusterOptions(o *runOptions) []option {
	return []option{
		{long: "yarncontainer", names: []string{"yn"}, value: "number", group: groupYARN, key: conf.Workers.Name, usage: "worker containers to hold for the job's life"},
		{long: "yarnjobManagerMemory", names: []string{"yjm"}, value: "size", group: groupYARN, key: conf.MasterMemory.Name, usage: "memory of the master's container (1024, 1024m, 1g)"},
		{long: "yarntaskManagerMemory", names: []string{"ytm"}, value: "size", group: groupYARN, key: conf.WorkerMemory.Name, usage: "memory of each worker's container"},
		{long: "yarnslots", names: []string{"ys"}, value: "number", group: groupYARN, key: conf.TaskSlots.Name, usage: "slots of each worker (default 1)"},
		{long: "yarnname", names: []string{"ynm"}, value: "name", group: groupYARN, key: conf.ApplicationName.Name, usage: "name of the application (default: the job's)"},
		{long: "yarnqueue", names: []string{"yqu"}, value: "queue", group: groupYARN, key: conf.Queue.Name, usage: "queue to submit to"},
		{long: "yarnship", names: []string{"yt"}, value: "path", group: groupYARN, into: &o.ship, usage: "folder or file that every container gets; may be repeated"},
		{long: "yarnnodeLabel", names: []string{"ynl"}, value: "label", group: groupYARN, key: conf.NodeLabel.Name, usage: "run on nodes with this label"},
		{long: "yarnapplicationType", names: []string{"yat"}, value: "type", group: groupYARN, key: conf.ApplicationType.Name, usage: "type of the application in YARN's lists (default Weft)"},
		{long: "yarnquery", names: []string{"yq"}, group: groupYARN, into: &o.query, usage: "show the cluster's memory, cores and queues, and end"},
		{long: "yarndetached", names: []string{"yd"}, group: groupYARN, into: &o.detached, usage: "the same as -d"},
		{long: "yarnhelp", names: []string{"yh"}, group: groupYARN, into: &o.help, usage: "the same as --help"},
		{long: "yarnjar", names: []string{"yj"}, value: "path", none: "the program is all that goes to the cluster"},
		{long: "yarnstreaming", names: []string{"yst"}, none: "every job is a streaming job"},
	}
}

// complete reads the operands and the settings, and refuses what cannot be.
func (o *runOptions) complete(a *app, cmd *cobra.Command, args []string) error {
	var err error
	if o.conf, err = a.settings(cmd); err != nil {
		return err
	}
	if o.help || o.query {
		return o.settle(a)
	}
	if len(args) == 0 {
		return badOperands(cmd, "%s: no program given", cmd.Name())
	}
	o.program, o.args = args[0], args[1:]
	if err := o.settle(a); err != nil {
		return err
	}
	if id := conf.Get(o.conf, conf.ApplicationID); id != "" && cmd.Name() == "run" {
		return voice.Hint(fmt.Errorf("run: %s %s: one application runs one job, a running application takes no second one",
			origin(o.conf, conf.ApplicationID.Name), id), "leave it out: every run starts an application of its own")
	}
	return nil
}

// settle brings the options that are more than a setting of their own to bear
// on the settings.
func (o *runOptions) settle(a *app) error {
	if o.detached {
		typed := a.typed["detached"]
		if typed == "" {
			typed = a.typed["yarndetached"]
		}
		if err := conf.Put(o.conf, conf.Attached, false, conf.FromFlag(typed)); err != nil {
			return err
		}
	}
	if len(o.ship) > 0 {
		if err := conf.Put(o.conf, conf.ShipFiles, o.ship, conf.FromFlag(a.typed["yarnship"])); err != nil {
			return err
		}
	}
	switch o.where.master {
	case "":
		return nil
	case string(conf.TargetYARN), string(conf.TargetLocal):
		return o.conf.Set(conf.ExecutionTarget.Name, o.where.master, conf.FromFlag(a.typed["jobmanager"]))
	}
	return voice.Hint(fmt.Errorf("%s %s: one application runs one job, a running master takes no second one", a.typed["jobmanager"], shorten(o.where.master)),
		"-m yarn-cluster starts the job on the cluster, without -m it runs on this machine")
}

// onYARN reports whether the job is to run on a cluster.
func (o *runOptions) onYARN() bool {
	return conf.Get(o.conf, conf.ExecutionTarget) == conf.TargetYARN
}

// attached reports whether the command follows the job.
func (o *runOptions) attached() bool { return conf.Get(o.conf, conf.Attached) }

// origin says where a setting came from, for an error.
func origin(c *conf.Conf, key string) string { return c.Origin(key).String() }
