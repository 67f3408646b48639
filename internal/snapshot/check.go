package snapshot

import (
	"fmt"
	"slices"
	"strings"
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
	Kind           string
	Parallelism    int
	MaxParallelism int // 0: not set by the program, the snapshot's is taken over
	KeySchema      string
	States         []StateInfo
	Inputs         []StateInfo // as which a snapshot keeps what was on its way to it: see package inflight
}

// Check says what keeps a program from being restored from a snapshot, one
// clear line each; none means that it fits. It needs neither files nor a cluster.
func Check(m *Metadata, p Program) []string { return Compare(m, p).Lines() }

// Compare says for each operator with state, of the program and of the snapshot,
// what a restore would make of it: the program's operators in their order, then
// those that only the snapshot has. It needs neither files nor a cluster.
func Compare(m *Metadata, p Program) Report {
	var r Report
	stateful := slices.ContainsFunc(m.Operators, func(o Operator) bool { return o.KeySchema != "" && o.holdsState() })
	if m.KeyHash != p.KeyHash && stateful {
		r.Problems = append(r.Problems, fmt.Sprintf("the snapshot assigns keys by the hash %q, this build by %q: it cannot find the keys", m.KeyHash, p.KeyHash))
	}
	for _, in := range p.Operators {
		saved := m.Operator(in.UID)
		switch {
		case saved != nil && saved.holdsState():
			r.Operators = append(r.Operators, saved.compare(in, p.AllowNonRestored))
		case len(in.States) > 0:
			r.Operators = append(r.Operators, in.startsEmpty())
		}
	}
	for _, o := range m.Operators {
		if o.holdsState() && !slices.ContainsFunc(p.Operators, func(in ProgramOperator) bool { return in.UID == o.UID }) {
			r.Operators = append(r.Operators, o.unmatched(m, p))
		}
	}
	return r
}

func (o Operator) holdsState() bool {
	return slices.ContainsFunc(o.Subtasks, func(s Subtask) bool { return s.Finished || len(s.States) > 0 })
}

// String names the operator as messages do: by its UID and its name.
func (o Operator) String() string { return fmt.Sprintf("operator %q (%s)", o.UID, o.Name) }

// startsEmpty is what becomes of an operator that the snapshot has no state for.
func (in ProgramOperator) startsEmpty() OperatorFit {
	fit := OperatorFit{UID: in.UID, Name: in.Name, Fit: FitNew, Parallelism: in.Parallelism, MaxParallelism: in.MaxParallelism}
	for _, s := range in.States {
		fit.States = append(fit.States, StateFit{Name: s.Name, Kind: s.Kind, Fit: FitNew, Read: s.Schema})
	}
	return fit
}

// unmatched explains that the program lacks an operator, and guesses which one
// it is that has another uid now.
func (o Operator) unmatched(m *Metadata, p Program) OperatorFit {
	fit := OperatorFit{UID: o.UID, Name: o.Name, Fit: FitLeftOut, SavedParallelism: o.Parallelism, MaxParallelism: o.MaxParallelism}
	for _, s := range o.States {
		state := StateFit{Name: s.Name, Kind: s.Kind, Fit: FitLeftOut, Written: s.Schema}
		state.Size, state.Entries = o.held(s.Name)
		fit.Size += state.Size
		fit.States = append(fit.States, state)
	}
	for _, in := range p.Operators {
		if m.Operator(in.UID) == nil && o.couldBe(in) {
			fit.MayBe = append(fit.MayBe, in.UID)
		}
	}
	if p.AllowNonRestored {
		return fit
	}
	fit.Fit = FitMissing
	problem := "it has state in the snapshot, and the program has no operator with that uid: "
	if len(fit.MayBe) > 0 {
		quoted := make([]string, len(fit.MayBe))
		for i, uid := range fit.MayBe {
			quoted[i] = fmt.Sprintf("%q", uid)
		}
		problem += fmt.Sprintf("did you rename uid %q to %s? ", o.UID, strings.Join(quoted, " or "))
	}
	fit.Problems = []string{problem + "to skip its state use -n (--allowNonRestoredState)"}
	return fit
}

// couldBe says whether an operator of the program could take the state of this
// one: it is of the same kind and has its states, of types that fit.
func (o Operator) couldBe(in ProgramOperator) bool {
	in.Parallelism, in.MaxParallelism = o.Parallelism, 0
	return len(in.States) > 0 && (in.Kind == "" || o.Kind == "" || in.Kind == o.Kind) && len(o.compare(in, false).lines()) == 0
}

// held tells the bytes and the entries that a snapshot has of a state.
func (o Operator) held(state string) (size, entries int64) {
	for _, s := range o.Subtasks {
		for _, h := range s.States {
			if h.State == state {
				size += h.Length
				entries += h.Entries
			}
		}
	}
	return size, entries
}
