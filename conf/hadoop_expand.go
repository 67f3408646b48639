package conf

import (
	"os"
	"os/user"
	"strings"
)

const (
	// maxExpansions is Hadoop's own limit on how often a value is expanded.
	maxExpansions = 20
	// maxExpanded bounds what a value may grow to: each expansion could double it.
	maxExpanded = 64 << 10
)

// expand replaces ${name} in a value by the property of that name, ${env.NAME} by a variable of
// the environment (with ${env.NAME-x} and ${env.NAME:-x} as in a shell), and the three Java
// properties that Hadoop's files use. What cannot be resolved stays as it is, as in Hadoop.
func (h *Hadoop) expand(value string) string {
	from := 0 // what lies before was tried already
	for range maxExpansions {
		if len(value) > maxExpanded {
			return value
		}
		start, end := nextVariable(value, from)
		if start < 0 {
			return value
		}
		if text, ok := h.variable(value[start+2 : end]); ok {
			value, from = value[:start]+text+value[end+1:], 0
		} else {
			from = end
		}
	}
	return value
}

// nextVariable finds the innermost ${...} that ends first behind from.
func nextVariable(value string, from int) (start, end int) {
	start = -1
	for end = from; end < len(value); end++ {
		switch {
		case strings.HasPrefix(value[end:], "${"):
			start = end
		case value[end] == '}' && start >= 0 && start+2 < end:
			return start, end
		case value[end] == '}':
			start = -1
		}
	}
	return -1, -1
}

// variable returns the value of what stands between ${ and }.
func (h *Hadoop) variable(name string) (string, bool) {
	if env, ok := strings.CutPrefix(name, "env."); ok {
		return h.environment(env)
	}
	if p, ok := h.raw(name); ok {
		return p.Value, true
	}
	switch name {
	case "user.name":
		if u := os.Getenv("HADOOP_USER_NAME"); u != "" {
			return u, true
		}
		u, err := user.Current()
		if err != nil {
			return "", false
		}
		return u.Username, true
	case "user.home":
		home, err := os.UserHomeDir()
		return home, err == nil
	case "java.io.tmpdir":
		return os.TempDir(), true
	}
	return "", false
}

// environment reads NAME, NAME-fallback (if unset) and NAME:-fallback (if unset or empty).
func (h *Hadoop) environment(text string) (string, bool) {
	name, fallback, hasFallback := strings.Cut(text, "-")
	name, orEmpty := strings.CutSuffix(name, ":")
	value, set := h.environ(name)
	if hasFallback && (!set || (orEmpty && value == "")) {
		return fallback, true
	}
	return value, set
}
