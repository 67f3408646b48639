package state

import (
	"fmt"
	"reflect"

	"github.com/weft-stream/weft/internal/keygroup"
)

// Restore inserts the entries of a frame whose key groups are in firstKG to lastKG. It fails if the frame is damaged or
// has a key that is already in the table; some entries may have been inserted then.
func (t *Segments) Restore(frame []byte, firstKG, lastKG int) error {
	return t.readEntries(frame, firstKG, lastKG, false)
}

// Replace is Restore for a frame of a delta: its entries take the place of those that are there.
func (t *Segments) Replace(frame []byte, firstKG, lastKG int) error {
	return t.readEntries(frame, firstKG, lastKG, true)
}

// Remove deletes the keys of a frame of a delta's deleted keys. That one is not there is no error.
func (t *Segments) Remove(frame []byte, firstKG, lastKG int) error {
	d := t.decoders()
	return readFrame(frame, d.keys.MinSize(), func(src []byte) (int, error) {
		n, err := t.decodeKey(d, src)
		if err != nil {
			return 0, err
		}
		if hash, ours := t.owns(firstKG, lastKG); ours {
			t.typed.remove(hash, t.read)
		}
		return n, nil
	})
}

func (t *Segments) readEntries(frame []byte, firstKG, lastKG int, replace bool) error {
	d := t.decoders()
	if t.readValue == nil {
		t.readValue = reflect.New(t.form.vals).UnsafePointer()
	}
	return readFrame(frame, d.keys.MinSize()+d.vals.MinSize(), func(src []byte) (int, error) {
		n, err := t.decodeKey(d, src)
		if err != nil {
			return 0, err
		}
		t.typed.wipeValue(t.readValue)
		m, err := d.vals.DecodeCopy(src[n:], t.readValue)
		if err != nil {
			return 0, fmt.Errorf("value of key %v: %w", t.readKey(), err)
		}
		hash, ours := t.owns(firstKG, lastKG)
		if !ours {
			return n + m, nil
		}
		v, isNew := t.typed.ref(hash, t.read)
		if !isNew && !replace {
			return 0, fmt.Errorf("key %v appears twice", t.readKey())
		}
		t.typed.moveValue(v, t.readValue)
		return n + m, nil
	})
}

// decodeKey reads a key from the front of src. It is valid until the next one is read, or src changes.
func (t *Segments) decodeKey(d Decoders, src []byte) (int, error) {
	if t.read == nil {
		t.read = reflect.New(t.form.keys).UnsafePointer()
	}
	reflect.NewAt(t.form.keys, t.read).Elem().SetZero() // fields that are left out shall not come from another key
	n, err := d.keys.Decode(src, t.read)
	if err != nil {
		return 0, fmt.Errorf("key: %w", err)
	}
	return n, nil
}

// readKey is the key that was read, for messages.
func (t *Segments) readKey() any { return reflect.NewAt(t.form.keys, t.read).Elem().Interface() }

// owns returns the hash of the key that was read, and whether its key group is in firstKG to lastKG.
func (t *Segments) owns(firstKG, lastKG int) (hash uint64, ours bool) {
	hash = t.typed.hashOf(t.read)
	kg := keygroup.Of(hash, t.max)
	return hash, kg >= firstKG && kg <= lastKG
}
