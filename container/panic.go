package container

import (
	"fmt"
	"strings"
)

// fatalError marks an error that a restart cannot mend.
type fatalError struct{ error }

func (e fatalError) Unwrap() error { return e.error }

func panicError(what any) error {
	if err, ok := what.(error); ok {
		return fmt.Errorf("panic: %w", err)
	}
	return fmt.Errorf("panic: %v", what)
}

// PanicLocation finds file:line of the author's code in a stack as
// runtime/debug.Stack prints it: the innermost function below the panic that is
// in package main or in a module, and not in the rooms of Weft that call it.
func PanicLocation(stack []byte) string {
	lines := strings.Split(string(stack), "\n")
	below := false
	for i := 0; i+1 < len(lines); i++ {
		if strings.HasPrefix(lines[i], "panic(") {
			below = true
		}
		if !below || !isAuthors(lines[i]) || !strings.HasPrefix(lines[i+1], "\t") {
			continue
		}
		place, _, _ := strings.Cut(strings.TrimSpace(lines[i+1]), " +0x")
		return place
	}
	return ""
}

// isAuthors tells whether a function of a stack is the job's author's: Go's own
// packages have no dot in the first part of their path.
func isAuthors(function string) bool {
	if strings.HasPrefix(function, "main.") {
		return true
	}
	const module = "github.com/weft-stream/weft/"
	for _, room := range []string{"stream.", "container.", "internal/"} {
		if strings.HasPrefix(function, module+room) {
			return false
		}
	}
	first, _, isPath := strings.Cut(function, "/")
	return isPath && strings.Contains(first, ".") && !strings.HasPrefix(first, "(")
}
