package client

import (
	"testing"

	"github.com/weft-stream/weft/internal/snapshot"
)

// What checkpoints share is on storage once.
func TestStored(t *testing.T) {
	of := func(size int64, shared ...snapshot.SharedFile) snapshot.Entry {
		return snapshot.Entry{Retained: snapshot.Retained{Size: size, Shared: shared}}
	}
	entries := []snapshot.Entry{
		of(110, snapshot.SharedFile{Name: "a", Size: 100}),
		of(135, snapshot.SharedFile{Name: "a", Size: 100}, snapshot.SharedFile{Name: "b", Size: 20}),
		of(7),
	}
	if got := stored(entries); got != 110+15+20+7 {
		t.Errorf("%d bytes", got)
	}
}
