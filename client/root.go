package client

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/weft-stream/weft/client/internal/legacy"
	"github.com/weft-stream/weft/client/internal/voice"
)

// execute finds the action that args begin with, puts its options into pflag's
// form, and runs it.
func (a *app) execute(ctx context.Context, args []string) error {
	root := a.newRoot()
	args, err := a.normalise(root, args)
	if err != nil {
		return err
	}
	root.SetArgs(args)
	return root.ExecuteContext(ctx)
}

// newRoot builds the tree of actions.
func (a *app) newRoot() *cobra.Command {
	cobra.EnableCommandSorting = false
	root := &cobra.Command{
		Use:   "weft",
		Short: "Run streaming jobs on YARN, or on this machine",
		Long: "weft runs, watches, snapshots and ends streaming jobs on a YARN cluster, or on this machine.\n" +
			"The cluster is the one whose files are in HADOOP_CONF_DIR (or YARN_CONF_DIR).",
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
		RunE: func(cmd *cobra.Command, _ []string) error {
			if shown, _ := cmd.Flags().GetBool("version"); shown {
				return a.version()
			}
			return cmd.Help()
		},
	}
	root.Flags().BoolP("version", "v", false, "show the version")
	root.AddGroup(actionGroups...)
	root.SetOut(a.ui)
	root.SetHelpFunc(a.help)
	root.SetFlagErrorFunc(a.flagError)
	root.AddCommand(
		newRunCommand(a, a.run), newInfoCommand(a, a.info),
		newListCommand(a, a.list), newRescaleCommand(a, a.rescale), newSavepointCommand(a, a.savepoint), newStopCommand(a, a.stop),
		newCancelCommand(a, a.cancel), newCheckpointCommand(a, a.checkpoint), newCheckpointsCommand(a, a.checkpoints),
		newSavepointsCommand(a, a.savepoints), newStateCommand(a),
		newNewCommand(a, a.create), newVersionCommand(a), newCompletionCommand(root),
	)
	root.SetHelpCommand(newHelpCommand(root))
	root.InitDefaultHelpCmd()
	addHelpOption(root)
	return root
}

func addHelpOption(cmd *cobra.Command) {
	cmd.Flags().BoolP("help", "h", false, "show this help")
	for _, sub := range cmd.Commands() {
		addHelpOption(sub)
	}
}

// normalise rewrites the arguments behind the action. Those of the shell's
// completion are left alone, but that help is put in front: their last word is
// the one that is completed.
func (a *app) normalise(root *cobra.Command, args []string) ([]string, error) {
	if len(args) == 0 {
		return args, nil
	}
	if last := len(args) - 1; strings.HasPrefix(args[0], cobra.ShellCompRequestCmd) {
		return slices.Concat(args[:1], helpInFront(root, args[1:max(1, last)]), args[max(1, last):]), nil
	}
	args = helpInFront(root, args)
	if strings.HasPrefix(args[0], "-") {
		return a.rewrite(root, args)
	}
	cmd, words, err := descend(root, args)
	if err != nil {
		return nil, err
	}
	_, stops := cmd.Annotations[annotationStops]
	_, own := cmd.Annotations[annotationOwnParser]
	if own {
		return args, nil
	}
	result, err := legacy.Rewrite(cmd.Flags(), args[words:], stops)
	if err != nil {
		return nil, usageError(cmd, err)
	}
	a.typed = result.Typed
	return append(args[:words:words], result.Args...), nil
}

// descend finds the action that args begin with, and how many words name it:
// run, state show.
func descend(root *cobra.Command, args []string) (cmd *cobra.Command, words int, err error) {
	cmd = root
	for _, arg := range args {
		if !cmd.HasSubCommands() || words > 0 && strings.HasPrefix(arg, "-") {
			break
		}
		sub, found := action(cmd, arg)
		if !found {
			return nil, 0, unknownAction(cmd, arg)
		}
		cmd = sub
		words++
	}
	return cmd, words, nil
}

// rewrite handles options without an action: weft -v, weft --help.
func (a *app) rewrite(root *cobra.Command, args []string) ([]string, error) {
	result, err := legacy.Rewrite(root.Flags(), args, true)
	if err != nil {
		return nil, usageError(root, err)
	}
	if len(result.Operands) > 0 {
		return nil, voice.Hint(fmt.Errorf("option %s stands before the action %s", args[0], result.Operands[0]),
			"weft <action> <options>")
	}
	return result.Args, nil
}

// Headings of the actions in the help.
const (
	groupJobs  = "jobs"
	groupState = "state"
	groupOther = "other"
)

var actionGroups = []*cobra.Group{
	{ID: groupJobs, Title: "Run and watch jobs:"},
	{ID: groupState, Title: "Savepoints and checkpoints:"},
	{ID: groupOther, Title: "More:"},
}

// Annotations of a command.
const (
	annotationStops     = "weft.stops"      // everything behind the first operand is the program's
	annotationOwnParser = "weft.own-parser" // the command's arguments are not in Flink's style
	annotationTrouble   = "weft.trouble"    // exit code 1 is an answer, so trouble is 2
)

// actionName is what the user types for an action, behind "weft".
func actionName(cmd *cobra.Command) string {
	return strings.TrimPrefix(cmd.CommandPath(), cmd.Root().Name()+" ")
}

func action(root *cobra.Command, name string) (*cobra.Command, bool) {
	for _, cmd := range root.Commands() {
		if cmd.Name() == name || cmd.HasAlias(name) {
			return cmd, true
		}
	}
	return nil, false
}

// renamed are actions of Flink that go by another way here.
var renamed = map[string]string{
	"run-application": "run -m yarn-cluster starts a cluster for the job: use that",
	"modify":          "weft rescale <job id> -p <parallelism> changes a running job's parallelism",
}

func unknownAction(root *cobra.Command, name string) error {
	err, help := fmt.Errorf("unknown action %q", name), "weft help"
	if root.HasParent() {
		err, help = fmt.Errorf("%s: unknown action %q", actionName(root), shorten(name)), "weft help "+actionName(root)
	}
	if instead, known := renamed[name]; known {
		return voice.Hint(err, "%s", instead)
	}
	var names []string
	for _, cmd := range root.Commands() {
		if !cmd.Hidden {
			names = append(names, cmd.Name())
		}
	}
	if nearest := legacy.Nearest(name, names); nearest != "" {
		return voice.Hint(err, "did you mean %s? %s lists the actions", nearest, help)
	}
	return voice.Hint(err, "the actions are %s", strings.Join(names, ", "))
}

// flagError turns pflag's complaint about a value into ours.
func (a *app) flagError(cmd *cobra.Command, err error) error {
	if invalid := (*pflag.InvalidValueError)(nil); errors.As(err, &invalid) {
		name := invalid.GetFlag().Name
		return usageError(cmd, fmt.Errorf("%s: %q is not %s", a.typed[name], invalid.GetValue(), wanted(invalid.GetFlag())))
	}
	return usageError(cmd, err)
}

func wanted(flag *pflag.Flag) string {
	if flag.Value.Type() == "bool" {
		return "true or false"
	}
	name, _ := pflag.UnquoteUsage(flag)
	return "a " + name
}

// usageError adds where to read about the command's options.
func usageError(cmd *cobra.Command, err error) error {
	hint := "weft help " + actionName(cmd) + " lists the options"
	if !cmd.HasParent() {
		hint = "weft help lists the actions and options"
	}
	if unknown := (*legacy.UnknownError)(nil); errors.As(err, &unknown) && unknown.Nearest != "" {
		hint = "did you mean " + unknown.Nearest + "? " + hint
	}
	return troubled(cmd, voice.Hint(fmt.Errorf("%s: %w", actionName(cmd), err), "%s", hint))
}
