package conf

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// WriteHelp writes all settings for a terminal: name, default, what is allowed, what it does,
// other spellings.
func WriteHelp(w io.Writer) error {
	b := bufio.NewWriter(w)
	var section Section
	for _, k := range Keys() {
		if k.Section != section {
			section = k.Section
			fmt.Fprintf(b, "%s\n\n", section)
		}
		fmt.Fprintf(b, "  %s: %s\n", k.Name, shown(k.Default))
		writeWrapped(b, k.Doc)
		writeWrapped(b, "Allowed is "+k.Allowed+".")
		if len(k.Old) > 0 {
			writeWrapped(b, "Also spelled "+strings.Join(k.Old, ", ")+".")
		}
		fmt.Fprintln(b)
	}
	fmt.Fprint(b, "Names of your own\n\n")
	for _, p := range prefixes {
		fmt.Fprintf(b, "  %s*\n", p.prefix)
		writeWrapped(b, p.doc)
		fmt.Fprintln(b)
	}
	return b.Flush()
}

// writeWrapped writes text in lines that fit a terminal, indented.
func writeWrapped(w io.Writer, text string) {
	const width = 92
	line := "     "
	for word := range strings.FieldsSeq(text) {
		if len(line)+1+len(word) > width {
			fmt.Fprintln(w, line)
			line = "     "
		}
		line += " " + word
	}
	fmt.Fprintln(w, line)
}

// WriteMarkdown writes all settings as one table of Markdown.
func WriteMarkdown(w io.Writer) error {
	b := bufio.NewWriter(w)
	fmt.Fprint(b, "| key | default | also spelled | what it does |\n|---|---|---|---|\n")
	for _, k := range Keys() {
		fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", k.Name, shown(k.Default), strings.Join(k.Old, ", "), k.Doc)
	}
	for _, p := range prefixes {
		fmt.Fprintf(b, "| `%s*` | %s | | %s |\n", p.prefix, shown(""), p.doc)
	}
	return b.Flush()
}

// shown is how the help prints a default.
func shown(text string) string {
	if text == unset {
		return "(none)"
	}
	return text
}
