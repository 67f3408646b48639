package orphans

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"strings"

	"github.com/weft-stream/weft/internal/jobspec"
	"github.com/weft-stream/weft/internal/storage"
)

// Fate is what became of an application.
type Fate int

// The fates.
const (
	NoApplication Fate = iota // the name is none of an application's
	Lives                     // or may live where we cannot ask
	Ended                     // or was never submitted
)

// programsName is the folder of programs in a user's staging folder.
const programsName = "programs"

// Staging looks for orphans in a user's staging folder: those of applications that have ended, and programs that no other
// one needs. fate tells what became of the application that a folder is named after; spec is what was submitted, nil if
// nothing was, or if it cannot be read. That there is no such folder is no error.
func (f *Finder) Staging(ctx context.Context, fsys storage.FS, home string, fate func(name string, spec *jobspec.Spec) (Fate, error)) error {
	list, err := fsys.List(ctx, home)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	s := &staging{finder: f, fs: fsys, used: map[string]bool{}}
	for _, info := range list {
		if info.IsDir && info.Name != programsName {
			if err := s.application(ctx, path.Join(home, info.Name), info, fate); err != nil {
				return err
			}
		}
	}
	return s.programs(ctx, path.Join(home, programsName))
}

// staging is what is found in a staging folder.
type staging struct {
	finder  *Finder
	fs      storage.FS
	used    map[string]bool // base names of the programs that are needed
	unknown string          // a folder that stays and does not say what it needs
}

// application judges the folder of one application.
func (s *staging) application(ctx context.Context, dir string, info storage.Info, fate func(string, *jobspec.Spec) (Fate, error)) error {
	t, err := measure(ctx, s.fs, dir, info.ModTime)
	if err != nil {
		return err
	}
	spec, err := Spec(ctx, s.fs, dir)
	if storage.IsTransient(err) {
		return err
	}
	became, err := fate(info.Name, spec)
	switch {
	case err != nil:
		return err
	case became == Ended && !t.changed.After(s.finder.Before):
		s.finder.Found = append(s.finder.Found, Orphan{
			URI: s.fs.URI(dir), What: "staging of an application that ended", Size: t.size, Changed: t.changed,
			remove: func(ctx context.Context) error { return s.fs.RemoveAll(ctx, dir) },
		})
		return nil
	case became == NoApplication:
		return nil
	case spec == nil:
		s.unknown = info.Name // it is just being submitted, or not ours to read
		return nil
	}
	for _, r := range spec.Resources {
		s.used[path.Base(r.URI)] = true
	}
	return nil
}

// Spec reads what was submitted from an application's staging folder.
func Spec(ctx context.Context, fsys storage.FS, dir string) (*jobspec.Spec, error) {
	const limit = 16 << 20
	text, err := storage.ReadFile(ctx, fsys, path.Join(dir, jobspec.FileName), limit)
	if err != nil {
		return nil, err
	}
	return jobspec.Parse(text)
}

// programs looks for programs that nobody needs. A program is named by its content, so one that is needed again is just
// uploaded again.
func (s *staging) programs(ctx context.Context, dir string) error {
	list, err := s.fs.ListAll(ctx, dir)
	if err != nil {
		return gone(err)
	}
	for _, info := range list {
		name, what := info.Name, "program that no application uses"
		if of, unfinished := storage.TemporaryOf(name); unfinished {
			name, what = of, "unfinished upload of a program"
		}
		if info.IsDir || !isDigest(name) || info.ModTime.After(s.finder.Before) || s.used[info.Name] {
			continue
		}
		file := path.Join(dir, info.Name)
		if s.unknown != "" {
			s.finder.keep(s.fs.URI(file), s.unknown+" does not say which program it uses")
			continue
		}
		s.finder.Found = append(s.finder.Found, Orphan{
			URI: s.fs.URI(file), What: what, Size: info.Size, Changed: info.ModTime,
			remove: func(ctx context.Context) error { return gone(s.fs.Remove(ctx, file)) },
		})
	}
	return nil
}

// isDigest says whether a name is a SHA-256 in hex.
func isDigest(name string) bool {
	return len(name) == 64 && strings.Trim(name, "0123456789abcdef") == ""
}
