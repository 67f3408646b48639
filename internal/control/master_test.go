package control

import (
	"context"
	"errors"
	"io/fs"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weft-stream/weft/internal/storage"
)

func TestMasterAddressIsReplaced(t *testing.T) {
	ctx := context.Background()
	resolver := storage.NewResolver(storage.Config{})
	defer resolver.Close()
	files, dir, err := resolver.Resolve("file://" + t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ReadMasterAddress(ctx, files, dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("before the first: got %v, want fs.ErrNotExist", err)
	}
	for attempt := 1; attempt <= 2; attempt++ {
		want := MasterAddress{Addr: "127.0.0.1:8081", Attempt: attempt, Started: 5, Job: 4}
		if err := WriteMasterAddress(ctx, files, dir, want); err != nil {
			t.Fatal(err)
		}
		got, err := ReadMasterAddress(ctx, files, dir)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
}
