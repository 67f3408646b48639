package inspect

import (
	"bytes"
	"context"
	"fmt"
	"iter"

	"github.com/weft-stream/weft/internal/keygroup"
)

// Key is a key of an operator, as it is stored.
type Key struct {
	Bytes []byte
	Hash  uint64
	Group int // key group
}

// ParseKey reads a key that a person has written (see codec.Schema.ParseKey). The state must be keyed.
func (s *State) ParseKey(text string) (Key, error) {
	b, err := s.key.ParseKey(text)
	if err != nil {
		return Key{}, fmt.Errorf("key %w", err)
	}
	hash := s.key.Hash(b)
	return Key{b, hash, keygroup.Of(hash, s.Operator.MaxParallelism)}, nil
}

// Get reads the entries of one key: one at most of a table, any number of timers and panes. It reads only frames of the
// key's key group.
func (s *State) Get(ctx context.Context, key Key) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for e, err := range s.Entries(ctx, Hashes{key.Hash, key.Hash}) {
			if err == nil && !bytes.Equal(e.Key, key.Bytes) {
				continue
			}
			if !yield(e, err) {
				return
			}
		}
	}
}
