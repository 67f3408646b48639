package conf

import (
	"math"
	"testing"
	"time"
)

func TestParseDuration(t *testing.T) {
	for _, c := range []struct {
		text string
		want time.Duration // -1 is an error
	}{
		{"10 s", 10 * time.Second},
		{"10s", 10 * time.Second},
		{" 3min ", 3 * time.Minute},
		{"3 Minutes", 3 * time.Minute},
		{"1500", 1500 * time.Millisecond},
		{"0", 0},
		{"PT10S", 10 * time.Second},
		{"pt1h2m3.5s", time.Hour + 2*time.Minute + 3500*time.Millisecond},
		{"P2D", 48 * time.Hour},
		{"P1DT1S", 24*time.Hour + time.Second},
		{"1m30s", 90 * time.Second},
		{"1.5h", 90 * time.Minute},
		{"7 days", 7 * 24 * time.Hour},
		{"5 µs", 5 * time.Microsecond},
		{"9223372036854775807 ns", math.MaxInt64},
		{"9223372036854775807", -1},
		{"99999999999999999999", -1},
		{"", -1},
		{"s", -1},
		{"-1 s", -1},
		{"-1s", -1},
		{"10 parsecs", -1},
		{"P", -1},
		{"PT", -1},
		{"P1DT", -1},
		{"P1H", -1},
		{"PT-5S", -1},
		{"PT5MS", -1},
		{"P106752DT1S", -1},
	} {
		got, err := ParseDuration(c.text)
		if err != nil {
			got = -1
		}
		if got != c.want {
			t.Errorf("ParseDuration(%q) = %v, %v; want %v", c.text, got, err, c.want)
		}
	}
}

func TestFormatDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0:                       "0 ms",
		time.Nanosecond:         "1 ns",
		1500 * time.Microsecond: "1500 us",
		10 * time.Second:        "10 s",
		90 * time.Second:        "90 s",
		time.Hour:               "1 h",
		48 * time.Hour:          "2 d",
	} {
		if got := FormatDuration(d); got != want {
			t.Errorf("FormatDuration(%d) = %q, want %q", d, got, want)
		}
	}
}

func FuzzParseDuration(f *testing.F) {
	for _, s := range []string{"10 s", "PT10S", "p1dt2h", "1m30s", "1500", "9223372036854775807 d", "µs", "1e3s"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseDuration(s)
		if err != nil {
			return
		}
		if d < 0 {
			t.Fatalf("ParseDuration(%q) = %v is negative", s, d)
		}
		if again, err := ParseDuration(FormatDuration(d)); err != nil || again != d {
			t.Fatalf("%q is %v, written %q and read %v, %v", s, d, FormatDuration(d), again, err)
		}
	})
}
