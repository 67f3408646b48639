package throughput

import (
	"context"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/weft-stream/weft/bench/internal/bare"
	"github.com/weft-stream/weft/bench/internal/embed"
	"github.com/weft-stream/weft/bench/internal/meter"
	"github.com/weft-stream/weft/bench/internal/work"
)

// TestTheSameWorkIsDone compares what Weft's jobs and the bare loops compute.
func TestTheSameWorkIsDone(t *testing.T) {
	cases := map[string][]string{
		"j1": {"--count", "100000", "--words", "777"},
		"j2": {"--count", "100000", "--per-ms", "3", "--keys", "55"},
		"q0": {"--count", "100000"},
		"q5": {"--count", "100000", "--per-second", "2000"},
	}
	for job, args := range cases {
		t.Run(job, func(t *testing.T) {
			weft := told(t, subtasks, func() error { return embed.Run(context.Background(), job, subtasks, args) })
			if weft.Records == 0 || weft.Sum == 0 {
				t.Fatalf("no results: %+v", weft)
			}
			for _, table := range []string{"map", "weft"} {
				o, err := bare.Parse(append(args, "--table", table))
				if err != nil {
					t.Fatal(err)
				}
				loop := told(t, 1, func() error { return bare.Run(job, o) })
				if loop.Records != weft.Records || loop.Sum != weft.Sum {
					t.Errorf("table %s: %d results with checksum %d, Weft %d with %d", table, loop.Records, loop.Sum, weft.Records, weft.Sum)
				}
			}
		})
	}
}

// TestTheSameWindowsSlide compares what Weft's J2 and the reference compute in windows that slide.
func TestTheSameWindowsSlide(t *testing.T) {
	for _, w := range []struct{ size, slide time.Duration }{{12 * time.Second, 3 * time.Second}, {time.Minute, time.Second}, {7 * time.Second, 7 * time.Second}} {
		args := []string{"--count", "100001", "--per-ms", "3", "--keys", "55", "--size", w.size.String(), "--slide", w.slide.String()}
		weft := told(t, subtasks, func() error { return embed.Run(context.Background(), "j2", subtasks, args) })
		want := bare.Sliding(100_001, work.Events{Keys: 55, PerMs: 3}, w.size, w.slide)
		if want.Records == 0 || weft.Records != want.Records || weft.Sum != want.Sum {
			t.Errorf("%v by %v: %d results with checksum %d, the reference %d with %d", w.size, w.slide, weft.Records, weft.Sum, want.Records, want.Sum)
		}
	}
}

// told reads what a run tells on standard output.
func told(t *testing.T, done int, run func() error) meter.Result {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout := os.Stdout
	os.Stdout = w
	err = run()
	os.Stdout = stdout
	w.Close()
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), meter.Prefix) {
		t.Fatalf("output %q", text)
	}
	result, err := meter.Read(string(text), time.Unix(0, 0), done)
	if err != nil {
		t.Fatal(err)
	}
	return result
}
