package client

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/weft-stream/weft/conf"
)

// checkpointOptions is what the user asked of checkpoint.
type checkpointOptions struct {
	conf  *conf.Conf
	where where
	job   string // id; "" for checkpoints: all jobs
	full  bool
}

func newCheckpointCommand(a *app, run func(context.Context, *checkpointOptions) error) *cobra.Command {
	o := &checkpointOptions{}
	cmd := &cobra.Command{
		Use:     "checkpoint [options] <job id>",
		GroupID: groupState,
		Short:   "Take a checkpoint of a running job now",
		Long:    "checkpoint takes a checkpoint now, beside those that the job takes by itself.",
		Example: "  weft checkpoint 1c58ec397f11acc4bf520305577c86f2",
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			switch len(args) {
			case 0:
				return badOperands(cmd, "checkpoint: no job id given")
			case 1:
			default:
				return badOperands(cmd, "checkpoint: unexpected %q", shorten(args[1]))
			}
			if o.job, err = parseJobID(args[0]); err != nil {
				return err
			}
			if o.conf, err = a.settings(cmd); err != nil {
				return err
			}
			return run(cmd.Context(), o)
		},
	}
	addOptions(cmd, option{long: "full", into: &o.full, usage: "all state, where checkpoints are incremental: it builds on no earlier one"})
	addOptions(cmd, whereOptions(&o.where)...)
	addOptions(cmd, a.outputOptions()...)
	return cmd
}
