package appmaster

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"

	"github.com/weft-stream/weft/appmaster/api"
	"github.com/weft-stream/weft/appmaster/coordinator"
	"github.com/weft-stream/weft/internal/jobspec"
	"github.com/weft-stream/weft/internal/plan"
)

// planner asks the program for its plan at other parallelisms than the one that
// was submitted. It does so in this process, as each worker will: a program that
// cannot be described twice is refused before anything has changed.
type planner struct {
	spec  *jobspec.Spec
	build func(plan.Request) plan.Response

	mu sync.Mutex // the program's code is not called twice at once
}

// at returns the program's plan at a parallelism.
func (p *planner) at(parallelism int) (*plan.Plan, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	request := planRequest(p.spec)
	request.Parallelism = parallelism
	response := p.build(request)
	switch {
	case response.Error != nil && response.Error.Location != "":
		return nil, fmt.Errorf("%s: %s", response.Error.Location, response.Error.Message)
	case response.Error != nil:
		return nil, errors.New(response.Error.Message)
	case response.Plan == nil:
		return nil, errors.New("the program gave no plan")
	}
	return response.Plan, nil
}

// rescale returns the program's plan at another parallelism and the containers
// that it needs: as many as have slots enough. The error says in one line why
// the job cannot be rescaled.
func (p *planner) rescale(now *plan.Plan, parallelism int) (*plan.Plan, coordinator.Scale, error) {
	none := coordinator.Scale{}
	switch {
	case parallelism < 1:
		return nil, none, fmt.Errorf("parallelism %d: it must be at least 1", parallelism)
	case parallelism > now.MaxParallelism:
		return nil, none, fmt.Errorf("parallelism %d is above the job's maximum parallelism, %d, which is fixed for as long as it keeps its state", parallelism, now.MaxParallelism)
	}
	next, err := p.at(parallelism)
	if err != nil {
		return nil, none, fmt.Errorf("the program has no plan with parallelism %d: %w", parallelism, err)
	}
	if err := checkRescale(now, next, parallelism); err != nil {
		return nil, none, err
	}
	slots := max(p.spec.Slots, 1)
	return next, coordinator.Scale{Parallelism: parallelism, Workers: (next.Slots() + slots - 1) / slots}, nil
}

// checkRescale compares two plans of one program: all state of the one must find
// its place in the other, and nothing but numbers of subtasks may differ that
// workers have to know before they are deployed.
func checkRescale(now, next *plan.Plan, parallelism int) error {
	if next.Parallelism != parallelism || now.Parallelism != parallelism && slices.Equal(widths(now), widths(next)) {
		return fmt.Errorf("parallelism %d changes nothing: every operator of the program has a parallelism of its own", parallelism)
	}
	if !maps.Equal(now.Conf, next.Conf) {
		return errors.New("the settings in the program's code depend on its parallelism: stop the job with a savepoint and run it anew")
	}
	keepers := stateOf(next)
	for _, v := range now.Vertices {
		for _, o := range v.Operators {
			if len(o.States) > 0 && !keepers[o.UID].takes(stateful{o, v.MaxParallelism}) {
				return fmt.Errorf("operator %q (%s) is another one with parallelism %d, and its state would be lost: what a program describes must not depend on its parallelism", o.UID, o.Name, parallelism)
			}
		}
	}
	return nil
}

// stateful is an operator and how many key groups it has.
type stateful struct {
	plan.Operator
	keyGroups int
}

func stateOf(p *plan.Plan) map[string]stateful {
	operators := map[string]stateful{}
	for _, v := range p.Vertices {
		for _, o := range v.Operators {
			operators[o.UID] = stateful{o, v.MaxParallelism}
		}
	}
	return operators
}

// takes tells whether the operator can take over the other's state as it is.
func (s stateful) takes(other stateful) bool {
	return s.Kind == other.Kind && s.Key == other.Key && s.keyGroups == other.keyGroups && slices.Equal(s.States, other.States)
}

func widths(p *plan.Plan) []int {
	var list []int
	for i := range p.Vertices {
		list = append(list, p.Vertices[i].Parallelism)
	}
	return list
}

// recoverScale gives the coordinator the plans that fit what was decided and
// begun before this attempt.
func (p *planner) recoverScale(config *coordinator.Config) error {
	if config.Recovered == nil {
		return nil
	}
	if scale := config.Recovered.Scale(); scale.Parallelism > 0 {
		now, err := p.at(scale.Parallelism)
		if err != nil {
			return fmt.Errorf("the job was rescaled to parallelism %d, for which the program has no plan any more: %w", scale.Parallelism, err)
		}
		config.Plan, config.Workers = now, scale.Workers
	}
	if scale := config.Recovered.Undecided(); scale.Parallelism > 0 {
		if next, _, err := p.rescale(config.Plan, scale.Parallelism); err == nil {
			config.Recovered.Rescaling = next
		}
	}
	return nil
}

func (h *rest) askRescale(r *http.Request, v *coordinator.View) (any, error) {
	var body api.RescaleRequest
	if err := h.readChange(r, &body); err != nil {
		return nil, err
	}
	request := coordinator.Request{ID: body.TriggerID, Kind: coordinator.Rescale, Scale: coordinator.Scale{Parallelism: body.Parallelism}}
	if o := findOperation(v, body.TriggerID); o == nil {
		var err error
		if request.Plan, request.Scale, err = h.planner.rescale(v.Plan, body.Parallelism); err != nil {
			return nil, &failure{http.StatusBadRequest, err.Error()}
		}
	}
	return h.ask(r.Context(), v, request)
}
