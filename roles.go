package weft

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	"github.com/weft-stream/weft/appmaster"
	"github.com/weft-stream/weft/container"
	"github.com/weft-stream/weft/internal/jobspec"
	"github.com/weft-stream/weft/internal/plan"
	"github.com/weft-stream/weft/internal/profile"
	"github.com/weft-stream/weft/internal/task"
	"github.com/weft-stream/weft/stream"
	"github.com/weft-stream/weft/web"
)

// program is a set of jobs in one executable.
type program struct {
	jobs map[string]Definition
}

// master is the role of the application master.
func (p *program) master() error {
	return appmaster.Run(context.Background(), appmaster.Options{Plan: p.plan, Version: Version(), Page: web.FS()})
}

// container is the role of a worker.
func (p *program) container() (err error) {
	stop, err := profile.Start()
	if err != nil {
		slog.Error("worker", "error", err)
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	return container.Run(context.Background(), container.Options{
		Program: func(spec *jobspec.Spec) (task.Program, error) {
			program, problem := p.compile(plan.Request{
				Job: spec.Class, Args: spec.Args, Parallelism: spec.Parallelism, MaxParallelism: spec.MaxParallelism,
			})
			if problem != nil {
				return nil, errors.New(problem.Message)
			}
			return program, nil
		},
	})
}

// planFile is the descriptor on which a program answers a plan.Request: what the
// program itself prints goes elsewhere.
const planFile = 3

const maxRequest = 16 << 20

// answerPlan is the role of describing a job: a plan.Request on standard input,
// a plan.Response on planFile.
func (p *program) answerPlan() error {
	text, err := io.ReadAll(io.LimitReader(os.Stdin, maxRequest))
	var request plan.Request
	if err == nil {
		err = json.Unmarshal(text, &request)
	}
	if err != nil {
		slog.Error("weft: the question for a plan is not readable", "error", err)
		return err
	}
	out := os.NewFile(planFile, "plan")
	defer out.Close()
	return json.NewEncoder(out).Encode(p.plan(request))
}

// plan describes a job.
func (p *program) plan(request plan.Request) plan.Response {
	response := plan.Response{Version: plan.Version, Jobs: p.names()}
	program, problem := p.compile(request)
	if problem != nil {
		response.Usage = problem.usage
		if problem.Error != helpWanted {
			response.Error = &problem.Error
		}
		return response
	}
	response.Plan = program.Plan()
	return response
}

// problem is why a job could not be described.
type problem struct {
	plan.Error
	usage string // the job's options, when they were asked for or wrong
}

// compile calls the job's function and makes a program of what it described.
func (p *program) compile(request plan.Request) (program task.Program, why *problem) {
	definition, err := p.choose(request.Job)
	if err != nil {
		return nil, &problem{Error: plan.Error{Message: err.Error(), Unknown: true}}
	}
	env := stream.NewEnv(stream.Settings{
		Job: definition.name, Args: request.Args, Parallelism: request.Parallelism, MaxParallelism: request.MaxParallelism,
	})
	defer func() {
		if what := recover(); what != nil {
			message := fmt.Sprintf("job %q panics while it is described: %v", definition.name, what)
			program, why = nil, &problem{Error: plan.Error{Message: oneLine(message), Location: container.PanicLocation(debug.Stack())}}
		}
	}()
	if err := definition.describe(env); err != nil {
		return nil, describeError(env, err)
	}
	if program, err = env.Compile(definition.name); err != nil {
		return nil, describeError(env, err)
	}
	return program, nil
}

// choose finds the job that -c names.
func (p *program) choose(name string) (Definition, error) {
	names := p.names()
	if name == "" && len(names) == 1 {
		return p.jobs[names[0]], nil
	}
	if d, ok := p.jobs[name]; ok {
		return d, nil
	}
	if name == "" {
		return Definition{}, fmt.Errorf("the program has several jobs, choose one with -c: %s", strings.Join(names, ", "))
	}
	return Definition{}, fmt.Errorf("the program has no job %q; it has: %s", name, strings.Join(names, ", "))
}

// helpWanted is no fault of the job: the job's options are the answer.
var helpWanted = plan.Error{Message: "help requested"}

// describeError turns a job's error into a line, with the author's own place if
// there is one.
func describeError(env *stream.Env, err error) *problem {
	why := &problem{usage: strings.TrimRight(env.Flags().FlagUsages(), "\n")}
	if errors.Is(err, stream.ErrHelp) {
		why.Error = helpWanted
		return why
	}
	var mistake *stream.Mistake
	if errors.As(err, &mistake) {
		why.usage = ""
		why.Location = relative(mistake.Location)
		why.Message = oneLine(mistake.Message)
		return why
	}
	why.Message = oneLine(err.Error())
	return why
}

// relative shortens a file's path to how somebody in the working directory would
// write it.
func relative(location string) string {
	dir, err := os.Getwd()
	if err != nil {
		return location
	}
	if short, err := filepath.Rel(dir, location); err == nil && !strings.HasPrefix(short, "..") {
		return short
	}
	return location
}

func oneLine(text string) string {
	return strings.Join(strings.Fields(text), " ")
}
