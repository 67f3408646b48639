package program

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"github.com/weft-stream/weft/client/internal/voice"
)

// frame is the second line of a stack frame: "\t/home/me/job/main.go:31 +0x1d".
var frame = regexp.MustCompile(`^\t(\S.*\.go:\d+)(?: \+0x[0-9a-f]+)?$`)

// crash describes in one line how a program ended that gave no plan.
func crash(path string, printed []byte, ended error) error {
	lines := strings.Split(string(bytes.TrimRight(printed, "\n")), "\n")
	message, at := "", -1
	for i, line := range lines {
		if strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ") {
			message, at = line, i
			break
		}
	}
	if at < 0 {
		return voice.Hint(fmt.Errorf("program %s ended without a plan (%w)%s", path, ended, lastWords(lines)),
			"a job's function returns an error instead of ending the process")
	}
	message = strings.TrimPrefix(strings.TrimSuffix(message, " [recovered]"), "panic: ")
	if place := author(lines[at:]); place != "" {
		message = place + ": " + message
	}
	return voice.Hint(fmt.Errorf("program %s panicked while planning: %s", path, message), "--verbose shows the stack")
}

// author finds the first stack frame that is neither the Go runtime's nor
// Weft's.
func author(lines []string) string {
	for i := 1; i < len(lines); i++ {
		found := frame.FindStringSubmatch(lines[i])
		if found == nil {
			continue
		}
		function := strings.TrimSpace(lines[i-1])
		if hasAnyPrefix(function, "runtime.", "panic(", "testing.", Module+".", Module+"/stream.", Module+"/internal/", "created by runtime.") {
			continue
		}
		return found[1]
	}
	return ""
}

// lastWords is the last line that the program printed.
func lastWords(lines []string) string {
	if last := strings.TrimSpace(lines[len(lines)-1]); last != "" {
		return ": " + last
	}
	return ""
}

func hasAnyPrefix(text string, prefixes ...string) bool {
	for _, prefix := range prefixes {
		if strings.HasPrefix(text, prefix) {
			return true
		}
	}
	return false
}
