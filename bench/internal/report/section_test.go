package report

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPutSectionKeepsTheOthers(t *testing.T) {
	file := filepath.Join(t.TempDir(), "RESULTS.md")
	for _, section := range []string{"# A\n\none\n", "# B\n\ntwo", "# A\n\nthree\n## sub\n"} {
		if err := PutSection(file, section); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("# A\n\nthree\n## sub\n\n# B\n\ntwo\n", string(got)); diff != "" {
		t.Error(diff)
	}
}
