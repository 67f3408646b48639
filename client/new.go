package client

import (
	"context"

	"github.com/spf13/cobra"
)

// newOptions is what the user asked of new.
type newOptions struct {
	dir    string
	module string
}

func newNewCommand(a *app, run func(context.Context, *newOptions) error) *cobra.Command {
	o := &newOptions{}
	cmd := &cobra.Command{
		Use:     "new [options] <folder>",
		GroupID: groupOther,
		Short:   "Write the skeleton of a job of one's own",
		Long: "new makes a folder with a Go module in it: a job that counts words, its test and a README.\n" +
			"It builds, its test passes, and weft run runs it.",
		Example: `  weft new ./myjob
  weft new --module example.com/team/myjob ./myjob`,
		RunE: func(cmd *cobra.Command, args []string) error {
			switch len(args) {
			case 0:
				return badOperands(cmd, "new: no folder given")
			case 1:
				o.dir = args[0]
			default:
				return badOperands(cmd, "new: unexpected %q", shorten(args[1]))
			}
			if err := a.wantOutput(); err != nil {
				return usageError(cmd, err)
			}
			return run(cmd.Context(), o)
		},
	}
	addOptions(cmd, option{long: "module", value: "path", group: groupOptions, into: &o.module, usage: "the Go module's path (default: the folder's name)"})
	addOptions(cmd, a.outputOptions()...)
	return cmd
}
