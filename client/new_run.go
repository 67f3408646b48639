package client

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"text/template"

	"github.com/weft-stream/weft/client/internal/program"
	"github.com/weft-stream/weft/client/internal/voice"
)

//go:embed skeleton
var skeleton embed.FS

// skeletonFiles are the files of a new job and the templates they are made of.
var skeletonFiles = map[string]string{
	"main.go": "main.go.tmpl", "main_test.go": "main_test.go.tmpl", "README.md": "README.md.tmpl",
	"go.mod": "go.mod.tmpl", ".gitignore": "gitignore.tmpl",
}

// blank is what the templates need to know.
type blank struct {
	Name     string // of the job and its executable
	Module   string
	Go       string // language version
	Version  string // of Weft
	Source   string // Weft's checkout, "" for a published release
	Indirect []string
}

// newResult is the JSON result of new.
type newResult struct {
	Folder string `json:"folder"`
	Module string `json:"module"`
	Source string `json:"weft-source,omitempty"`
}

// moduleForm is what a Go module's path may look like.
var moduleForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._~-]*(/[A-Za-z0-9][A-Za-z0-9._~-]*)*$`)

// create does the action new.
func (a *app) create(_ context.Context, o *newOptions) (err error) {
	dir, err := filepath.Abs(o.dir)
	if err != nil {
		return err
	}
	b, err := o.blank(dir)
	if err != nil {
		return err
	}
	undone := &undo{}
	defer func() {
		if err != nil {
			undone.run(context.Background())
		}
	}()
	if err := claimFolder(dir, undone); err != nil {
		return err
	}
	if err := b.write(dir, undone); err != nil {
		return err
	}
	a.ui.Line("%s holds a job now: main.go, its test, README.md", o.dir)
	a.ui.Line("  cd %s && go test ./...", o.dir)
	a.ui.Line("  weft run %s", runnable(o.dir))
	return a.ui.Result(newResult{Folder: dir, Module: b.Module, Source: b.Source})
}

// runnable spells the folder so that it is a path to read.
func runnable(dir string) string {
	if filepath.IsAbs(dir) || strings.HasPrefix(dir, ".") {
		return dir
	}
	return "./" + dir
}

func (o *newOptions) blank(dir string) (*blank, error) {
	b := &blank{Name: fitName(filepath.Base(dir)), Module: o.module}
	if b.Module == "" {
		b.Module = b.Name
	}
	if !moduleForm.MatchString(b.Module) {
		return nil, fmt.Errorf("new: %q is no path of a Go module: want something like example.com/team/myjob", shorten(b.Module))
	}
	if b.Module == program.Module {
		return nil, fmt.Errorf("new: %s is Weft's own path", b.Module)
	}
	return b, b.findWeft()
}

// fitName makes a word that can be a module, a job and a file of a folder's
// name.
func fitName(base string) string {
	fit := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_', r == '.':
			return r
		}
		return '-'
	}, base)
	if fit = strings.Trim(fit, "-._"); fit == "" {
		return "myjob"
	}
	return fit
}

// released is the form of a version that a module proxy serves.
var released = regexp.MustCompile(`^v\d+\.\d+\.\d+$`)

// findWeft says where the job's module finds Weft: its published release, or
// the checkout that this command was built from.
func (b *blank) findWeft() error {
	b.Go = strings.TrimPrefix(runtime.Version(), "go")
	if version := readVersion().Version; released.MatchString(version) {
		b.Version = version
		return nil
	}
	source, err := checkout()
	if err != nil {
		return err
	}
	text, err := os.ReadFile(filepath.Join(source, "go.mod"))
	if err != nil {
		return err
	}
	b.Source, b.Version = source, "v0.0.0"
	b.Go, b.Indirect = readModule(text)
	return nil
}

// sourceVariable overrides where Weft's checkout is looked for.
const sourceVariable = "WEFT_SOURCE"

// checkout is the folder of Weft's own module.
func checkout() (string, error) {
	if dir := os.Getenv(sourceVariable); dir != "" {
		if !isCheckout(dir) {
			return "", fmt.Errorf("%s=%s is not a checkout of %s", sourceVariable, dir, program.Module)
		}
		return filepath.Abs(dir)
	}
	if _, file, _, known := runtime.Caller(0); known && path.IsAbs(file) {
		if dir := filepath.Dir(filepath.Dir(file)); isCheckout(dir) {
			return dir, nil
		}
	}
	return "", voice.Hint(errors.New("the module of Weft is not published yet, and the checkout that this command was built from is not here"),
		"set %s to the folder of a checkout", sourceVariable)
}

func isCheckout(dir string) bool {
	text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	return err == nil && bytes.HasPrefix(text, []byte("module "+program.Module+"\n"))
}

// programModules are the modules that a program is made of, beside Weft: Weft
// requires more, for its own commands and tests. They are those that go mod tidy
// would write, for all platforms and build tags, so that the go command finds
// nothing to add.
//
//go:embed skeleton/modules
var programModules string

// readModule returns the Go version of a go.mod of Weft's, and what of the modules
// that it requires a program's must require too, sorted.
func readModule(text []byte) (version string, required []string) {
	inside, needed := false, strings.Fields(programModules)
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "go "):
			version = strings.TrimPrefix(line, "go ")
		case line == "require (":
			inside = true
		case line == ")":
			inside = false
		case inside && line != "":
			module, _, _ := strings.Cut(line, "//")
			if name, _, _ := strings.Cut(module, " "); slices.Contains(needed, name) {
				required = append(required, strings.TrimSpace(module)+" // indirect")
			}
		}
	}
	slices.Sort(required)
	return version, required
}

// claimFolder makes the folder, or takes one that is empty.
func claimFolder(dir string, undone *undo) error {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return fmt.Errorf("new: %w", err)
		}
		undone.add(func(context.Context) error { return os.Remove(dir) })
		return nil
	case err != nil:
		return fmt.Errorf("new: %s is not a folder that can be used: %w", dir, err)
	case len(entries) > 0:
		return voice.Hint(fmt.Errorf("new: %s is not empty", dir), "name a folder that does not exist yet")
	}
	return nil
}

// write makes the files of the job.
func (b *blank) write(dir string, undone *undo) error {
	templates, err := template.ParseFS(skeleton, "skeleton/*.tmpl")
	if err != nil {
		return err
	}
	for name, from := range skeletonFiles {
		var text bytes.Buffer
		if err := templates.ExecuteTemplate(&text, from, b); err != nil {
			return err
		}
		if err := b.put(filepath.Join(dir, name), text.Bytes(), undone); err != nil {
			return err
		}
	}
	if b.Source == "" {
		return nil
	}
	sums, err := os.ReadFile(filepath.Join(b.Source, "go.sum"))
	if err != nil {
		return err
	}
	return b.put(filepath.Join(dir, "go.sum"), sums, undone)
}

func (b *blank) put(name string, text []byte, undone *undo) error {
	undone.add(func(context.Context) error { return os.Remove(name) })
	return os.WriteFile(name, text, 0o644)
}
