package client

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/weft-stream/weft/conf"
)

// stopOptions is what the user asked of stop.
type stopOptions struct {
	conf      *conf.Conf
	where     where
	job       string // id
	directory string // -p
	drain     bool   // -d
	format    string
	detached  bool
}

func newStopCommand(a *app, run func(context.Context, *stopOptions) error) *cobra.Command {
	o := &stopOptions{}
	cmd := &cobra.Command{
		Use:     "stop [options] <job id>",
		GroupID: groupJobs,
		Short:   "End a job gracefully, with a savepoint",
		Long: "stop ends a job with a savepoint: the sources send nothing behind it, everything before it is\n" +
			"committed, and the job ends as FINISHED. With -d windows and timers fire first, for a job\n" +
			"that will not be resumed.",
		Example: `  weft stop 1c58ec397f11acc4bf520305577c86f2
  weft stop -p hdfs:///backup 1c58ec397f11acc4bf520305577c86f2
  weft stop -d 1c58ec397f11acc4bf520305577c86f2 -yid application_1795346270964_0021`,
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
		option{long: "savepointPath", short: "p", value: "directory", group: groupOptions, into: &o.directory, usage: "where the savepoint goes (default: state.savepoints.dir)"},
		option{long: "drain", short: "d", group: groupOptions, into: &o.drain, usage: "fire all windows and timers first"},
		option{long: "detached", group: groupOptions, into: &o.detached, usage: "do not wait until the job has ended"},
		formatOption(&o.format))
	addOptions(cmd, whereOptions(&o.where)...)
	addOptions(cmd, a.outputOptions()...)
	return cmd
}

func (o *stopOptions) operands(a *app, cmd *cobra.Command, args []string) (err error) {
	if err := a.checkFormat(o.format); err != nil {
		return usageError(cmd, err)
	}
	switch len(args) {
	case 0:
		return badOperands(cmd, "stop: no job id given")
	case 1:
		o.job, err = parseJobID(args[0])
		return err
	}
	return badOperands(cmd, "stop: unexpected %q", shorten(args[1]))
}
