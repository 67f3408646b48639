// Package program looks at a job's executable from outside: where it is or how
// it is built, whether it can be one of Weft's at all, and which plan it
// answers when it is asked for one.
//
// Nothing here trusts the program. Its file is read before it is run; when it
// is run, time, output and answer are bounded, and whatever it does wrong comes
// back as one line.
package program

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/weft-stream/weft/client/internal/voice"
)

// Module is the path of the module that every job is linked with.
const Module = "github.com/weft-stream/weft"

// Locate returns the path of the executable that the user named: itself, or,
// of the folder of a Go package, the one that is built from it. progress is
// told, in a few words, what takes time.
func Locate(ctx context.Context, path string, progress func(string)) (string, error) {
	if strings.HasSuffix(path, ".jar") {
		return "", voice.Hint(fmt.Errorf("%s is a Java program: weft runs Go programs made with the package %s/stream", path, Module),
			"weft new ./myjob writes a job to start from")
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", missing(path)
	case err != nil:
		return "", fmt.Errorf("program %s cannot be read: %w", path, reason(err))
	case info.IsDir():
		return build(ctx, path, progress)
	case !info.Mode().IsRegular():
		return "", fmt.Errorf("program %s is not a file", path)
	case strings.HasSuffix(path, ".go"):
		return "", voice.Hint(fmt.Errorf("program %s is a Go source file", path), "give the folder of its package: %s", folderOf(path))
	}
	return filepath.Abs(path)
}

// missing says that there is no such program, and suggests what was perhaps
// meant.
func missing(path string) error {
	err := fmt.Errorf("program %s does not exist", path)
	if strings.HasPrefix(path, "-") {
		return voice.Hint(err, "options stand before the program")
	}
	if entries, failed := os.ReadDir(filepath.Dir(path)); failed != nil && filepath.Dir(path) != "." {
		return voice.Hint(err, "there is no folder %s", filepath.Dir(path))
	} else if near := nearestEntry(filepath.Base(path), entries); near != "" {
		return voice.Hint(err, "did you mean %s?", filepath.Join(filepath.Dir(path), near))
	}
	return err
}

func folderOf(path string) string {
	if dir := filepath.Dir(path); dir != "." {
		return dir
	}
	return "."
}

// reason strips the operation and the path, which the message has already.
func reason(err error) error {
	if of := (*fs.PathError)(nil); errors.As(err, &of) {
		return of.Err
	}
	return err
}
