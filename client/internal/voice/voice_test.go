package voice

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestOffATerminalEveryChangeIsALine(t *testing.T) {
	var out, err bytes.Buffer
	u := NewFor(&out, &err, false, false)
	u.Status("state %s", "ACCEPTED")
	u.Status("state %s", "ACCEPTED")
	u.Status("state %s", "RUNNING")
	u.Progress("7 of 10 MB")
	u.Line("Job has been submitted with JobID %d", 1)
	u.Note("two\nlines")
	u.EndStatus()
	if diff := cmp.Diff("Job has been submitted with JobID 1\n", out.String()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff("weft: state ACCEPTED\nweft: state RUNNING\nweft: two; lines\n", err.String()); diff != "" {
		t.Error(diff)
	}
}

func TestLiveLineStaysBelow(t *testing.T) {
	var screen bytes.Buffer
	u := NewFor(&screen, &screen, true, false)
	u.Status("a")
	u.Line("result")
	u.Status("b")
	u.EndStatus()
	if diff := cmp.Diff("a\r\x1b[Kresult\na\r\x1b[Kb\r\x1b[K", screen.String()); diff != "" {
		t.Error(diff)
	}
}

func TestFail(t *testing.T) {
	var err bytes.Buffer
	u := NewFor(&err, &err, false, false)
	u.Fail(fmt.Errorf("run: %w", Hint(errors.New("no such job"), "try %s", "this")))
	u.Fail(errors.Join(errors.New("a.yaml:1: bad"), errors.New("a.yaml:2: bad")))
	want := "weft: run: no such job\nhint: try this\nweft: a.yaml:1: bad\nweft: a.yaml:2: bad\n"
	if diff := cmp.Diff(want, err.String()); diff != "" {
		t.Error(diff)
	}
}

func TestColourIsForErrorsAndWarnings(t *testing.T) {
	var err bytes.Buffer
	u := NewFor(&err, &err, false, true)
	u.Fail(errors.New("bad"))
	u.Warn("careful")
	u.Note("plain")
	want := "weft: \x1b[31mbad\x1b[0m\nweft: \x1b[33mwarning: careful\x1b[0m\nweft: plain\n"
	if diff := cmp.Diff(want, err.String()); diff != "" {
		t.Error(diff)
	}
}

func TestJSONReplacesLines(t *testing.T) {
	var out bytes.Buffer
	u := NewFor(&out, &out, false, false)
	u.JSON = true
	u.Line("left out")
	if err := u.Result(map[string]string{"job": "a<b"}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("{\n  \"job\": \"a<b\"\n}\n", out.String()); diff != "" {
		t.Error(diff)
	}
}

func TestFormats(t *testing.T) {
	cases := map[string]string{
		Bytes(0): "0 B", Bytes(999): "999 B", Bytes(1000): "1.0 kB", Bytes(11_234_567): "11.2 MB", Bytes(999_999): "1.0 MB",
		Age(0): "0s", Age(-time.Second): "0s", Age(59 * time.Second): "59s", Age(125 * time.Second): "2m 5s",
		Age(2*time.Hour + 10*time.Minute): "2h 10m", Age(121 * time.Hour): "5d 1h",
		Count(0): "0", Count(999): "999", Count(1234567): "1,234,567", Count(-1000): "-1,000",
		Plural(1, "job"): "1 job", Plural(2, "job"): "2 jobs",
		clip("12345", 5): "12345", clip("123456", 5): "1234…",
	}
	for got, want := range cases {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestBar(t *testing.T) {
	for _, c := range []struct {
		done, whole int64
		want        string
	}{
		{0, 4, "[----------]"},
		{1, 4, "[##--------]"},
		{4, 4, "[##########]"},
		{5, 4, "[##########]"},
		{-1, 4, "[----------]"},
		{0, 0, "[##########]"},
	} {
		if got := Bar(c.done, c.whole); got != c.want {
			t.Errorf("Bar(%d, %d) = %s, want %s", c.done, c.whole, got, c.want)
		}
	}
}
