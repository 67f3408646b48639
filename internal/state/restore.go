package state

import (
	"fmt"

	"github.com/weft-stream/weft/internal/keygroup"
)

// Restore inserts the entries of a frame whose key groups are in firstKG to lastKG. It fails if the frame is damaged or
// has a key that is already in the table; some entries may have been inserted then.
func (t *Table[K, V]) Restore(frame []byte, firstKG, lastKG int) error {
	return t.readEntries(frame, func(k K, v V) error {
		hash, ours := t.owns(k, firstKG, lastKG)
		if !ours {
			return nil
		}
		p, isNew := t.Ref(hash, k)
		if !isNew {
			return fmt.Errorf("key %v appears twice", k)
		}
		*p = v
		return nil
	})
}

// Replace is Restore for a frame of a delta: its entries take the place of those that are there.
func (t *Table[K, V]) Replace(frame []byte, firstKG, lastKG int) error {
	return t.readEntries(frame, func(k K, v V) error {
		if hash, ours := t.owns(k, firstKG, lastKG); ours {
			p, _ := t.Ref(hash, k)
			*p = v
		}
		return nil
	})
}

// Remove deletes the keys of a frame of a delta's deleted keys. That one is not there is no error.
func (t *Table[K, V]) Remove(frame []byte, firstKG, lastKG int) error {
	d := t.decoders()
	return readFrame(frame, d.keys.MinSize(), func(src []byte) (int, error) {
		var k K
		n, err := d.keys.Decode(src, &k)
		if err != nil {
			return 0, fmt.Errorf("key: %w", err)
		}
		if hash, ours := t.owns(k, firstKG, lastKG); ours {
			t.Delete(hash, k)
		}
		return n, nil
	})
}

func (t *Table[K, V]) readEntries(frame []byte, entry func(k K, v V) error) error {
	d := t.decoders()
	return readFrame(frame, d.keys.MinSize()+d.vals.MinSize(), func(src []byte) (int, error) {
		var k K
		var v V
		n, err := d.keys.Decode(src, &k)
		if err != nil {
			return 0, fmt.Errorf("key: %w", err)
		}
		m, err := d.vals.DecodeCopy(src[n:], &v)
		if err != nil {
			return 0, fmt.Errorf("value of key %v: %w", k, err)
		}
		return n + m, entry(k, v)
	})
}

// owns returns a key's hash and whether its key group is in firstKG to lastKG.
func (t *Table[K, V]) owns(k K, firstKG, lastKG int) (hash uint64, ours bool) {
	hash = t.hash(k)
	kg := keygroup.Of(hash, t.max)
	return hash, kg >= firstKG && kg <= lastKG
}
