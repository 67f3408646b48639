package client

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/weft-stream/weft/conf"
)

// listOptions is what the user asked of list.
type listOptions struct {
	conf      *conf.Conf
	where     where
	all       bool // -a: ended ones too
	running   bool // -r
	scheduled bool // -s
}

func newListCommand(a *app, run func(context.Context, *listOptions) error) *cobra.Command {
	o := &listOptions{}
	cmd := &cobra.Command{
		Use:     "list [options]",
		GroupID: groupJobs,
		Short:   "List the jobs of the cluster and of this machine",
		Long: "list prints every Weft job that runs or waits to run: on the cluster that HADOOP_CONF_DIR\n" +
			"names, and on this machine. Below each job stand its application, its age and its last\n" +
			"checkpoint.",
		Example: `  weft list
  weft list -a
  weft list -yid application_1795346270964_0021
  weft list --output json`,
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if len(args) > 0 {
				return badOperands(cmd, "list: unexpected %q", shorten(args[0]))
			}
			if o.conf, err = a.settings(cmd); err != nil {
				return err
			}
			return run(cmd.Context(), o)
		},
	}
	addOptions(cmd,
		option{long: "all", short: "a", group: groupOptions, into: &o.all, usage: "ended jobs too"},
		option{long: "running", short: "r", group: groupOptions, into: &o.running, usage: "only jobs that run"},
		option{long: "scheduled", short: "s", group: groupOptions, into: &o.scheduled, usage: "only jobs that wait to run"})
	addOptions(cmd, whereOptions(&o.where)...)
	addOptions(cmd, a.outputOptions()...)
	return cmd
}
