package client

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/weft-stream/weft/client/internal/legacy"
	"github.com/weft-stream/weft/client/internal/program"
	"github.com/weft-stream/weft/client/internal/voice"
	"github.com/weft-stream/weft/conf"
	"github.com/weft-stream/weft/internal/jobspec"
	"github.com/weft-stream/weft/internal/plan"
	"github.com/weft-stream/weft/internal/snapshot"
	"github.com/weft-stream/weft/internal/storage"
)

// submission is a job that has been checked and not been submitted yet.
type submission struct {
	options     *runOptions
	conf        *conf.Conf
	executable  string
	plan        *plan.Plan
	restore     *snapshot.Snapshot // nil: the job starts without state
	staleClaims []string           // ids of jobs that have ended and hold a claim on it
	sourceEnded bool               // the job has that took it, as far as it matters
	workers     int
	slots       int      // of each worker
	cluster     *cluster // nil without one
	files       *storage.Resolver
}

// errHelped ends a command that has shown what the program's own options are.
var errHelped = errors.New("helped")

// prepare does everything that can be done before anything is submitted: the
// program is found and asked for its plan, resources are counted, and the
// snapshot to start from is compared with the plan.
func (a *app) prepare(ctx context.Context, o *runOptions) (*submission, error) {
	s, err := a.plan(ctx, o)
	if err != nil {
		return nil, err
	}
	if err := s.count(); err != nil {
		return nil, err
	}
	return s, s.checkSnapshot(ctx, a)
}

// plan finds the program and the snapshot to start from, and asks the program
// for its plan.
func (a *app) plan(ctx context.Context, o *runOptions) (*submission, error) {
	s := &submission{options: o, conf: o.conf}
	var err error
	if s.executable, err = program.Locate(ctx, o.program, func(doing string) { a.ui.Progress("%s", doing) }); err != nil {
		return nil, err
	}
	a.ui.EndStatus()
	if err := program.Inspect(s.executable, o.onYARN()); err != nil {
		return nil, err
	}
	if err := s.connect(); err != nil {
		return nil, err
	}
	if err := a.choose(ctx, s); err != nil {
		return nil, err
	}
	if err := s.readSnapshot(ctx); err != nil {
		return nil, err
	}
	if s.plan != nil && s.plan.MaxParallelism == s.maxParallelism() { // a plan was needed for the choice, and will do
		return s, nil
	}
	return s, a.makePlan(ctx, s)
}

// connect opens the cluster, which a job on this machine can do without.
func (s *submission) connect() (err error) {
	if s.options.onYARN() {
		s.cluster, err = openCluster(s.conf)
	} else {
		s.cluster, err = optionalCluster(s.conf)
	}
	if err != nil {
		return err
	}
	s.files = s.cluster.resolver()
	return nil
}

// makePlan asks the program for its plan.
func (a *app) makePlan(ctx context.Context, s *submission) error {
	request := &plan.Request{
		Job: s.options.class, Args: s.options.args, Conf: s.given(),
		Parallelism: s.wantedParallelism(), MaxParallelism: s.maxParallelism(),
	}
	answer, err := program.Plan(ctx, s.executable, request)
	if answer != nil && len(answer.Printed) > 0 && (err == nil || a.ui.Verbose) {
		os.Stderr.Write(answer.Printed)
	}
	if err != nil {
		return err
	}
	switch {
	case answer.Error != nil && answer.Error.Unknown && s.takeClass():
		return a.makePlan(ctx, s)
	case answer.Error != nil:
		return a.planError(s, answer)
	case answer.Plan == nil && answer.Usage != "":
		a.ui.Copy([]byte(strings.TrimRight(answer.Usage, "\n") + "\n"))
		return errHelped
	case answer.Plan == nil:
		return fmt.Errorf("program %s answered neither a plan nor an error", s.options.program)
	}
	s.plan = answer.Plan
	for _, warning := range s.plan.Warnings {
		a.ui.Warn("%s", warning)
	}
	for name, value := range s.plan.Conf {
		if err := s.conf.Set(name, value, conf.FromCode("the program's code")); err != nil {
			return err
		}
	}
	return nil
}

// takeClass takes a -c right after the program as the command's own. It is asked
// when the program does not know which job is meant, so that no job could read it.
func (s *submission) takeClass() bool {
	if s.options.class != "" {
		return false
	}
	args := s.options.takeClass(append([]string{s.options.program}, s.options.args...))
	s.options.args = args[1:]
	return s.options.class != ""
}

// planError says why the program has no plan.
func (a *app) planError(s *submission, answer *program.Answer) error {
	fault := answer.Error
	if fault.Unknown {
		return unknownClass(s.options.program, s.options.class, answer.Jobs)
	}
	message := fault.Message
	if fault.Location != "" && !strings.HasPrefix(message, fault.Location) {
		message = fault.Location + ": " + message
	}
	err := fmt.Errorf("program %s: %s", s.options.program, message)
	if typed := misplaced(s.options.args); typed != "" && answer.Usage != "" {
		return voice.Hint(err, "is %s an option of weft? options of weft stand before the program\nthe program's own options:\n%s",
			typed, strings.TrimRight(answer.Usage, "\n"))
	}
	if answer.Usage != "" {
		return voice.Hint(err, "the program's own options:\n%s", strings.TrimRight(answer.Usage, "\n"))
	}
	return err
}

// misplaced finds among the program's arguments one that looks as options of
// weft do: they stand before the program.
func misplaced(args []string) string {
	for _, arg := range args {
		if len(arg) > 1 && arg[0] == '-' && arg[1] != '-' {
			return arg
		}
	}
	return ""
}

func unknownClass(path, class string, jobs []string) error {
	has := "it has " + strings.Join(jobs, ", ")
	switch {
	case len(jobs) == 0:
		return fmt.Errorf("program %s has no job: its main function calls weft.Main without one", path)
	case class == "":
		return voice.Hint(fmt.Errorf("program %s has %d jobs: say which with -c", path, len(jobs)), "%s", has)
	}
	if near := legacy.Nearest(class, jobs); near != "" {
		has = "did you mean " + near + "? " + has
	}
	return voice.Hint(fmt.Errorf("program %s has no job %q", path, class), "%s", has)
}

// given are the settings that somebody made, by key: what travels to the roles
// of the program, which know the defaults themselves.
func (s *submission) given() map[string]string {
	given := map[string]string{}
	for _, entry := range s.conf.Entries() {
		if s.conf.IsSet(entry.Name) {
			given[entry.Name] = entry.Value
		}
	}
	return given
}

// spec describes the submission to the roles of the program.
func (s *submission) spec(id, application, staging string) *jobspec.Spec {
	spec := &jobspec.Spec{
		Version: jobspec.Version, Target: jobspec.Local, JobID: id, JobName: s.plan.Job, ApplicationID: application,
		User: hadoopUser(), Class: s.plan.Job, Args: s.options.args, PlanHash: s.plan.Hash(),
		Parallelism: s.plan.Parallelism, MaxParallelism: s.plan.MaxParallelism,
		Workers: s.workers, Slots: s.slots,
		MasterMemory: int64(conf.Get(s.conf, conf.MasterMemory)), WorkerMemory: int64(conf.Get(s.conf, conf.WorkerMemory)),
		WorkerVCores: conf.EffectiveVCores(s.conf), NodeLabel: s.workerLabel(),
		Staging: staging, Conf: s.given(), Hadoop: s.cluster.hadoopProperties(),
	}
	if s.options.onYARN() {
		spec.Target = jobspec.YARN
	}
	if s.restore != nil {
		spec.Restore = &jobspec.Restore{
			Path: s.restore.Location.URI(), AllowNonRestored: conf.Get(s.conf, conf.AllowNonRestoredState),
			Claim: conf.Get(s.conf, conf.RestoreClaimMode) == conf.Claim, StaleClaims: s.staleClaims, SourceEnded: s.sourceEnded,
		}
	}
	return spec
}

func (s *submission) workerLabel() string {
	if label := conf.Get(s.conf, conf.WorkerNodeLabel); label != "" {
		return label
	}
	return conf.Get(s.conf, conf.NodeLabel)
}
