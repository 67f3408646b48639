package snapshot

import (
	"strings"
	"testing"
)

func TestValidate(t *testing.T) {
	for want, change := range map[string]func(*Metadata){
		"job id":                        func(m *Metadata) { m.JobID = strings.ToUpper(m.JobID) },
		"checkpoint number 0":           func(m *Metadata) { m.CheckpointID = 0 },
		`kind "backup"`:                 func(m *Metadata) { m.Kind = "backup" },
		"maximum parallelism 32769":     func(m *Metadata) { m.MaxParallelism = 32769 },
		"key hash":                      func(m *Metadata) { m.KeyHash = "" },
		`two operators have the uid`:    func(m *Metadata) { m.Operators[0].UID = "tot" },
		"uid is empty":                  func(m *Metadata) { m.Operators[0].UID = "" },
		"parallelism 129":               func(m *Metadata) { m.Operators[0].Parallelism = 129 },
		"2 subtasks instead of 3":       func(m *Metadata) { m.Operators[1].Parallelism = 3 },
		"subtask 0 is where subtask 1":  func(m *Metadata) { m.Operators[1].Subtasks[1].Index = 0 },
		"there twice":                   func(m *Metadata) { m.Operators[1].States[1].Name = "count" },
		"which the operator does not":   func(m *Metadata) { m.handle().State = "other" },
		"instead of":                    func(m *Metadata) { m.handle().Inline = nil },
		"both in a file and inline":     func(m *Metadata) { m.handle().File = "f" },
		`"../f" is not a plain name`:    func(m *Metadata) { m.handle().File = "../f" },
		`"/f" is not a plain name`:      func(m *Metadata) { m.handle().File = "/f" },
		`"a/b" is not a plain name`:     func(m *Metadata) { m.handle().File = "a/b" },
		`".." is not a plain name`:      func(m *Metadata) { m.handle().File = ".." },
		`"_metadata" is not a plain`:    func(m *Metadata) { m.handle().File = "_metadata" },
		"offset -1":                     func(m *Metadata) { m.handle().Offset = -1 },
		"length 0":                      func(m *Metadata) { m.handle().Length = 0 },
		"-1 entries":                    func(m *Metadata) { m.handle().Entries = -1 },
		"key groups 3 to 2":             func(m *Metadata) { m.handle().FirstKeyGroup, m.handle().LastKeyGroup = 3, 2 },
		"key groups 0 to 128":           func(m *Metadata) { m.handle().LastKeyGroup = 128 },
		"key groups -1 to 63":           func(m *Metadata) { m.handle().FirstKeyGroup = -1 },
		"without a key":                 func(m *Metadata) { m.Operators[1].KeySchema = "" },
		"key group 64 is in subtasks 0": func(m *Metadata) { m.handle().LastKeyGroup = 64 },
	} {
		m := testMeta(1)
		attach(m, inlineOf(t, testContributions(t, 20)))
		if err := m.validate(); err != nil {
			t.Fatal(err)
		}
		change(m)
		if err := m.validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
		if _, err := encode(m); err == nil {
			t.Errorf("%q: encoded all the same", want)
		}
	}
}

// handle is the first keyed handle.
func (m *Metadata) handle() *Handle { return &m.Operators[1].Subtasks[0].States[0] }
