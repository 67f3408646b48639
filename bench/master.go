package main

import (
	"errors"
	"flag"
	"fmt"
	"strings"
	"time"

	"github.com/weft-stream/weft/bench/internal/lab"
	"github.com/weft-stream/weft/bench/internal/master"
	"github.com/weft-stream/weft/bench/internal/report"
)

// masterCommand measures what a master's work costs, by the number of its subtasks.
func masterCommand(args []string) error {
	p, flags := place{}, flag.NewFlagSet("master", flag.ExitOnError)
	p.declare(flags)
	runs := flags.Int("n", 3, "how often")
	_ = flags.Parse(args)
	if p.out == "" {
		return errors.New("start it with scripts/bench master")
	}
	table := &strings.Builder{}
	if err := master.Run(table, *runs); err != nil {
		return err
	}
	text := fmt.Sprintf(masterHead, time.Now().UTC().Format("2006-01-02 15:04"), lab.Machine(), p.revision, p.command, *runs) + table.String() + masterNotes
	fmt.Print("\n", text)
	return report.PutSection(p.out, text)
}

const masterHead = `# Master

Measured %s UTC on %s; Weft %s.
Command: ` + "`%s`" + `, the least of %d repetitions.

`

const masterNotes = `
A real coordinator among simulated containers, without I/O: the processor time that it takes to have all tasks RUNNING, for a
checkpoint, and to take in a report of every worker; what it sends to its workers until all run, and the heap that it keeps.
`
