package client

import (
	"context"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/weft-stream/weft/conf"
)

// rescaleOptions is what the user asked of rescale.
type rescaleOptions struct {
	conf        *conf.Conf
	where       where
	job         string // id
	typed       string // -p
	parallelism int
}

func newRescaleCommand(a *app, run func(context.Context, *rescaleOptions) error) *cobra.Command {
	o := &rescaleOptions{}
	cmd := &cobra.Command{
		Use:     "rescale [options] <job id> -p <parallelism>",
		GroupID: groupJobs,
		Short:   "Change a running job's parallelism",
		Long: "rescale changes a running job's parallelism, in the same application: it asks for the containers\n" +
			"that are missing while the job runs on, takes a checkpoint, starts all tasks from it with the new\n" +
			"parallelism, and gives back the containers that are not needed any more. If there is no room, or the\n" +
			"checkpoint fails, the job goes on as it was. Operators whose parallelism the program sets keep it.",
		Example: `  weft rescale 1c58ec397f11acc4bf520305577c86f2 -p 8
  weft rescale 1c58ec397f11acc4bf520305577c86f2 -p 8 -yid application_1795346270964_0021`,
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if err := o.operands(cmd, args); err != nil {
				return err
			}
			if o.conf, err = a.settings(cmd); err != nil {
				return err
			}
			return run(cmd.Context(), o)
		},
	}
	addOptions(cmd,
		option{long: "parallelism", short: "p", value: "number", group: groupOptions, into: &o.typed, usage: "how many subtasks each operator shall have"})
	addOptions(cmd, whereOptions(&o.where)...)
	addOptions(cmd, a.outputOptions()...)
	return cmd
}

func (o *rescaleOptions) operands(cmd *cobra.Command, args []string) (err error) {
	switch len(args) {
	case 0:
		return badOperands(cmd, "rescale: no job id given")
	case 1:
	default:
		return badOperands(cmd, "rescale: unexpected %q", shorten(args[1]))
	}
	if o.job, err = parseJobID(args[0]); err != nil {
		return err
	}
	if o.typed == "" {
		return badOperands(cmd, "rescale: no parallelism given: name one with -p")
	}
	if o.parallelism, err = strconv.Atoi(o.typed); err != nil || o.parallelism < 1 {
		return badOperands(cmd, "rescale: -p: %q is not a parallelism: want a number from 1", shorten(o.typed))
	}
	return nil
}
