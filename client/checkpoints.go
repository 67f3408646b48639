package client

import (
	"context"

	"github.com/spf13/cobra"
)

func newCheckpointsCommand(a *app, run func(context.Context, *checkpointOptions) error) *cobra.Command {
	o := &checkpointOptions{}
	cmd := &cobra.Command{
		Use:     "checkpoints [options] [<job id>]",
		GroupID: groupState,
		Short:   "List the checkpoints that are kept of a job",
		Long: "checkpoints lists what is kept of a job below state.checkpoints.dir, with times and sizes,\n" +
			"whether or not the job lives. Each can be given to run -s. Without a job id it lists the jobs\n" +
			"that have any.",
		Example: `  weft checkpoints 1c58ec397f11acc4bf520305577c86f2
  weft checkpoints -D state.checkpoints.dir=hdfs:///flink/checkpoints`,
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if len(args) > 1 {
				return badOperands(cmd, "checkpoints: unexpected %q", shorten(args[1]))
			}
			if len(args) == 1 {
				if o.job, err = parseJobID(args[0]); err != nil {
					return err
				}
			}
			if o.conf, err = a.settings(cmd); err != nil {
				return err
			}
			return run(cmd.Context(), o)
		},
	}
	addOptions(cmd, elsewhereOptions()...)
	addOptions(cmd, a.outputOptions()...)
	return cmd
}
