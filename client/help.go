package client

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/weft-stream/weft/client/internal/legacy"
	"github.com/weft-stream/weft/conf"
)

// help prints an action's help, or that of the whole command.
func (a *app) help(cmd *cobra.Command, _ []string) {
	var b strings.Builder
	text := cmd.Long
	if text == "" {
		text = cmd.Short + "."
	}
	fmt.Fprintf(&b, "%s\n\nUsage:\n  %s\n", text, usageLine(cmd))
	if cmd.HasSubCommands() {
		writeActions(&b, cmd)
	}
	writeOptions(&b, cmd.Flags())
	if cmd.Example != "" {
		fmt.Fprintf(&b, "\nExamples:\n%s\n", cmd.Example)
	}
	if cmd.HasSubCommands() {
		fmt.Fprintf(&b, "\n%s <action> explains an action and its options.\n", strings.Replace(cmd.CommandPath(), "weft", "weft help", 1))
	}
	fmt.Fprint(a.ui, b.String())
}

func usageLine(cmd *cobra.Command) string {
	if cmd.HasParent() {
		return cmd.Parent().CommandPath() + " " + cmd.Use
	}
	return "weft <action> [options] [operands]"
}

func writeActions(b *strings.Builder, root *cobra.Command) {
	groups := root.Groups()
	if len(groups) == 0 {
		groups = []*cobra.Group{{Title: "Actions:"}}
	}
	for _, group := range groups {
		fmt.Fprintf(b, "\n%s\n", group.Title)
		for _, cmd := range root.Commands() {
			if cmd.GroupID == group.ID && !cmd.Hidden {
				fmt.Fprintf(b, "  %-12s %s\n", cmd.Name(), cmd.Short)
			}
		}
	}
}

// writeOptions prints the options below the heading of their group.
func writeOptions(b *strings.Builder, flags *pflag.FlagSet) {
	groups := map[group][]*pflag.Flag{}
	flags.VisitAll(func(flag *pflag.Flag) {
		g := groupOutput // cobra's own: --help, --version
		if of := flag.Annotations[annotationGroup]; len(of) > 0 {
			g = group(of[0])
		}
		groups[g] = append(groups[g], flag)
	})
	for _, g := range []group{groupOptions, groupYARN, groupWhere, groupOutput, groupNone} {
		if len(groups[g]) == 0 {
			continue
		}
		fmt.Fprintf(b, "\n%s:\n", g)
		for _, flag := range groups[g] {
			writeOption(b, flag)
		}
	}
}

// optionColumn is where the text about an option begins.
const optionColumn = 42

func writeOption(b *strings.Builder, flag *pflag.Flag) {
	value, usage := pflag.UnquoteUsage(flag)
	names := optionNames(flag)
	if _, optional := flag.Annotations[legacy.Optional]; optional {
		names += " [<" + value + ">]"
	} else if flag.Value.Type() != "bool" {
		names += " <" + value + ">"
	}
	if why := flag.Annotations[annotationNone]; len(why) > 0 {
		usage = why[0]
	}
	usage = strings.TrimPrefix(usage, value+" ") // pflag leaves the value's name where it stood
	if len(names)+4 > optionColumn {
		fmt.Fprintf(b, "  %s\n  %*s%s\n", names, optionColumn-2, "", usage)
		return
	}
	fmt.Fprintf(b, "  %-*s%s\n", optionColumn-2, names, usage)
}

// optionNames spells an option: its short names, then the long one.
func optionNames(flag *pflag.Flag) string {
	var names []string
	if flag.Shorthand != "" {
		names = append(names, "-"+flag.Shorthand)
	}
	for _, name := range flag.Annotations[legacy.Names] {
		names = append(names, "-"+name)
	}
	return strings.Join(append(names, "--"+flag.Name), ", ")
}

// topicSettings is a topic of help that is no action: the table of all settings.
const topicSettings = "settings"

// actionHelp is the name of newHelpCommand's action.
const actionHelp = "help"

// helpInFront lets help stand behind any action that has actions of its own, as
// many know it from other commands: state help cp is help state cp.
func helpInFront(root *cobra.Command, args []string) []string {
	of := root
	for i, arg := range args {
		sub, found := action(of, arg)
		switch {
		case found:
			of = sub
		case arg == actionHelp && of.HasSubCommands():
			return slices.Concat(args[i:i+1], args[:i], args[i+1:])
		default:
			return args
		}
	}
	return args
}

// newHelpCommand is "weft help [action]".
func newHelpCommand(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:         actionHelp + " [<action>|settings]",
		Short:       "Explain an action and its options, or list all settings",
		GroupID:     groupOther,
		Annotations: map[string]string{annotationOwnParser: ""},
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return root.Help()
			}
			if args[0] == topicSettings {
				return conf.WriteHelp(root.OutOrStdout())
			}
			cmd, words, err := descend(root, args)
			if err == nil && words < len(args) {
				err = fmt.Errorf("help: unexpected %q", shorten(args[words]))
			}
			if err != nil {
				return err
			}
			return cmd.Help()
		},
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			of, names := root, []string{topicSettings}
			if len(args) > 0 {
				cmd, _, err := descend(root, args)
				if err != nil {
					return nil, cobra.ShellCompDirectiveNoFileComp
				}
				of, names = cmd, nil
			}
			for _, cmd := range of.Commands() {
				names = append(names, cmd.Name())
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
	}
}
