package client

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/weft-stream/weft/conf"
)

// catalogueOptions is what the user asked of checkpoints or savepoints.
type catalogueOptions struct {
	conf    *conf.Conf
	job     string // id or name; "" is all
	sort    string
	verb    string  // pin or unpin; "" lists
	numbers []int64 // of the checkpoints to pin or unpin
}

// The verbs of checkpoints.
const (
	verbPin   = "pin"
	verbUnpin = "unpin"
)

func newCheckpointsCommand(a *app, run func(context.Context, *catalogueOptions) error) *cobra.Command {
	o := &catalogueOptions{}
	return a.catalogueAction(&cobra.Command{
		Use:   "checkpoints [options] [<job>]\n  weft checkpoints pin|unpin <job> <number>...",
		Short: "List what checkpoints are kept, of living and dead jobs; pin them",
		Long: "checkpoints lists the checkpoints of a job, or of all jobs, below state.checkpoints.dir, whether or\n" +
			"not the job lives: when each was complete, its age, size and duration, whether it is pinned, which\n" +
			"application took it, and what its job had been started from. Of incremental checkpoints ADDED is\n" +
			"what each has written itself, SIZE all that it needs. A running job is asked itself where its\n" +
			"checkpoints are. <job> is an id or a name. Each path can be given to run -s.\n\n" +
			"pin keeps checkpoints from being deleted when newer ones come, and when the job ends; unpin ends\n" +
			"that. Both work at once, on running jobs too.",
		Example: `  weft checkpoints
  weft checkpoints 1c58ec397f11acc4bf520305577c86f2
  weft checkpoints wordcount --sort size
  weft checkpoints pin wordcount 56
  weft checkpoints -D state.checkpoints.dir=hdfs:///flink/checkpoints --output json`,
		ValidArgs: []string{verbPin, verbUnpin},
	}, o, o.operands, run)
}

func newSavepointsCommand(a *app, run func(context.Context, *catalogueOptions) error) *cobra.Command {
	o := &catalogueOptions{}
	return a.catalogueAction(&cobra.Command{
		Use:   "savepoints [options] [<job>]",
		Short: "List the savepoints that there are, of living and dead jobs",
		Long: "savepoints lists the savepoints of a job, or of all jobs: those in state.savepoints.dir, and those\n" +
			"that jobs wrote anywhere else, which they have noted beside their checkpoints in\n" +
			"state.checkpoints.dir. <job> is an id or a name. One that was deleted or moved is not listed.",
		Example: `  weft savepoints
  weft savepoints wordcount
  weft savepoints -D state.savepoints.dir=hdfs:///backup --sort size`,
	}, o, o.list, run)
}

// catalogueAction completes a command over the catalogue.
func (a *app) catalogueAction(cmd *cobra.Command, o *catalogueOptions, operands func(*cobra.Command, []string) error,
	run func(context.Context, *catalogueOptions) error,
) *cobra.Command {
	cmd.GroupID = groupState
	cmd.RunE = func(cmd *cobra.Command, args []string) (err error) {
		if err := operands(cmd, args); err != nil {
			return err
		}
		if o.conf, err = a.settings(cmd); err != nil {
			return err
		}
		return run(cmd.Context(), o)
	}
	addOptions(cmd, sortOption(&o.sort))
	addOptions(cmd, elsewhereOptions()...)
	addOptions(cmd, a.outputOptions()...)
	completeSort(cmd)
	return cmd
}

// sortKeys are the values of --sort.
var sortKeys = []string{"time", "size", "duration", "number", "job"}

func sortOption(into *string) option {
	return option{
		long: "sort", value: strings.Join(sortKeys, "|"), group: groupOptions, into: into,
		usage: "the order; by default the latest first",
	}
}

func completeSort(cmd *cobra.Command) {
	err := cmd.RegisterFlagCompletionFunc("sort", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return sortKeys, cobra.ShellCompDirectiveNoFileComp
	})
	if err != nil {
		panic(err) // the flag was defined just before
	}
}

// operands reads what stands behind checkpoints.
func (o *catalogueOptions) operands(cmd *cobra.Command, args []string) error {
	if len(args) == 0 || args[0] != verbPin && args[0] != verbUnpin {
		return o.list(cmd, args)
	}
	o.verb = args[0]
	if len(args) < 3 {
		return badOperands(cmd, "checkpoints %s: name a job and the numbers of its checkpoints", o.verb)
	}
	o.job = args[1]
	for _, text := range args[2:] {
		n, err := strconv.ParseInt(strings.TrimPrefix(text, "chk-"), 10, 64)
		if err != nil || n < 1 {
			return badOperands(cmd, "checkpoints %s: %q is not the number of a checkpoint", o.verb, shorten(text))
		}
		o.numbers = append(o.numbers, n)
	}
	return nil
}

func (o *catalogueOptions) list(cmd *cobra.Command, args []string) error {
	switch len(args) {
	case 0:
	case 1:
		o.job = args[0]
	default:
		return badOperands(cmd, "%s: unexpected %q", cmd.Name(), shorten(args[1]))
	}
	if o.sort != "" && !slices.Contains(sortKeys, o.sort) {
		return usageError(cmd, fmt.Errorf("--sort: %q is not an order: want %s", shorten(o.sort), strings.Join(sortKeys, ", ")))
	}
	return nil
}
