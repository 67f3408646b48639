package snapshot

import (
	"cmp"
	"fmt"
)

// Builder collects the state of one subtask for a snapshot. It belongs to the
// subtask's goroutine; what Finish returns may go to another one.
type Builder struct {
	states []*StateBuilder // in order of first use
	spool  *Spool          // nil: payloads stay in memory
	give   func([]byte)    // takes payloads back, if not nil
	err    error
}

// NewBuilder makes an empty builder.
func NewBuilder() *Builder { return &Builder{} }

// StateBuilder collects the frames of one state.
type StateBuilder struct {
	builder     *Builder
	name        string
	part        Part
	first, last int
	entries     int64
	headers     []header // without the payloads' checksums yet
	payloads    []payload
}

// State is the builder of a state; the same name gives the same one.
func (b *Builder) State(name string) *StateBuilder { return b.Part(name, Base) }

// Part is the builder of a part of a state's chain; the parts come in the order
// of their first use.
func (b *Builder) Part(name string, part Part) *StateBuilder {
	for _, s := range b.states {
		if s.name == name && s.part == part {
			return s
		}
	}
	s := &StateBuilder{builder: b, name: name, part: part, first: NotKeyed, last: NotKeyed}
	b.states = append(b.states, s)
	return s
}

// Append adds entries of the key groups first to last, inclusive. It takes
// ownership of the payload, which must not be touched until [Builder.Recycle]
// gives it back. Mistakes are reported by Finish.
func (s *StateBuilder) Append(first, last int, entries int64, payload []byte) {
	switch {
	case first < 0 || last < first || last >= MaxParallelism:
		s.fail("key groups %d to %d", first, last)
	case len(s.headers) > 0 && s.first == NotKeyed:
		s.fail("keyed and other frames in one state")
	default:
		if len(s.headers) == 0 {
			s.first, s.last = first, last
		}
		s.first, s.last = min(s.first, first), max(s.last, last)
		s.add(first, last, entries, payload)
	}
}

// AppendPlain adds entries of a state that is not keyed. It takes ownership of
// the payload for good.
func (s *StateBuilder) AppendPlain(entries int64, payload []byte) {
	if s.first != NotKeyed {
		s.fail("keyed and other frames in one state")
		return
	}
	s.add(NotKeyed, NotKeyed, entries, payload)
}

func (s *StateBuilder) add(first, last int, entries int64, payload []byte) {
	if len(payload) > maxPayload || entries < 0 {
		s.fail("a frame of %d bytes and %d entries; %d bytes is the most", len(payload), entries, maxPayload)
		return
	}
	kept, err := s.builder.spool.take(payload)
	if err != nil {
		s.builder.err = cmp.Or(s.builder.err, err)
		return
	}
	s.entries += entries
	s.headers = append(s.headers, header{first: first, last: last, length: int64(len(payload))})
	s.payloads = append(s.payloads, kept)
	if kept.spool != nil {
		s.recycle(payload)
	}
}

func (s *StateBuilder) fail(format string, args ...any) {
	if s.builder.err == nil {
		s.builder.err = fmt.Errorf("state %q: %s", s.name, fmt.Sprintf(format, args...))
	}
}

// size is the length of the state's run of frames.
func (s *StateBuilder) size() int64 {
	size := int64(len(s.headers)) * frameHeader
	for _, h := range s.headers {
		size += h.length
	}
	return size
}

// Contribution is the state of one subtask, ready to be uploaded.
type Contribution struct {
	states []*StateBuilder
}

// Finish ends the collection. States without frames leave no trace. The error
// tells the first mistake in what was appended.
func (b *Builder) Finish() (Contribution, error) {
	var c Contribution
	for _, s := range b.states {
		if len(s.headers) > 0 {
			c.states = append(c.states, s)
		}
	}
	return c, b.err
}

// RecycleTo lets a new builder give back the payloads of keyed frames when they
// are not needed any more.
func (b *Builder) RecycleTo(give func(payload []byte)) { b.give = give }

// Recycle ends the use of the builder: its upload is over, or given up.
func (b *Builder) Recycle() {
	for _, s := range b.states {
		for _, p := range s.payloads {
			s.recycle(p.data)
		}
		s.payloads = nil
	}
}

func (s *StateBuilder) recycle(payload []byte) {
	if s.first != NotKeyed && s.builder.give != nil && payload != nil {
		s.builder.give(payload)
	}
}

// Size is how many bytes the contribution takes in a snapshot.
func (c Contribution) Size() int64 {
	var size int64
	for _, s := range c.states {
		size += s.size()
	}
	return size
}
