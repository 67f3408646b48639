// Command testcount reads what go test -json prints and makes it short: a line
// for each package, and everything that a failed test or a failed build said.
//
//	go test -json ./... | testcount counts.txt
//
// It adds a line "<passed> <failed>" to the file, subtests included, and exits
// with 1 if anything failed. A skipped test counts as failed: a test that can
// be skipped tells nothing.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// An event is one line of go test -json; see go doc test2json.
type event struct {
	Action      string
	Package     string
	ImportPath  string // of a build's output
	Test        string
	Elapsed     float64 // seconds
	Output      string
	FailedBuild string
}

// A place is a package, or a test of it.
type place struct{ pkg, test string }

// A count is what a summary is made of.
type count struct{ passed, failed int }

// report gathers what the tests say until it is known whether it matters.
type report struct {
	out    io.Writer
	total  count
	tests  map[string]*count
	said   map[place][]string
	builds map[string][]string // output of compilers by import path
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: go test -json ... | testcount <file for the counts>")
		os.Exit(2)
	}
	r := &report{out: os.Stdout, tests: map[string]*count{}, said: map[place][]string{}, builds: map[string][]string{}}
	err := r.read(os.Stdin)
	if err == nil {
		err = appendLine(os.Args[1], fmt.Sprintf("%d %d", r.total.passed, r.total.failed))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "testcount:", err)
	}
	if err != nil || r.total.failed > 0 {
		os.Exit(1)
	}
}

// read handles the events up to the end. A line that is no event is passed on:
// the go command prints some of its errors as they are.
func (r *report) read(in io.Reader) error {
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadString('\n')
		if e := (event{}); line != "" && json.Unmarshal([]byte(line), &e) == nil {
			r.add(&e)
		} else {
			io.WriteString(r.out, line)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (r *report) add(e *event) {
	at := place{e.Package, e.Test}
	switch e.Action {
	case "output":
		if e.Test != "" || !isVerdict(e.Output) {
			r.said[at] = append(r.said[at], e.Output)
		}
	case "build-output":
		r.builds[e.ImportPath] = append(r.builds[e.ImportPath], e.Output)
	case "pass", "fail", "skip":
		if e.Test != "" {
			r.endTest(at, e)
		} else {
			r.endPackage(at, e)
		}
	}
}

// isVerdict tells go test's own line about a package: ours takes its place.
func isVerdict(line string) bool {
	word, _, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
	return word == "FAIL" || word == "PASS" || word == "ok  " || word == "?   "
}

// endTest counts a test and shows what a bad one said.
func (r *report) endTest(at place, e *event) {
	c := r.tests[e.Package]
	if c == nil {
		c = &count{}
		r.tests[e.Package] = c
	}
	if e.Action == "pass" {
		c.passed++
		r.total.passed++
	} else {
		c.failed++
		r.total.failed++
		r.show(r.said[at])
	}
	delete(r.said, at)
}

// endPackage prints the package's line. What stands outside its tests, a panic
// or a data race, is shown when it failed; so is what a test said that never
// came to its end.
func (r *report) endPackage(at place, e *event) {
	c := r.tests[e.Package]
	if c == nil {
		c = &count{}
	}
	if e.Action == "fail" {
		if c.failed == 0 { // it did not build, or ended in the middle of a test
			c.failed = 1
			r.total.failed++
		}
		r.show(r.builds[e.FailedBuild])
		for other, said := range r.said {
			if other.pkg == e.Package && other.test != "" {
				r.show(said)
			}
		}
		r.show(r.said[at])
		fmt.Fprintf(r.out, "FAIL  %s  %.1f s, %d passed, %d failed\n", e.Package, e.Elapsed, c.passed, c.failed)
	} else if c.passed > 0 {
		fmt.Fprintf(r.out, "ok    %s  %.1f s, %d passed\n", e.Package, e.Elapsed, c.passed)
	}
	for other := range r.said {
		if other.pkg == e.Package {
			delete(r.said, other)
		}
	}
}

func (r *report) show(said []string) { io.WriteString(r.out, strings.Join(said, "")) }

func appendLine(name, line string) error {
	file, err := os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(file, line)
	return errors.Join(err, file.Close())
}
