package client

import (
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/weft-stream/weft/client/internal/legacy"
)

// An option is one flag of an action as the user sees it.
type option struct {
	long     string
	short    string   // one letter, or ""
	names    []string // further names behind one dash: "yn"
	value    string   // what the help calls the value; "" makes the option a switch
	usage    string
	group    group
	key      string // the setting of package conf that the value is for
	none     string // why the option has no effect, said when it is given; "" if it has one
	property bool   // the value is key=value and may be attached: -Dk=v
	optional bool   // the value may be left out
	into     any    // *bool, *string, *[]string or *optionalText; nil for an option with a key or without effect
}

// A group is a heading in an action's help.
type group string

const (
	groupOptions group = "Options"
	groupYARN    group = "Options for a YARN cluster"
	groupWhere   group = "Which cluster, which application"
	groupOutput  group = "Output"
	groupNone    group = "Accepted for old scripts, without effect"
)

// Annotations of the flags that options become.
const (
	annotationGroup = "weft.group"
	annotationKey   = "weft.key"
	annotationNone  = "weft.none"
)

// optionalText is the value of an option that may stand without one.
type optionalText struct {
	given bool
	text  string // "" if the option stood alone
}

// Set implements pflag.Value.
func (o *optionalText) Set(text string) error {
	o.given, o.text = true, text
	return nil
}

// String implements pflag.Value.
func (o *optionalText) String() string { return o.text }

// Type implements pflag.Value.
func (o *optionalText) Type() string { return "string" }

// addOptions gives the command its options, in the order in which the help
// shows them.
func addOptions(cmd *cobra.Command, options ...option) {
	flags := cmd.Flags()
	flags.SortFlags = false
	for _, o := range options {
		o.define(flags)
		flag := flags.Lookup(o.long)
		flag.Annotations = map[string][]string{annotationGroup: {string(o.group)}, legacy.Names: o.names}
		for key, on := range map[string]bool{legacy.Property: o.property, legacy.Optional: o.optional} {
			if on {
				flag.Annotations[key] = []string{}
			}
		}
		if o.key != "" {
			flag.Annotations[annotationKey] = []string{o.key}
		}
		if o.none != "" {
			flag.Annotations[annotationNone] = []string{o.none}
			flag.Annotations[annotationGroup] = []string{string(groupNone)}
		}
	}
}

func (o *option) define(flags *pflag.FlagSet) {
	usage := o.usage
	if o.value != "" {
		usage = "`" + o.value + "` " + usage
	}
	switch into := o.into.(type) {
	case *bool:
		flags.BoolVarP(into, o.long, o.short, false, usage)
	case *string:
		flags.StringVarP(into, o.long, o.short, *into, usage)
	case *[]string:
		flags.StringArrayVarP(into, o.long, o.short, nil, usage)
	case *optionalText:
		flags.VarP(into, o.long, o.short, usage)
	case nil:
		o.defineValueless(flags, usage)
	default:
		panic(fmt.Sprintf("option %s: no flag for a %T", o.long, into))
	}
}

// defineValueless defines an option whose value goes to a setting or nowhere.
func (o *option) defineValueless(flags *pflag.FlagSet, usage string) {
	if o.value == "" {
		flags.BoolP(o.long, o.short, false, usage)
		return
	}
	flags.StringArrayP(o.long, o.short, nil, usage)
}
