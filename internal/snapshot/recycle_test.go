package snapshot

import (
	"bytes"
	"testing"
)

// What is given back is each keyed payload, once: a spooled one at once, others at the end.
func TestRecycle(t *testing.T) {
	spool := NewSpool(t.TempDir(), spoolMemory, nil)
	defer spool.Close()
	back := map[byte]int{}
	b := NewBuilder()
	b.SpoolTo(spool)
	b.RecycleTo(func(payload []byte) { back[payload[0]]++ })
	payload := func(name byte, size int) []byte { return bytes.Repeat([]byte{name}, size) }
	b.State("keyed").Append(0, 1, 1, payload('s', 10))
	b.State("keyed").Append(0, 1, 1, payload('m', spoolMemory-20))
	b.State("list").AppendPlain(1, payload('p', 10))
	if len(back) != 0 {
		t.Fatalf("given back before the upload: %v", back)
	}
	b.State("keyed").Append(0, 1, 1, payload('d', spoolMemory))
	if back['d'] != 1 {
		t.Fatal("what went to the disk was not given back")
	}
	b.Recycle()
	b.Recycle()
	if back['s'] != 1 || back['m'] != 1 || back['d'] != 1 || back['p'] != 0 {
		t.Fatalf("given back: %v", back)
	}
}
