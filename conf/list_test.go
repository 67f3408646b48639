package conf

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseList(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string
	}{
		{"", nil},
		{"a", []string{"a"}},
		{"a;b , c;", []string{"a", "b", "c"}},
		{"[a, b]", []string{"a", "b"}},
		{`'a;b', "c,""d"""; e`, []string{"a;b", `c,"d"`, "e"}},
		{"'it''s'", []string{"it's"}},
		{"/opt/my dir;/x", []string{"/opt/my dir", "/x"}},
	} {
		got, ok := parseList(c.text)
		if diff := cmp.Diff(c.want, got); diff != "" || !ok {
			t.Errorf("parseList(%q) = %q, %v (-want +got):\n%s", c.text, got, ok, diff)
		}
	}
	for _, bad := range []string{"'a", `"a" b`, "'a'b;c"} {
		if got, ok := parseList(bad); ok {
			t.Errorf("parseList(%q) = %q, want it refused", bad, got)
		}
	}
}

func FuzzParseList(f *testing.F) {
	for _, s := range []string{"a;b", "'a;b',c", `"a""b"`, "[a, b]", "[;'", "a'b;c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		items, ok := parseList(s)
		if !ok {
			return
		}
		again, ok := parseList(formatList(items))
		if diff := cmp.Diff(items, again); diff != "" || !ok {
			t.Fatalf("%q written %q (-read +read again):\n%s", s, formatList(items), diff)
		}
	})
}
