// Package legacy lets a pflag set understand command lines as Flink users have
// typed them for years: names of several letters behind one dash (-yn 2,
// -yid application_…, -claimMode no_claim), values attached to a name (-p4,
// -yDk=v), and options after operands.
//
// pflag reads one-letter names only behind one dash, so Rewrite goes over the
// arguments before pflag does and turns every option into its one unambiguous
// form, --name=value, with the operands behind a final "--". It knows what a
// flag is called and whether it takes a value; what the value means stays
// pflag's business.
package legacy

import (
	"strings"

	"github.com/spf13/pflag"
)

// Annotations of a pflag.Flag that Rewrite obeys.
const (
	// Names lists further names of the flag, without dashes.
	Names = "weft.names"
	// Property marks a flag whose key=value may be attached to its name: -Dk=v.
	Property = "weft.property"
	// Optional marks a flag that takes a value only if one follows. Without one
	// it is set to the empty string.
	Optional = "weft.optional"
)

// Result is a rewritten command line.
type Result struct {
	Args     []string          // --name=value …, --, operands
	Operands []string          // the operands alone
	Typed    map[string]string // how the user spelled each flag, by its long name: "-yn"
}

// Rewrite returns args in pflag's own form. With stopAtOperand all that follows
// the first operand is an operand too, whatever it looks like. The error is an
// *UnknownError or a *MissingError.
func Rewrite(flags *pflag.FlagSet, args []string, stopAtOperand bool) (*Result, error) {
	r := &rewriter{names: nameTable(flags), rest: args, result: Result{Typed: map[string]string{}}}
	var options []string
	for len(r.rest) > 0 {
		arg := r.next()
		if arg == "--" {
			r.takeAll()
			break
		}
		if !looksLikeOption(arg) {
			r.result.Operands = append(r.result.Operands, arg)
			if stopAtOperand {
				r.takeAll()
			}
			continue
		}
		option, err := r.option(arg)
		if err != nil {
			return nil, err
		}
		options = append(options, option...)
	}
	r.result.Args = append(append(options, "--"), r.result.Operands...)
	return &r.result, nil
}

// rewriter walks over the arguments that are left.
type rewriter struct {
	names  map[string]*pflag.Flag
	rest   []string
	result Result
}

func (r *rewriter) next() string {
	arg := r.rest[0]
	r.rest = r.rest[1:]
	return arg
}

func (r *rewriter) takeAll() {
	r.result.Operands = append(r.result.Operands, r.rest...)
	r.rest = nil
}

// option rewrites one argument that starts with a dash, and takes its value
// from the next one where it needs to.
func (r *rewriter) option(arg string) ([]string, error) {
	dashes := arg[:len(arg)-len(strings.TrimLeft(arg, "-"))]
	name, value, attached := strings.Cut(arg[len(dashes):], "=")
	if flag := r.names[name]; flag != nil {
		return r.withValue(flag, dashes+name, value, attached)
	}
	if flag, pair := r.property(arg[len(dashes):]); flag != nil {
		return r.form(flag, dashes+strings.TrimSuffix(arg[len(dashes):], pair), pair), nil
	}
	if len(dashes) == 1 {
		return r.cluster(arg)
	}
	return nil, r.unknown(dashes + name)
}

// withValue rewrites a flag whose name stood alone or before "=".
func (r *rewriter) withValue(flag *pflag.Flag, typed, value string, attached bool) ([]string, error) {
	switch {
	case attached:
	case flag.NoOptDefVal != "": // a switch: it never takes the next argument
		value = flag.NoOptDefVal
	case len(r.rest) > 0 && !r.isOption(r.rest[0]):
		value = r.next()
	case flag.Annotations[Optional] == nil:
		return nil, &MissingError{Option: typed, Value: valueName(flag)}
	}
	return r.form(flag, typed, value), nil
}

// property recognises -Dk=v: the longest name of a property flag that text
// starts with.
func (r *rewriter) property(text string) (*pflag.Flag, string) {
	for end := len(text) - 1; end > 0; end-- {
		if flag := r.names[text[:end]]; flag != nil && flag.Annotations[Property] != nil {
			return flag, text[end:]
		}
	}
	return nil, ""
}

// cluster rewrites one-letter switches behind one dash (-dn), of which the last
// may have its value attached (-p4).
func (r *rewriter) cluster(arg string) ([]string, error) {
	var options []string
	for i, letter := range arg[1:] {
		flag := r.names[string(letter)]
		if flag == nil || flag.Shorthand != string(letter) {
			return nil, r.unknown(arg)
		}
		typed, tail := "-"+string(letter), arg[1+i+len(string(letter)):]
		if flag.NoOptDefVal == "" {
			option, err := r.withValue(flag, typed, strings.TrimPrefix(tail, "="), tail != "")
			return append(options, option...), err
		}
		options = append(options, r.form(flag, typed, flag.NoOptDefVal)...)
	}
	return options, nil
}

func (r *rewriter) form(flag *pflag.Flag, typed, value string) []string {
	r.result.Typed[flag.Name] = typed
	return []string{"--" + flag.Name + "=" + value}
}

// isOption reports whether arg is an option that the command knows; anything
// else may be a value, a negative number included.
func (r *rewriter) isOption(arg string) bool {
	if !looksLikeOption(arg) || arg == "--" {
		return arg == "--"
	}
	bare := strings.TrimLeft(arg, "-")
	name, _, _ := strings.Cut(bare, "=")
	if r.names[name] != nil {
		return true
	}
	flag, _ := r.property(bare)
	return flag != nil
}

// looksLikeOption tells an option from an operand; a lone dash is an operand.
func looksLikeOption(arg string) bool {
	return len(arg) > 1 && arg[0] == '-'
}

func nameTable(flags *pflag.FlagSet) map[string]*pflag.Flag {
	names := map[string]*pflag.Flag{}
	flags.VisitAll(func(flag *pflag.Flag) {
		names[flag.Name] = flag
		if flag.Shorthand != "" {
			names[flag.Shorthand] = flag
		}
		for _, name := range flag.Annotations[Names] {
			names[name] = flag
		}
	})
	return names
}

// valueName is what the help calls the flag's value.
func valueName(flag *pflag.Flag) string {
	name, _ := pflag.UnquoteUsage(flag)
	return name
}
