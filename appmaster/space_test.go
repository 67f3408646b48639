package appmaster

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/weft-stream/weft/internal/storage"
)

// scarce is a file system with as much room as a test says.
type scarce struct {
	storage.FS
	space storage.Space
	asked int
}

func (s *scarce) URI(name string) string { return "hdfs://ns" + name }

func (s *scarce) Space(context.Context, string) (storage.Space, error) {
	s.asked++
	return s.space, nil
}

func TestLowSpaceIsSaidOnceAndTakenBack(t *testing.T) {
	var said strings.Builder
	files := &scarce{space: storage.Space{Free: 900, Total: 10_000, Names: -1}}
	w := &spaceWatch{at: place{fs: files, dir: "/cp"}, log: slog.New(slog.NewTextHandler(&said, nil))}
	look := func(free int64, due bool) string {
		files.space.Free = free
		if due {
			w.due = time.Time{}
		}
		w.look(t.Context())
		return w.warn()
	}
	if got := look(900, true); got != "" {
		t.Errorf("nothing is known of the last checkpoint's size, and there is room: %q", got)
	}
	w.taken(100)
	if got := look(900, false); got != "" || files.asked != 1 {
		t.Errorf("storage was asked %d times within a minute: %q", files.asked, got)
	}
	for range 3 {
		if got := look(900, true); !strings.Contains(got, "hdfs://ns/cp has room for") {
			t.Errorf("with room for nine more checkpoints: %q", got)
		}
	}
	if got := look(5000, true); got != "" {
		t.Errorf("with room again: %q", got)
	}
	if n := strings.Count(said.String(), "level=WARN"); n != 1 {
		t.Errorf("%d warnings in the log:\n%s", n, &said)
	}
}
