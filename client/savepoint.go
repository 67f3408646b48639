package client

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/weft-stream/weft/conf"
)

// savepointOptions is what the user asked of savepoint.
type savepointOptions struct {
	conf      *conf.Conf
	where     where
	job       string // id
	directory string // "" is the configured one
	dispose   string // -d: path of a savepoint to delete
	status    string // --status: id of an operation to ask for
	format    string
	detached  bool
}

func newSavepointCommand(a *app, run func(context.Context, *savepointOptions) error) *cobra.Command {
	o := &savepointOptions{}
	cmd := &cobra.Command{
		Use:     "savepoint [options] <job id> [<directory>]\n  weft savepoint --status <operation> [<job id>]\n  weft savepoint -d <savepoint>",
		GroupID: groupState,
		Short:   "Write a savepoint of a running job, or delete one",
		Long: "savepoint writes all state of a running job into a folder of its own below <directory>\n" +
			"(default: state.savepoints.dir) and prints its path. The job goes on. A savepoint belongs to\n" +
			"the user: no job ever deletes it. If the command is killed while it waits, the savepoint is\n" +
			"completed all the same. With --detached it prints an id at once, and --status tells later where\n" +
			"that operation stands, also when the job is over; stop --detached prints such an id too.",
		Example: `  weft savepoint 1c58ec397f11acc4bf520305577c86f2
  weft savepoint 1c58ec397f11acc4bf520305577c86f2 hdfs:///backup -yid application_1795346270964_0021
  weft savepoint --status 29cb3c7b9ab01c58ec397f11acc4bf52
  weft savepoint -d hdfs:///flink/savepoints/savepoint-1c58ec-29cb3c7b9ab0`,
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if err := o.operands(a, cmd, args); err != nil {
				return err
			}
			if o.conf, err = a.settings(cmd); err != nil {
				return err
			}
			return run(cmd.Context(), o)
		},
	}
	addOptions(cmd,
		option{long: "dispose", short: "d", value: "savepoint", group: groupOptions, into: &o.dispose, usage: "delete this savepoint"},
		option{long: "detached", group: groupOptions, into: &o.detached, usage: "do not wait until it is written"},
		option{long: "status", value: "operation", group: groupOptions, into: &o.status, usage: "tell where an operation stands"},
		formatOption(&o.format),
		option{long: "jarfile", short: "j", value: "path", none: "no program is needed to delete a savepoint"})
	addOptions(cmd, whereOptions(&o.where)...)
	addOptions(cmd, a.outputOptions()...)
	return cmd
}

func (o *savepointOptions) operands(a *app, cmd *cobra.Command, args []string) (err error) {
	if err := a.checkFormat(o.format); err != nil {
		return usageError(cmd, err)
	}
	if o.status != "" {
		if err := o.statusOperands(args); err != nil {
			return badOperands(cmd, "%w", err)
		}
		return nil
	}
	if o.dispose != "" {
		if len(args) > 0 {
			return badOperands(cmd, "savepoint: %s takes no job, got %q", a.typed["dispose"], shorten(args[0]))
		}
		return nil
	}
	switch len(args) {
	case 0:
		return badOperands(cmd, "savepoint: no job id given")
	case 1, 2:
		o.job, err = parseJobID(args[0])
		if len(args) == 2 {
			o.directory = args[1]
		}
		return err
	}
	return badOperands(cmd, "savepoint: unexpected %q", shorten(args[2]))
}
