package conf

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// The environment variables that name the folder of the settings.
const (
	EnvDir      = "WEFT_CONF_DIR"
	EnvFlinkDir = "FLINK_CONF_DIR"
)

// The files that Load reads. Of Flink's two the older one is read when both are there, as
// Flink 1.19 and 1.20 do.
const (
	FileName          = "weft-conf.yaml"
	flinkFileName     = "flink-conf.yaml"
	flinkYAMLFileName = "config.yaml"
)

// maxFile is the largest file of settings that is read.
const maxFile = 256 << 10

// Find returns the folder of the settings: that of WEFT_CONF_DIR, else ./conf if it holds a file
// that Load reads, else that of FLINK_CONF_DIR. "" is none of them. A variable that names no
// folder is an error.
func Find() (dir string, err error) {
	if dir := os.Getenv(EnvDir); dir != "" {
		return dir, mustBeFolder(EnvDir, dir)
	}
	for _, name := range []string{FileName, flinkFileName, flinkYAMLFileName} {
		if _, err := os.Stat(filepath.Join("conf", name)); err == nil {
			return "conf", nil
		}
	}
	if dir := os.Getenv(EnvFlinkDir); dir != "" {
		return dir, mustBeFolder(EnvFlinkDir, dir)
	}
	return "", nil
}

func mustBeFolder(variable, dir string) error {
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		err = errors.New("not a folder")
	}
	if err != nil {
		return fmt.Errorf("%s is %q: %w", variable, dir, reason(err))
	}
	return nil
}

// reason leaves out the path that an error of package os repeats.
func reason(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// LoadDefault is Load of the folder that Find finds.
func LoadDefault() (*Conf, error) {
	dir, err := Find()
	if err != nil {
		return nil, err
	}
	c, err := Load(dir)
	if err == nil && dir != "" && dir == os.Getenv(EnvFlinkDir) && os.Getenv(EnvDir) == "" {
		c.notice(false, "settings are read from %s (%s): set %s to a folder with a %s to have your own", dir, EnvFlinkDir, EnvDir, FileName)
	}
	return c, err
}

// Load reads weft-conf.yaml and one of flink-conf.yaml and config.yaml in dir, all of them if
// there; "" reads nothing. The error joins all that is wrong, one line each, with file
// and line.
func Load(dir string) (*Conf, error) {
	c := New()
	if dir == "" {
		return c, nil
	}
	flat := filepath.Join(dir, flinkFileName)
	nested := filepath.Join(dir, flinkYAMLFileName)
	found, err := c.loadFile(flat, levelFlinkFile, c.loadFlat)
	problems := []error{err}
	if !found {
		_, err = c.loadFile(nested, levelFlinkFile, c.loadYAML)
		problems = append(problems, err)
	} else if _, err := os.Stat(nested); err == nil {
		c.notice(true, "%s is not read, because %s is there", nested, flat)
	}
	_, err = c.loadFile(filepath.Join(dir, FileName), levelFile, c.loadYAML)
	if err := errors.Join(append(problems, err)...); err != nil {
		return nil, err
	}
	return c, nil
}

// loadFile hands the file's bytes to load. A file that is not there is no error.
func (c *Conf) loadFile(path string, l level, load func(path string, l level, b []byte) error) (found bool, err error) {
	b, err := readBounded(path, maxFile)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return true, err
	}
	return true, load(path, l, b)
}

// readBounded reads a file of at most most bytes.
func readBounded(path string, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, reason(err))
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, most+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, reason(err))
	}
	if int64(len(b)) > most {
		return nil, fmt.Errorf("%s: larger than %d bytes, this is no file of settings", path, most)
	}
	return b, nil
}
