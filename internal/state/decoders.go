package state

import (
	"fmt"

	"github.com/weft-stream/weft/internal/codec"
)

// Decoders read the entries of frames that a former version of the program may have written.
type Decoders struct {
	keys codec.Untyped
	vals codec.Untyped
}

// NewDecoders returns the decoders of entries of these schemas. The error says why the types can't be made of them. It
// may be called concurrently, and what it returns may be shared.
func NewDecoders(keys, vals codec.Untyped, keySchema, valSchema string) (d Decoders, err error) {
	if d.keys, err = keys.KeyDecoder(keySchema); err != nil {
		return d, fmt.Errorf("key: %w", err)
	}
	d.vals, err = vals.Decoder(valSchema)
	return d, err
}

// DecodeWith has Restore read frames of a former version of the program.
func (t *Segments) DecodeWith(d Decoders) { t.former = &d }

// Written is DecodeWith for the decoders of these schemas.
func (t *Segments) Written(keySchema, valSchema string) error {
	d, err := NewDecoders(t.keys, t.vals, keySchema, valSchema)
	if err == nil {
		t.DecodeWith(d)
	}
	return err
}

// decoders are those that Restore uses.
func (t *Segments) decoders() Decoders {
	if t.former != nil {
		return *t.former
	}
	return Decoders{t.keys, t.vals}
}
