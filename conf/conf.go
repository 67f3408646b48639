package conf

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Conf is the set of values in effect. Any number of goroutines may read one; nothing may read
// it while Set, Put, SetDynamic or UnmarshalJSON changes it.
type Conf struct {
	values   map[string]value // by Key.Name; a key that nobody set is absent
	prefixed map[string]value // by full name, for the prefixes
	notices  []Notice
}

// value is what somebody set, as text and as the key's type.
type value struct {
	text   string
	parsed any
	origin Origin
}

// Notice is one line for the user about a setting that was read: not an error, but something
// that the user may have meant otherwise.
type Notice struct {
	// Warning is true for what is probably a mistake (an unknown name, a line that was
	// skipped) and false for information (a setting that has no effect).
	Warning bool
	Text    string
}

// Entry is one setting with its value and where that came from.
type Entry struct {
	Name   string `json:"name"`
	Value  string `json:"value"`
	Origin Origin `json:"origin"`
}

// maxHints is how many notices may have been given before unknown names are no longer compared
// with the known ones: a file with that many is not one of settings, and comparing takes time.
const maxHints = 200

// New returns a Conf in which every key has its default.
func New() *Conf {
	return &Conf{values: map[string]value{}, prefixed: map[string]value{}}
}

// Get returns the value of k that is in effect. A slice belongs to the Conf: do not change it.
func Get[T any](c *Conf, k *Key[T]) T {
	if v, set := c.values[k.Name]; set {
		return v.parsed.(T)
	}
	return registry.defaults[k.Name].(T)
}

// Put is Set with a typed value. The value is checked as its text would be.
func Put[T any](c *Conf, k *Key[T], v T, o Origin) error {
	return c.Set(k.Name, k.kind.format(v), o)
}

// Set gives the setting of that name, in any of its spellings, the value that text spells. It
// does nothing where an origin of higher precedence has spoken. A value that is not allowed is
// an error that names value, origin and what is allowed. An unknown name and a setting
// that has no effect in Weft are a [Notice] each.
func (c *Conf) Set(name, text string, o Origin) error {
	if k, known := registry.bySpelling[name]; known {
		return c.setKey(k, name, text, o)
	}
	if p, known := findPrefix(name); known {
		if name == string(p) {
			return fmt.Errorf("%s: %s needs a name behind its last dot", o, name)
		}
		put(c.prefixed, name, value{text: text, origin: o})
		return nil
	}
	if why, known := findIneffective(name); known {
		if !why.quiet(text) {
			c.notice(why.warn, "%s: %s has no effect: %s", o, clip(name), why.reason)
		}
		return nil
	}
	hint := ""
	if len(c.notices) < maxHints {
		if near := nearest(name); near != "" {
			hint = ", did you mean " + near + "?"
		}
	}
	c.notice(true, "%s: unknown setting %q%s", o, clip(name), hint)
	return nil
}

func (c *Conf) setKey(k anyKey, spelling, text string, o Origin) error {
	parsed, canonical, ok := k.parse(text)
	if !ok {
		return fmt.Errorf("%s: %s is %q, allowed is %s", o, spelling, clip(text), k.describe().Allowed)
	}
	if remark := k.said(text); remark != "" {
		c.notice(false, "%s: %s: %s", o, spelling, remark)
	}
	put(c.values, k.name(), value{canonical, parsed, o})
	return nil
}

// clip shortens text from outside so that a message stays one readable line.
func clip(text string) string {
	const most = 120
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "..."
}

// put stores v unless an origin of higher precedence was there before.
func put(m map[string]value, name string, v value) {
	if old, set := m[name]; !set || v.origin.level >= old.origin.level {
		m[name] = v
	}
}

// SetDynamic is Set for "name=value" given behind flag (-D or -yD). A name alone means "true",
// as Flink has it.
func (c *Conf) SetDynamic(assignment, flag string) error {
	name, text, assigned := strings.Cut(assignment, "=")
	name = strings.TrimSpace(name)
	if name == "" {
		return fmt.Errorf("%s %q: name=value is wanted", flag, assignment)
	}
	if !assigned {
		text = "true"
	}
	return c.Set(name, strings.TrimSpace(text), FromDynamic(flag))
}

// IsSet reports whether somebody set the key of that name, so that it is not at its default.
func (c *Conf) IsSet(name string) bool {
	return c.Origin(name) != Origin{}
}

// Origin says where the value in effect of that name, in any spelling, came from.
func (c *Conf) Origin(name string) Origin {
	if k, known := registry.bySpelling[name]; known {
		name = k.name()
	}
	if v, set := c.values[name]; set {
		return v.origin
	}
	return c.prefixed[name].origin
}

// WithPrefix returns the values of all settings that begin with p, by the rest of their names.
func (c *Conf) WithPrefix(p Prefix) map[string]string {
	m := map[string]string{}
	for name, v := range c.prefixed {
		if rest, ok := strings.CutPrefix(name, string(p)); ok {
			m[rest] = v.text
		}
	}
	return m
}

// Notices returns what there is to say about the settings read so far, in the order of reading.
func (c *Conf) Notices() []Notice { return c.notices }

func (c *Conf) notice(warning bool, format string, args ...any) {
	c.notices = append(c.notices, Notice{warning, fmt.Sprintf(format, args...)})
}

// Entries lists every setting with its value in effect, sorted by name, for people to read: the
// value of one that looks like a password or a token is masked.
func (c *Conf) Entries() []Entry {
	entries := c.given()
	for _, k := range registry.keys {
		if d := k.describe(); !c.IsSet(d.Name) {
			entries = append(entries, Entry{Name: d.Name, Value: d.Default})
		}
	}
	for i, e := range entries {
		if isSecret(e.Name) {
			entries[i].Value = "******"
		}
	}
	slices.SortFunc(entries, byName)
	return entries
}

// given lists what somebody set, sorted by name.
func (c *Conf) given() []Entry {
	var entries []Entry
	for _, m := range []map[string]value{c.values, c.prefixed} {
		for _, name := range slices.Sorted(maps.Keys(m)) {
			entries = append(entries, Entry{name, m[name].text, m[name].origin})
		}
	}
	slices.SortFunc(entries, byName)
	return entries
}

func byName(a, b Entry) int { return strings.Compare(a.Name, b.Name) }

// MarshalJSON writes what somebody set, unmasked and with origins, so that a Conf can travel in a
// job's specification. Notices stay behind: they were for the user who is here.
func (c *Conf) MarshalJSON() ([]byte, error) { return json.Marshal(c.given()) }

// UnmarshalJSON makes c what MarshalJSON wrote.
func (c *Conf) UnmarshalJSON(b []byte) error {
	var entries []Entry
	if err := json.Unmarshal(b, &entries); err != nil {
		return err
	}
	*c = *New()
	for _, e := range entries {
		if err := c.Set(e.Name, e.Value, e.Origin); err != nil {
			return err
		}
	}
	return nil
}

// secretWords mark names whose values must not be shown or sent around.
var secretWords = []string{"password", "passwd", "secret", "token", "credential", "apikey", "api-key", "api_key", "account.key", "access.key", "access-key", "access_key"}

// isSecret tells by its name whether a setting may hold a secret.
func isSecret(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc(secretWords, func(w string) bool { return strings.Contains(name, w) })
}
