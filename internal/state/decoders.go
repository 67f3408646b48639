package state

import (
	"fmt"

	"github.com/weft-stream/weft/internal/codec"
)

// Decoders read the entries of frames that a former version of the program may have written.
type Decoders[K comparable, V any] struct {
	keys *codec.Decoder[K]
	vals *codec.Decoder[V]
}

// NewDecoders returns the decoders of entries of these schemas. The error says why the types can't be made of them. It
// may be called concurrently, and what it returns may be shared.
func NewDecoders[K comparable, V any](keys *codec.Codec[K], vals *codec.Codec[V], keySchema, valSchema string) (d Decoders[K, V], err error) {
	if d.keys, err = keys.KeyDecoder(keySchema); err != nil {
		return d, fmt.Errorf("key: %w", err)
	}
	d.vals, err = vals.Decoder(valSchema)
	return d, err
}

// DecodeWith has Restore read frames of a former version of the program.
func (t *Table[K, V]) DecodeWith(d Decoders[K, V]) { t.former = &d }

// Written is DecodeWith for the decoders of these schemas.
func (t *Table[K, V]) Written(keySchema, valSchema string) error {
	d, err := NewDecoders(t.keys, t.vals, keySchema, valSchema)
	if err == nil {
		t.DecodeWith(d)
	}
	return err
}

// decoders are those that Restore uses.
func (t *Table[K, V]) decoders() Decoders[K, V] {
	if t.former != nil {
		return *t.former
	}
	return Decoders[K, V]{t.keys.OwnDecoder(), t.vals.OwnDecoder()}
}
