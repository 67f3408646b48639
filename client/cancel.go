package client

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/weft-stream/weft/conf"
)

// cancelOptions is what the user asked of cancel.
type cancelOptions struct {
	conf      *conf.Conf
	where     where
	job       string       // id
	savepoint optionalText // -s
	format    string
}

func newCancelCommand(a *app, run func(context.Context, *cancelOptions) error) *cobra.Command {
	o := &cancelOptions{}
	cmd := &cobra.Command{
		Use:     "cancel [options] <job id>",
		GroupID: groupJobs,
		Short:   "End a job, with -s after a savepoint",
		Long: "cancel ends a job at once. Its retained checkpoints stay (unless it was told to delete them).\n" +
			"With -s a savepoint is written first, and the job goes on if that fails.",
		Example: `  weft cancel 1c58ec397f11acc4bf520305577c86f2
  weft cancel -s 1c58ec397f11acc4bf520305577c86f2
  weft cancel -s hdfs:///backup 1c58ec397f11acc4bf520305577c86f2 -yid application_1795346270964_0021`,
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
		option{long: "withSavepoint", short: "s", value: "directory", optional: true, group: groupOptions, into: &o.savepoint, usage: "write a savepoint first (default: below state.savepoints.dir)"},
		formatOption(&o.format))
	addOptions(cmd, whereOptions(&o.where)...)
	addOptions(cmd, a.outputOptions()...)
	return cmd
}

func (o *cancelOptions) operands(a *app, cmd *cobra.Command, args []string) (err error) {
	if err := a.checkFormat(o.format); err != nil {
		return usageError(cmd, err)
	}
	if len(args) == 0 && o.savepoint.text != "" {
		// cancel -s <job id>: the option took the id for its directory.
		args, o.savepoint.text = []string{o.savepoint.text}, ""
	}
	switch len(args) {
	case 0:
		return badOperands(cmd, "cancel: no job id given")
	case 1:
		o.job, err = parseJobID(args[0])
		return err
	}
	return badOperands(cmd, "cancel: unexpected %q", shorten(args[1]))
}
