package program

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/weft-stream/weft/client/internal/voice"
)

// build makes a static executable of the Go package in dir. It stays in the
// user's cache; the go command knows by the content of all sources whether it
// is still good.
func build(ctx context.Context, dir string, progress func(string)) (string, error) {
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if sources, _ := filepath.Glob(filepath.Join(absolute, "*.go")); len(sources) == 0 {
		return "", fmt.Errorf("%s is neither an executable nor the folder of a Go package", dir)
	}
	goTool, err := exec.LookPath("go")
	if err != nil {
		return "", voice.Hint(fmt.Errorf("%s is a folder, and building it needs Go, which is not on the PATH", dir),
			"install Go, or give an executable that was built elsewhere")
	}
	target, err := cachePath(absolute)
	if err != nil {
		return "", err
	}
	progress("building " + dir)
	cmd := exec.CommandContext(ctx, goTool, "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", target, ".")
	cmd.Dir = absolute
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	said, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	if err != nil {
		return "", buildError(dir, said, err)
	}
	return target, notMain(dir, target)
}

// cachePath is where the executable of a package folder stays.
func cachePath(dir string) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no folder to build in: %w", err)
	}
	sum := sha256.Sum256([]byte(dir))
	folder := filepath.Join(cache, "weft", "build", hex.EncodeToString(sum[:8]))
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", fmt.Errorf("no folder to build in: %w", err)
	}
	return filepath.Join(folder, filepath.Base(dir)), nil
}

// buildError shows the compiler's own lines: they name file, line and reason.
func buildError(dir string, said []byte, err error) error {
	var lines []string
	for line := range strings.Lines(string(bytes.TrimSpace(said))) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			lines = append(lines, line)
		}
	}
	const most = 10
	if len(lines) > most {
		lines = append(lines[:most], fmt.Sprintf("… and %d lines more", len(lines)-most))
	}
	if len(lines) == 0 {
		lines = []string{err.Error()}
	}
	return voice.Hint(fmt.Errorf("%s does not build: %s", dir, lines[0]), "%s", strings.Join(append(lines[1:], "cd "+dir+" && go build"), "\n"))
}

// notMain refuses the archive that go build makes of a package that is no
// program.
func notMain(dir, target string) error {
	info, err := os.Stat(target)
	if errors.Is(err, os.ErrNotExist) || (err == nil && info.Mode().Perm()&0o111 == 0) {
		os.Remove(target)
		return fmt.Errorf("%s is not a program: its package is not main", dir)
	}
	return err
}
