package jobspec

import (
	"github.com/weft-stream/weft/conf"
	"github.com/weft-stream/weft/internal/plan"
)

// Settings puts together what counts for the job: what was submitted, and
// above it what the program's code says.
func Settings(spec *Spec, p *plan.Plan) (*conf.Conf, error) {
	c := conf.New()
	for name, value := range spec.Conf {
		if err := c.Set(name, value, conf.FromFlag(FileName)); err != nil {
			return nil, err
		}
	}
	for name, value := range p.Conf {
		if err := c.Set(name, value, conf.FromCode("the program's code")); err != nil {
			return nil, err
		}
	}
	return c, nil
}
