package client

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/weft-stream/weft/conf"
)

// stateOptions is what the user asked of an action of state.
type stateOptions struct {
	conf      *conf.Conf
	paths     []string
	uid       string
	state     string
	key       string
	keys      bool   // diff: compare keys
	force     bool   // rm: ask nobody
	dryRun    bool   // gc
	olderThan string // gc
}

// newStateCommand is "weft state", which looks into checkpoints and savepoints.
func newStateCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "state <action>",
		GroupID: groupState,
		Short:   "Look into checkpoints and savepoints, compare, check, copy and clean them",
		Long: "state works on the files of checkpoints and savepoints, of living and dead jobs: no job is needed,\n" +
			"and no cluster but the one that the files are on. A <path> is the folder of a savepoint or of a\n" +
			"checkpoint (…/chk-47), or the _metadata in it: hdfs://…, file://…; /a/b is on the cluster's file\n" +
			"system (fs.defaultFS) if there is one, a/b is on this machine. Or it is what run -s takes beside\n" +
			"these: <job>@-4h, <job>@2026-11-22T08:00, <job>@latest, <job id>, <job id>/chk-56, latest (of the\n" +
			"only job that there is). What that means is said.",
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(
		newStateShow(a), newStateGet(a), newStateDump(a), newStateDiff(a),
		newStateVerify(a), newStateCopy(a), newStateRemove(a), newStateClean(a),
	)
	return cmd
}

// jsonForms explains what dump and get write.
const jsonForms = `A line is an object with "state", "subtask", "key-group" and then, by the kind of the state,
"key" and "value"; "pane" (its start) for windows, "time" for timers and clocks; a session window's
value is the list of its sessions; what sources and sinks keep has a "value" only.

Values have these forms, of which no reader of JSON loses anything:
  integers      a number; beyond ±(2^53-1), where many readers round, a string
  floats        a number, or "NaN", "Infinity", "-Infinity"
  []byte        a string in base64, as [n]byte
  text          a string; what is not UTF-8, or encodes itself: {"base64": "…"}
  time.Time     RFC 3339 in UTC, as the times of timers, panes and sessions
  maps          an object if keys are strings, integers or bools; else [{"key": …, "value": …}]
  struct, slice, nil   an object, a list, null`

// stateAction makes a command with so many paths that reads only files.
func (a *app) stateAction(cmd *cobra.Command, o *stateOptions, names []string, run func(context.Context, *stateOptions) error, options ...option) *cobra.Command {
	cmd.RunE = func(cmd *cobra.Command, args []string) (err error) {
		if len(args) < len(names) {
			return troubled(cmd, badOperands(cmd, "%s: no %s given", actionName(cmd), names[len(args)]))
		}
		if len(args) > len(names) {
			return troubled(cmd, badOperands(cmd, "%s: unexpected %q", actionName(cmd), shorten(args[len(names)])))
		}
		o.paths = args
		if o.conf, err = a.settings(cmd); err == nil {
			err = run(cmd.Context(), o)
		}
		return troubled(cmd, err)
	}
	cmd.ValidArgsFunction = func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(args) >= len(names) {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return nil, cobra.ShellCompDirectiveDefault // files of this machine
	}
	addOptions(cmd, options...)
	addOptions(cmd, settingOptions()...)
	addOptions(cmd, a.outputOptions()...)
	return cmd
}

func uidOption(o *stateOptions) option {
	return option{long: "uid", value: "uid", group: groupOptions, into: &o.uid, usage: "the operator (state show lists them)"}
}

func stateOption(o *stateOptions) option {
	return option{long: "state", value: "name", group: groupOptions, into: &o.state, usage: "only this state of the operator"}
}

func newStateShow(a *app) *cobra.Command {
	o := &stateOptions{}
	return a.stateAction(&cobra.Command{
		Use:   "show [options] <path>",
		Short: "What is in it: operators, their uids, states, types, key groups and sizes",
		Long: "show reads _metadata and prints the job, the operators with their uids, parallelism and type of\n" +
			"keys, and of each state its kind, entries, size, key groups and type. In an incremental checkpoint\n" +
			"a key is there each time that it was written: then the entries are at most as many as is said, and\n" +
			"the size is that of all that was written. dump has each key once.",
		Example: `  weft state show hdfs:///flink/savepoints/savepoint-1c58ec-29cb3c7b9ab0
  weft state show wordcount@-4h
  weft state show /flink/checkpoints/1c58ec397f11acc4bf520305577c86f2/chk-47/_metadata --output json`,
	}, o, []string{"path"}, a.stateShow)
}

func newStateGet(a *app) *cobra.Command {
	o := &stateOptions{}
	return a.stateAction(&cobra.Command{
		Use:   "get [options] <path>",
		Short: "The state of one key",
		Long: "get prints what an operator keeps for one key: values, window contents, timers. It reads only the\n" +
			"key's key group. A key that is a string is given as it is; any other in JSON, as dump writes it:\n" +
			"42, true, {\"User\":7,\"Site\":\"a\"}. The exit code is 1 if nothing is kept for the key.\n\n" + jsonForms,
		Example: `  weft state get savepoint-1c58ec-29cb3c7b9ab0 --uid window-count --key warp
  weft state get savepoint-1c58ec-29cb3c7b9ab0 --uid per-user --state last-seen --key '{"User":7,"Site":"a"}'`,
	}, o, []string{"path"}, a.stateGet, uidOption(o),
		option{long: "key", short: "k", value: "key", group: groupOptions, into: &o.key, usage: "the key"}, stateOption(o))
}

func newStateDump(a *app) *cobra.Command {
	o := &stateOptions{}
	return a.stateAction(&cobra.Command{
		Use:   "dump [options] <path>",
		Short: "All entries of an operator's state, as JSON lines",
		Long: "dump prints each entry of an operator's states as a line of JSON, in the order in which they are\n" +
			"stored. However large the state, a small part of it is in memory at a time.\n\n" + jsonForms,
		Example: `  weft state dump savepoint-1c58ec-29cb3c7b9ab0 --uid window-count | head
  weft state dump savepoint-1c58ec-29cb3c7b9ab0 --uid per-user --state last-seen > last-seen.jsonl`,
	}, o, []string{"path"}, a.stateDump, uidOption(o), stateOption(o))
}

func newStateDiff(a *app) *cobra.Command {
	o := &stateOptions{}
	return a.stateAction(&cobra.Command{
		Use:         "diff [options] <path> <path>",
		Annotations: map[string]string{annotationTrouble: ""},
		Short:       "What differs between two: operators, types, states; with --keys the keys",
		Long: "diff compares two snapshots, usually of one job or of two versions of it. Without --keys it reads\n" +
			"_metadata only: which operators and states were added (+), removed (-) or changed (~), by types and\n" +
			"checksums; a state whose checksum differs may still hold the same in another order, as after a\n" +
			"change of the parallelism. With --keys states are read and their entries compared, in memory that\n" +
			"does not grow with them; what is equal is not told.\n\n" +
			"The exit code is that of diff(1): 0 nothing differs, 1 something does, 2 it could not be told.",
		Example: `  weft state diff hdfs:///flink/checkpoints/1c58ec397f11acc4bf520305577c86f2/chk-47 \
                  hdfs:///flink/checkpoints/1c58ec397f11acc4bf520305577c86f2/chk-48 --keys
  weft state diff wordcount@-1h wordcount@latest --keys
  weft state diff before after --keys --uid window-count`,
	}, o, []string{"path", "second path"}, a.stateDiff,
		option{long: "keys", group: groupOptions, into: &o.keys, usage: "read the states and compare entry by entry"},
		option{long: "uid", value: "uid", group: groupOptions, into: &o.uid, usage: "only this operator"}, stateOption(o))
}

func newStateVerify(a *app) *cobra.Command {
	o := &stateOptions{}
	return a.stateAction(&cobra.Command{
		Use:         "verify [options] <path>",
		Annotations: map[string]string{annotationTrouble: ""},
		Short:       "Read all of it and check every file and every checksum",
		Long: "verify reads every byte of a snapshot. Each is covered by a checksum, so a file that is missing, cut\n" +
			"or changed is found and named.\n\n" +
			"The exit code is 0 if the snapshot is whole, 1 if it is damaged or no snapshot, 2 if that could not\n" +
			"be told (the NameNode is out of reach, a permission is missing).",
		Example: `  weft state verify hdfs:///flink/savepoints/savepoint-1c58ec-29cb3c7b9ab0`,
	}, o, []string{"path"}, a.stateVerify)
}

func newStateCopy(a *app) *cobra.Command {
	o := &stateOptions{}
	return a.stateAction(&cobra.Command{
		Use:   "cp [options] <path> <target>",
		Short: "Copy it, also between clusters and to this machine",
		Long: "cp copies a snapshot with all of its files into the folder <target>, which must be new, empty, or an\n" +
			"unfinished copy of the same snapshot: cp goes on where it was interrupted. Every checksum is checked\n" +
			"on the way. The copy appears as a snapshot when it is complete, and run -s starts from it.",
		Example: `  weft state cp hdfs:///flink/savepoints/savepoint-1c58ec-29cb3c7b9ab0 ./savepoint
  weft state cp hdfs://old:8020/flink/savepoints/savepoint-1c58ec-29cb3c7b9ab0 hdfs://new:8020/flink/savepoints/moved`,
	}, o, []string{"path", "target"}, a.stateCopy)
}

func newStateRemove(a *app) *cobra.Command {
	o := &stateOptions{}
	return a.stateAction(&cobra.Command{
		Use:   "rm [options] <path>",
		Short: "Delete a savepoint, or a checkpoint of a dead job",
		Long: "rm deletes the files of a snapshot. It refuses what a living job may still need: any checkpoint of\n" +
			"one, and what one was started from or would be restarted from, which it asks the ResourceManager\n" +
			"and the jobs' masters; and what is pinned, or claimed by a job that lives. Of an incremental\n" +
			"checkpoint the shared files go that no other checkpoint of its job needs. Files that are not the\n" +
			"snapshot's are left.",
		Example: `  weft state rm hdfs:///flink/savepoints/savepoint-1c58ec-29cb3c7b9ab0`,
	}, o, []string{"path"}, a.stateRemove,
		option{long: "force", short: "f", group: groupOptions, into: &o.force, usage: "also if a job may need it, or it is pinned or claimed"})
}

func newStateClean(a *app) *cobra.Command {
	o := &stateOptions{olderThan: "7d"}
	return a.stateAction(&cobra.Command{
		Use:   "gc [options]",
		Short: "Delete what dead jobs have left: unfinished checkpoints and staged files",
		Long: fmt.Sprintf("gc looks for files that nobody needs and that have not changed for a time:\n\n"+
			"  - below %s and %s: checkpoints and savepoints of\n"+
			"    dead jobs that were never completed or are half deleted, files that no snapshot has, records\n"+
			"    of savepoints that are gone, and job folders without anything in them;\n"+
			"  - in the staging folder: what applications that have ended left, and programs that none uses.\n\n"+
			"It asks the ResourceManager which applications live, and deletes nothing if that does not answer. It\n"+
			"never touches a complete checkpoint or savepoint, what belongs to a living job, or what it does not\n"+
			"recognise: that is only told.", conf.CheckpointDir.Name, conf.SavepointDir.Name),
		Example: `  weft state gc --dry-run
  weft state gc --older-than 12h -D state.checkpoints.dir=hdfs:///flink/checkpoints`,
	}, o, nil, a.stateClean,
		option{long: "older-than", value: "time", group: groupOptions, into: &o.olderThan, usage: "leave what has changed within this time: 7d, 12h (default: 7d)"},
		option{long: "dry-run", group: groupOptions, into: &o.dryRun, usage: "only say what would be deleted"})
}
