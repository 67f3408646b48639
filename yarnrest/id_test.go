package yarnrest

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestParseApplicationID(t *testing.T) {
	tests := []struct {
		text string
		want ApplicationID
		back string
	}{
		{"application_1700000000000_0001", ApplicationID{1700000000000, 1}, "application_1700000000000_0001"},
		{"application_1700000000000_12345", ApplicationID{1700000000000, 12345}, "application_1700000000000_12345"},
		{"application_1_1", ApplicationID{1, 1}, "application_1_0001"},
		{"application_9223372036854775807_2147483647", ApplicationID{9223372036854775807, 2147483647}, "application_9223372036854775807_2147483647"},
	}
	for _, test := range tests {
		got, err := ParseApplicationID(test.text)
		if err != nil || got != test.want || got.String() != test.back {
			t.Errorf("ParseApplicationID(%q) = %#v, %v; prints %q; want %#v, %q", test.text, got, err, got.String(), test.want, test.back)
		}
	}
}

func TestParseApplicationIDRefuses(t *testing.T) {
	for _, text := range []string{
		"", "application", "application_", "application_1", "application_1_", "application__1", "application_1_1_1",
		"application_0_1", "application_1_0", "application_-1_1", "application_1_+1", "application_1_ 1", "application_1_1\n",
		"application_9223372036854775808_1", "application_1_2147483648", "job_1_1", "Application_1_1",
		"application_1_" + strings.Repeat("0", 100) + "1",
	} {
		got, err := ParseApplicationID(text)
		if err == nil {
			t.Errorf("ParseApplicationID(%q) = %v, want an error", text, got)
		} else if strings.Contains(err.Error(), "\n") {
			t.Errorf("error for %q has more than one line: %v", text, err)
		}
	}
}

func TestApplicationIDInJSON(t *testing.T) {
	id := ApplicationID{1700000000000, 7}
	text, err := json.Marshal(id)
	if err != nil || string(text) != `"application_1700000000000_0007"` {
		t.Fatalf("Marshal = %s, %v", text, err)
	}
	var back ApplicationID
	if err := json.Unmarshal(text, &back); err != nil || back != id {
		t.Errorf("Unmarshal = %v, %v", back, err)
	}
	if err := json.Unmarshal([]byte(`""`), &back); err != nil || !back.IsZero() {
		t.Errorf("Unmarshal of empty text = %v, %v", back, err)
	}
	if err := json.Unmarshal([]byte(`"x"`), &back); err == nil {
		t.Error("Unmarshal of x: no error")
	}
}

func FuzzParseApplicationID(f *testing.F) {
	for _, seed := range []string{"application_1700000000000_0001", "application_1_1", "application__", "application_1_-1", "x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		id, err := ParseApplicationID(text)
		if err != nil {
			if !id.IsZero() || strings.Contains(err.Error(), "\n") {
				t.Errorf("%q: id %#v with error %v", text, id, err)
			}
			return
		}
		if back, err := ParseApplicationID(id.String()); err != nil || back != id {
			t.Errorf("%q gives %v, which gives %v, %v", text, id, back, err)
		}
	})
}
