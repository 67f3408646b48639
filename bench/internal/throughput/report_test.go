package throughput

import (
	"encoding/xml"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/weft-stream/weft/bench/internal/meter"
)

// some are results of one row: Flink at 2, Weft at 10 million records per second.
func some(t *testing.T) *Results {
	t.Helper()
	r, err := OpenResults(filepath.Join(t.TempDir(), "state.json"), "rev", false)
	if err != nil {
		t.Fatal(err)
	}
	for system, seconds := range map[string]float64{Flink: 15, Weft: 3} {
		s := r.series(Rows[0], system)
		s.Count = 40 * million
		s.Runs = []meter.Result{{Steady: seconds, Whole: 20, CPU: seconds * 2}}
	}
	return r
}

func TestTablesAndPictureTellTheRatio(t *testing.T) {
	r, text, picture := some(t), &strings.Builder{}, &strings.Builder{}
	if err := r.Write(text, Rows); err != nil {
		t.Fatal(err)
	}
	if want := "| **2.00** (2.00–2.00) | **10.0** (10.0–10.0) | **5.0 ×** |"; !strings.Contains(text.String(), want) {
		t.Errorf("no %q in\n%s", want, text)
	}
	if err := r.Picture(picture, Rows); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(picture.String(), ">5.0 ×<") {
		t.Errorf("no ratio in\n%s", picture)
	}
	for d := xml.NewDecoder(strings.NewReader(picture.String())); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

func TestResultsAreTakenUpOnlyForTheSameSources(t *testing.T) {
	r := some(t)
	if err := r.Save(); err != nil {
		t.Fatal(err)
	}
	for revision, runs := range map[string]int{"rev": 1, "other": 0} {
		again, err := OpenResults(r.file, revision, true)
		if err != nil {
			t.Fatal(err)
		}
		if got := len(again.series(Rows[0], Weft).Runs); got != runs {
			t.Errorf("revision %s: %d runs, want %d", revision, got, runs)
		}
	}
}
