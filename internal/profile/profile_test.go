package profile

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEachKindLeavesAFile(t *testing.T) {
	t.Setenv(Variable, t.TempDir())
	stop, err := Start()
	if err != nil {
		t.Fatal(err)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(os.Getenv(Variable))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, file := range files {
		kind, info := file.Name(), file
		if i, err := info.Info(); err != nil || i.Size() == 0 {
			t.Errorf("%s is empty (%v)", kind, err)
		}
		got = append(got, kind[:3])
	}
	if diff := cmp.Diff([]string{"all", "blo", "cpu", "mut"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestAMissingFolderIsToldInOneLine(t *testing.T) {
	t.Setenv(Variable, t.TempDir()+"/missing")
	if _, err := Start(); err == nil {
		t.Error("no error")
	}
}
