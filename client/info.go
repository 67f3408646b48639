package client

import (
	"context"
	"slices"

	"github.com/spf13/cobra"
)

func newInfoCommand(a *app, run func(context.Context, *runOptions) error) *cobra.Command {
	o := &runOptions{}
	cmd := &cobra.Command{
		Use:         "info [options] <program> [<program's arguments>]",
		GroupID:     groupJobs,
		Annotations: map[string]string{annotationStops: ""},
		Short:       "Show a job's plan; nothing is submitted",
		Long: "info prints the plan of the job that run would start with the same options: its vertices,\n" +
			"how they exchange records, and where in the program each operator stands. With -s it\n" +
			"also says whether the snapshot fits the program.",
		Example: `  weft info ./socketwordcount --port 9010
  weft info -p 4 -s hdfs:///flink/savepoints/savepoint-1c58ec-29cb3c7b9ab0 ./socketwordcount`,
		RunE: func(cmd *cobra.Command, args []string) error {
			args = o.takeClass(args)
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
	addOptions(cmd, runOnlyOptions(o)...)
	addOptions(cmd, clusterOptions(o)...)
	addOptions(cmd, whereOptions(&o.where)...)
	addOptions(cmd, a.outputOptions()...)
	return cmd
}

// takeClass takes a -c right after the program: people type it there for info,
// where nothing is started that could want it for itself.
func (o *runOptions) takeClass(args []string) []string {
	if o.class == "" && len(args) >= 3 && (args[1] == "-c" || args[1] == "--class") {
		o.class = args[2]
		return slices.Delete(slices.Clone(args), 1, 3)
	}
	return args
}
