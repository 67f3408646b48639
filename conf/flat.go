package conf

import (
	"errors"
	"strings"
)

// loadFlat reads a flink-conf.yaml as Flink 1.x does. That is no YAML: a line is cut at its first
// "#", then at its first ": ", and a line without one is skipped. Files in use rely on it
// (values with colons, quotes that belong to the value), so a real YAML parser would not do.
func (c *Conf) loadFlat(path string, l level, b []byte) error {
	var problems []error
	for i, line := range strings.Split(string(b), "\n") {
		line, _, _ = strings.Cut(line, "#")
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		o := fileOrigin(l, path, i+1)
		name, text, ok := strings.Cut(line, ": ")
		name, text = strings.TrimSpace(name), strings.TrimSpace(text)
		if !ok || name == "" || text == "" {
			// The line is not repeated: it may hold a password.
			c.notice(true, "%s: line skipped, it is not \"name: value\"", o)
			continue
		}
		problems = append(problems, c.Set(name, text, o))
	}
	return errors.Join(problems...)
}
