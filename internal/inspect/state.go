package inspect

import (
	"fmt"
	"iter"

	"github.com/weft-stream/weft/internal/codec"
	"github.com/weft-stream/weft/internal/inflight"
	"github.com/weft-stream/weft/internal/keygroup"
	"github.com/weft-stream/weft/internal/plan"
	"github.com/weft-stream/weft/internal/snapshot"
)

// form is how the frames of a state are read.
type form int

const (
	formTable    form = iota // entries of key and value
	formPane                 // the same below the start of a pane
	formTimers               // entries of time and key
	formClock                // a time for a range of key groups
	formList                 // one entry that belongs to no key
	formInFlight             // records on their way, and watermarks between them
)

var forms = map[string]form{
	"value": formTable, "list": formTable, "map": formTable, "session-window": formTable,
	"window": formPane, "timers": formTimers, "clock": formClock,
	plan.List: formList, plan.Union: formList,
	inflight.Keyed: formInFlight, inflight.Split: formInFlight, inflight.Broadcast: formInFlight,
}

// State is one state of one operator of a snapshot. It is immutable; its methods may be called concurrently.
type State struct {
	Info     snapshot.StateInfo
	Operator *snapshot.Operator
	location snapshot.Location
	form     form
	key      *codec.Schema // nil if the state has no keys
	value    *codec.Schema // nil if nothing is kept but keys and times
	sessions bool          // the value is a list of sessions
}

// Open prepares to read a state of an operator. The error says why this build cannot: a kind of state or a hash of keys
// that it does not know, or a schema that is none.
func Open(location snapshot.Location, meta *snapshot.Metadata, operator *snapshot.Operator, info snapshot.StateInfo) (*State, error) {
	s := &State{Info: info, Operator: operator, location: location}
	err := s.prepare(meta)
	if err != nil {
		return nil, fmt.Errorf("state %q of operator %q: %w", info.Name, operator.UID, err)
	}
	return s, nil
}

func (s *State) prepare(meta *snapshot.Metadata) (err error) {
	var known bool
	if s.form, known = forms[s.Info.Kind]; !known {
		return fmt.Errorf("this build does not know states of the kind %q", s.Info.Kind)
	}
	if s.form == formList {
		return nil
	}
	if meta.KeyHash != keygroup.HashName && s.form != formInFlight {
		return fmt.Errorf("its keys are hashed by %q, this build knows %q", meta.KeyHash, keygroup.HashName)
	}
	if s.form == formClock {
		return nil
	}
	if s.form == formInFlight {
		s.value, err = codec.ParseSchema(s.Info.Schema)
		return err
	}
	if s.key, err = codec.ParseSchema(s.Operator.KeySchema); err != nil {
		return fmt.Errorf("key: %w", err)
	}
	switch {
	case s.form == formTimers:
		return nil
	case s.Info.Kind == "session-window":
		s.sessions = true
		s.value, err = codec.ParseSchema("[]struct{Start int64; End int64; Fired bool; Acc " + s.Info.Schema + "}")
	default:
		s.value, err = codec.ParseSchema(s.Info.Schema)
	}
	if err != nil {
		return fmt.Errorf("value: %w", err)
	}
	return nil
}

// Keyed says whether the state has entries of keys.
func (s *State) Keyed() bool { return s.key != nil }

// Named says whether an entry has a name besides its value: a key, or the key groups of a clock.
func (s *State) Named() bool { return s.form != formList && s.form != formInFlight }

// Handles goes over the handles of a state of an operator, each with its subtask.
func Handles(o *snapshot.Operator, state string) iter.Seq2[int, snapshot.Handle] {
	return func(yield func(int, snapshot.Handle) bool) {
		for i := range o.Subtasks {
			for _, h := range o.Subtasks[i].States {
				if h.State == state && !yield(o.Subtasks[i].Index, h) {
					return
				}
			}
		}
	}
}
