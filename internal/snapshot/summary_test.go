package snapshot

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNote(t *testing.T) {
	m := testMeta(7)
	m.RestoredFrom = "hdfs://h/sp"
	s := summarize(m)
	got, err := parseNote(s.note(9))
	s.Length = 9
	if diff := cmp.Diff(s, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	m.JobName = strings.Repeat("long ", 1000)
	if text := summarize(m).note(9); text != nil {
		t.Errorf("a note of %d bytes", len(text))
	}
}

func FuzzParseNote(f *testing.F) {
	f.Add(summarize(testMeta(7)).note(9))
	f.Add([]byte(`{"header":{"jobId":"0123456789abcdef0123456789abcdef","checkpointId":1,"kind":"checkpoint"},"files":[{"name":"../../x","size":1,"shared":true}],"length":1}`))
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := parseNote(text)
		if err != nil {
			return
		}
		for _, file := range s.Files {
			if strings.Contains(strings.TrimPrefix(file.Name, sharedPath), "..") || file.Size < 0 {
				t.Fatalf("%q gives %+v", text, file)
			}
		}
	})
}
