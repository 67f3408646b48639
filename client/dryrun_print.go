package client

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/weft-stream/weft/client/internal/voice"
	"github.com/weft-stream/weft/internal/snapshot"
)

// printDryRun writes the result of a dry run for a person. The problems
// themselves come after it, as the command's errors.
func (a *app) printDryRun(r *dryRunResult) {
	if r.Restore != nil && len(r.Restore.Operators) > 0 {
		for line := range strings.Lines(restoreTable(r.Restore)) {
			a.ui.Line("%s", strings.TrimRight(line, " \n"))
		}
		a.ui.Line("")
	}
	for _, f := range r.Checks {
		if f.Verdict == refused {
			a.ui.Line("%-12s %s", f.Check, refused)
			continue
		}
		a.ui.Line("%-12s %-8s %s", f.Check, f.Verdict, f.Detail)
	}
	if r.Fits {
		a.ui.Line("The job can be started. Nothing was.")
	}
}

// restoreTable has a row for each operator with state, below it one for each of
// its states, and a line for each change.
func restoreTable(r *snapshot.Report) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "operator\tfit\tsize\tparallelism\twhat becomes of it")
	for _, o := range r.Operators {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", o.UID, o.Fit, sizeOf(o.Fit, o.Size), parallelismOf(o), firstOf(operatorNotes(o)))
		for _, note := range restOf(operatorNotes(o)) {
			fmt.Fprintf(w, "\t\t\t\t%s\n", note)
		}
		for _, s := range o.States {
			fmt.Fprintf(w, "  %s\t%s\t%s\t\t%s\n", s.Name, s.Fit, sizeOf(s.Fit, s.Size), firstOf(s.Changes))
			for _, note := range restOf(s.Changes) {
				fmt.Fprintf(w, "\t\t\t\t%s\n", note)
			}
		}
	}
	w.Flush() // into memory: it cannot fail
	return b.String()
}

// operatorNotes is what there is to say of an operator besides its problems.
func operatorNotes(o snapshot.OperatorFit) []string {
	var notes []string
	for _, change := range o.Changes {
		notes = append(notes, "key: "+change)
	}
	for _, uid := range o.MayBe {
		notes = append(notes, "renamed to "+uid+"?")
	}
	if o.Fit == snapshot.FitNew {
		notes = append(notes, "starts empty")
	}
	return notes
}

// parallelismOf shows how many subtasks the state comes from and goes to.
func parallelismOf(o snapshot.OperatorFit) string {
	switch {
	case o.Parallelism == 0 || o.SavedParallelism == 0 || o.Parallelism == o.SavedParallelism:
		return fmt.Sprint(max(o.Parallelism, o.SavedParallelism))
	}
	return fmt.Sprintf("%d -> %d of %d", o.SavedParallelism, o.Parallelism, o.MaxParallelism)
}

func sizeOf(f snapshot.Fit, size int64) string {
	if f == snapshot.FitNew {
		return "-"
	}
	return voice.Bytes(size)
}

func firstOf(notes []string) string {
	if len(notes) == 0 {
		return ""
	}
	return notes[0]
}

func restOf(notes []string) []string { return notes[min(1, len(notes)):] }
