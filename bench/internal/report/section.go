package report

import (
	"errors"
	"io/fs"
	"os"
	"strings"
)

// PutSection puts a section, a text that begins with a line "# Title", into a file in place of the one of the same title,
// or at its end. The file's other sections stay.
func PutSection(file, section string) error {
	old, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	title, _, _ := strings.Cut(section, "\n")
	section = strings.TrimSpace(section) + "\n"
	var all []string
	replaced := false
	for _, text := range sections(string(old)) {
		if first, _, _ := strings.Cut(text, "\n"); first == title {
			text, replaced = section, true
		}
		all = append(all, strings.TrimSpace(text)+"\n")
	}
	if !replaced {
		all = append(all, section)
	}
	return os.WriteFile(file, []byte(strings.Join(all, "\n")), 0o644)
}

// sections cuts a text before each line that begins with "# ".
func sections(text string) []string {
	var all []string
	for line := range strings.Lines(text) {
		if len(all) == 0 || strings.HasPrefix(line, "# ") {
			all = append(all, "")
		}
		all[len(all)-1] += line
	}
	return all
}
