package snapshot

import (
	"fmt"
	"slices"
)

// Program is what the restore check must know about a program's plan.
type Program struct {
	KeyHash          string // of this build
	Operators        []ProgramOperator
	AllowNonRestored bool // -n: state that the program does not take may be skipped
}

// ProgramOperator is an operator of the plan.
type ProgramOperator struct {
	UID            string
	Name           string
	Parallelism    int
	MaxParallelism int // 0: not set by the program, the snapshot's is taken over
	KeySchema      string
	States         []StateInfo
}

// Check says what keeps a program from being restored from a snapshot, one
// clear line each; none means that it fits. It needs neither files nor a cluster.
func Check(m *Metadata, p Program) []string {
	var problems []string
	stateful := slices.ContainsFunc(m.Operators, func(o Operator) bool { return o.KeySchema != "" && o.holdsState() })
	if m.KeyHash != p.KeyHash && stateful {
		problems = append(problems, fmt.Sprintf("the snapshot assigns keys by the hash %q, this build by %q: it cannot find the keys", m.KeyHash, p.KeyHash))
	}
	for _, o := range m.Operators {
		if !o.holdsState() {
			continue
		}
		i := slices.IndexFunc(p.Operators, func(in ProgramOperator) bool { return in.UID == o.UID })
		if i < 0 {
			if !p.AllowNonRestored {
				problems = append(problems, o.unmatched(m, p))
			}
			continue
		}
		problems = append(problems, o.check(p.Operators[i], p.AllowNonRestored)...)
	}
	return problems
}

func (o Operator) holdsState() bool {
	return slices.ContainsFunc(o.Subtasks, func(s Subtask) bool { return s.Finished || len(s.States) > 0 })
}

// String names the operator as messages do: by its UID and its name.
func (o Operator) String() string { return fmt.Sprintf("operator %q (%s)", o.UID, o.Name) }

// unmatched explains that the program lacks an operator, and guesses at one
// whose uid was changed: it has the name, and a uid that the snapshot does not know.
func (o Operator) unmatched(m *Metadata, p Program) string {
	hint := ""
	for _, in := range p.Operators {
		if in.Name == o.Name && m.Operator(in.UID) == nil {
			hint = fmt.Sprintf(" (was its uid changed to %q?)", in.UID)
		}
	}
	return fmt.Sprintf("%s has state in the snapshot, but the program has no operator with that uid%s: to skip its state use -n (--allowNonRestoredState)", o, hint)
}

func (o Operator) check(in ProgramOperator, allowNonRestored bool) []string {
	var problems []string
	say := func(format string, args ...any) {
		problems = append(problems, o.String()+": "+fmt.Sprintf(format, args...))
	}
	switch {
	case in.MaxParallelism != 0 && in.MaxParallelism != o.MaxParallelism:
		say("its maximum parallelism is %d in the snapshot and cannot be changed to %d", o.MaxParallelism, in.MaxParallelism)
	case in.Parallelism > o.MaxParallelism:
		say("its parallelism %d is above the snapshot's maximum parallelism, %d", in.Parallelism, o.MaxParallelism)
	}
	if in.KeySchema != o.KeySchema {
		say("its key type changed from %s to %s", orNone(o.KeySchema), orNone(in.KeySchema))
	}
	for _, old := range o.States {
		i := slices.IndexFunc(in.States, func(s StateInfo) bool { return s.Name == old.Name })
		switch {
		case i < 0 && !o.holds(old.Name), i < 0 && allowNonRestored:
		case i < 0:
			say("the program does not declare its state %q any more; to skip it use -n (--allowNonRestoredState)", old.Name)
		case in.States[i].Kind != old.Kind:
			say("its state %q changed from a %s to a %s", old.Name, old.Kind, in.States[i].Kind)
		case in.States[i].Schema != old.Schema:
			say("the type of its state %q changed from %s to %s", old.Name, orNone(old.Schema), orNone(in.States[i].Schema))
		}
	}
	return problems
}

// holds says whether any subtask has entries of a state.
func (o Operator) holds(state string) bool {
	return slices.ContainsFunc(o.Subtasks, func(s Subtask) bool {
		return slices.ContainsFunc(s.States, func(h Handle) bool { return h.State == state })
	})
}

func orNone(schema string) string {
	if schema == "" {
		return "none"
	}
	return schema
}
