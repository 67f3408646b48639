package yarnipc

import (
	"errors"
	"fmt"
	"strings"
)

// A command travels through three readers before its program sees an argument. The NodeManager replaces <LOG_DIR>,
// <CPS> and {{X}}. It then writes the command between double quotes into a script, as it is:
//
//	exec /bin/bash -c "the command"
//
// so a first bash expands $X and `x`, and ends the command at a plain double quote. A second bash splits words.

// ShellWord quotes an argument for [LaunchContext].Command so that all three leave it alone.
func ShellWord(argument string) string {
	// For the second bash: single quotes. Empty quotes in the middle of a word change nothing for it, but hide
	// placeholders from the NodeManager.
	word := strings.NewReplacer("'", `'\''`, "{", "{''", "}", "}''", "<", "<''").Replace(argument)
	return escapeDoubleQuoted("'" + word + "'")
}

// escapeDoubleQuoted protects what double quotes do not. It is for the first bash, which also reads environment
// variables: export NAME="value".
func escapeDoubleQuoted(text string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", `\$`, "`", "\\`").Replace(text)
}

// checkVariable finds what would not be one assignment in a script.
func checkVariable(name, value string) error {
	for i, c := range []byte(name) {
		letter := c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return fmt.Errorf("environment variable %q: want letters, digits and _ in its name", name)
		}
	}
	if name == "" || strings.IndexByte(value, 0) >= 0 {
		return fmt.Errorf("environment variable %q: want a name, and no zero byte in the value", name)
	}
	return nil
}

// checkCommand finds what would end the command too early.
func checkCommand(command string) error {
	if command == "" {
		return errors.New("launch context has no command")
	}
	for i := 0; i < len(command); i++ {
		switch command[i] {
		case '\\':
			i++
		case '"':
			return errors.New("command has a double quote, and YARN puts double quotes around it; use single quotes or ShellWord")
		case 0:
			return errors.New("command has a zero byte")
		}
	}
	return nil
}
