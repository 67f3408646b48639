package conf

// Section is the heading under which a key is listed in the help.
type Section string

// The sections, in the order of the help.
const (
	SectionCheckpoints Section = "Checkpoints and savepoints"
	SectionRestart     Section = "Restart after a failure"
	SectionRuntime     Section = "Running a job"
	SectionPage        Section = "Page and REST API"
	SectionYARN        Section = "YARN"
	SectionSecurity    Section = "Kerberos"
)

// Key is one setting whose value is a T. Keys are made by this package only and never change,
// so they may be used by any number of goroutines.
type Key[T any] struct {
	// Name is the spelling that messages and files of Weft use.
	Name string
	// Old are the other spellings that are understood: those of Flink 1.7 and of Flink 1.20.
	Old []string
	// Default is the value, as a user would write it, when nobody sets the key.
	Default string
	// Doc tells in a sentence or two what the setting does.
	Doc string
	// Section is the heading in the help.
	Section Section

	kind kind[T]
	// remark is what to tell a user who gave the key this value, if not nil and not empty.
	remark func(text string) string
}

// anyKey is a Key of whatever type, as the registry holds it.
type anyKey interface {
	name() string
	describe() Description
	spellings() []string
	// parse turns text into the key's value and the canonical text of that; false when the text
	// is not allowed.
	parse(text string) (parsed any, canonical string, ok bool)
	// said is the remark on a value, empty if there is none.
	said(text string) string
}

// Description is what the help prints of a key.
type Description struct {
	Name    string
	Old     []string
	Default string
	Allowed string
	Doc     string
	Section Section
}

func (k *Key[T]) name() string { return k.Name }

func (k *Key[T]) spellings() []string { return append([]string{k.Name}, k.Old...) }

func (k *Key[T]) describe() Description {
	return Description{k.Name, k.Old, k.Default, k.kind.allowed, k.Doc, k.Section}
}

func (k *Key[T]) parse(text string) (parsed any, canonical string, ok bool) {
	v, ok := k.kind.parse(text)
	if !ok {
		return nil, "", false
	}
	return v, k.kind.format(v), true
}

func (k *Key[T]) said(text string) string {
	if k.remark == nil {
		return ""
	}
	return k.remark(text)
}

// registry holds all keys in the order of their declaration, and under all their spellings.
var registry struct {
	keys       []anyKey
	bySpelling map[string]anyKey
	defaults   map[string]any
}

// define enters a key into the registry. It panics on a mistake in this package's own table: a
// spelling used twice or a default that is not allowed.
func define[T any](k Key[T]) *Key[T] {
	if registry.bySpelling == nil {
		registry.bySpelling = map[string]anyKey{}
		registry.defaults = map[string]any{}
	}
	for _, s := range k.spellings() {
		if _, twice := registry.bySpelling[s]; twice {
			panic("conf: two keys are spelled " + s)
		}
		registry.bySpelling[s] = &k
	}
	v, _, ok := k.parse(k.Default)
	if !ok {
		panic("conf: the default of " + k.Name + " is not allowed")
	}
	registry.defaults[k.Name] = v
	registry.keys = append(registry.keys, &k)
	return &k
}

// Keys describes every key that has an effect, in the order of the help.
func Keys() []Description {
	all := make([]Description, len(registry.keys))
	for i, k := range registry.keys {
		all[i] = k.describe()
	}
	return all
}
