// Package weft turns a job's functions into a program that Weft can run: on this
// machine, or natively on a Hadoop YARN cluster.
//
//	func main() {
//		weft.Main(weft.Job("streaming.SocketWindowWordCount", socketWindowWordCount))
//	}
//
// The program is everything that the job needs on the cluster. The same
// executable describes the job for the weft command, is the application master
// in YARN's first container, and the worker in the others.
package weft

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sort"

	"github.com/weft-stream/weft/internal/jobspec"
	"github.com/weft-stream/weft/stream"
)

// Definition is a job of a program. Job makes it.
type Definition struct {
	name     string
	describe func(*stream.Env) error
}

// Job names a job. describe describes its data flow; see package stream.
func Job(name string, describe func(*stream.Env) error) Definition {
	return Definition{name: name, describe: describe}
}

// Main is all of a program's main function. It does not return. Started by
// hand, the program says how it is run.
func Main(jobs ...Definition) {
	p := program{jobs: map[string]Definition{}}
	for _, j := range jobs {
		if _, taken := p.jobs[j.name]; taken || j.name == "" || j.describe == nil {
			fatal(fmt.Errorf("weft.Main: each job needs a name of its own and a function; look at job %q", j.name))
		}
		p.jobs[j.name] = j
	}
	if len(p.jobs) == 0 {
		fatal(errors.New("weft.Main: the program has no job: give it weft.Job(name, function)"))
	}
	if err := p.play(os.Getenv(jobspec.RoleVariable)); err != nil {
		os.Exit(1)
	}
	os.Exit(0)
}

// play plays a role to its end. Its errors have been told.
func (p *program) play(role string) error {
	switch role {
	case jobspec.RolePlan:
		return p.answerPlan()
	case jobspec.RoleMaster:
		return p.master()
	case jobspec.RoleContainer:
		return p.container()
	case "":
		p.explain()
		return errors.New("no role")
	}
	err := fmt.Errorf("%s=%s is no role of a program", jobspec.RoleVariable, role)
	slog.Error("weft", "error", err)
	return err
}

// explain tells somebody who has started the program by hand how it is run.
func (p *program) explain() {
	fmt.Fprintf(os.Stderr, "%s is a Weft program; the weft command runs it:\n\n", os.Args[0])
	for _, name := range p.names() {
		fmt.Fprintf(os.Stderr, "  weft run -c %s %s [arguments]\n", name, os.Args[0])
	}
	fmt.Fprintln(os.Stderr, "\nAdd -m yarn-cluster before the program to run it on YARN.")
}

func (p *program) names() []string {
	names := make([]string, 0, len(p.jobs))
	for name := range p.jobs {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

func fatal(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
