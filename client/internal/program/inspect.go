package program

import (
	"debug/buildinfo"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"runtime/debug"

	"github.com/weft-stream/weft/client/internal/legacy"
	"github.com/weft-stream/weft/client/internal/voice"
)

// Inspect reads, without running it, what the executable at path says about
// itself, and refuses one that cannot be a job or cannot run where it has to:
// here, since it is asked for its plan, and if onCluster, on a cluster's machines.
func Inspect(path string, onCluster bool) error {
	goos := runtime.GOOS
	if onCluster {
		goos = "linux"
	}
	if err := executable(path); err != nil {
		return err
	}
	info, err := buildinfo.ReadFile(path)
	if err != nil {
		return notWeft(path, "it is not a Go program")
	}
	if platform := platformOf(info); platform != goos+"/"+runtime.GOARCH {
		return voice.Hint(fmt.Errorf("program %s is built for %s, needed is %s/%s", path, platform, goos, runtime.GOARCH),
			"build it with GOOS=%s GOARCH=%s, or give the folder of its package", goos, runtime.GOARCH)
	}
	switch {
	case info.Path == Module+"/cmd/weft":
		return notWeft(path, "it is the weft command itself")
	case info.Main.Path != Module && !dependsOnWeft(info):
		return notWeft(path, "it is not linked with "+Module)
	}
	if onCluster && setting(info, "CGO_ENABLED") == "1" && dynamic(path) {
		return voice.Hint(fmt.Errorf("program %s needs shared libraries, which the cluster's machines may not have", path),
			"build it with CGO_ENABLED=0, or give the folder of its package")
	}
	return nil
}

// executable checks what can be said of any file.
func executable(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("program %s cannot be read: %w", path, reason(err))
	}
	if info.Mode().Perm()&0o111 == 0 {
		return voice.Hint(fmt.Errorf("program %s is not executable", path), "chmod +x %s", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("program %s cannot be read: %w", path, reason(err))
	}
	defer file.Close()
	head := make([]byte, 2)
	if _, err := io.ReadFull(file, head); err != nil {
		return notWeft(path, "it is empty")
	}
	if string(head) == "#!" {
		return notWeft(path, "it is a script")
	}
	return nil
}

func notWeft(path, why string) error {
	return voice.Hint(fmt.Errorf("%s is not a Weft program: %s", path, why),
		"a job is a Go program whose main function calls weft.Main; weft new ./myjob writes one")
}

func platformOf(info *debug.BuildInfo) string {
	return setting(info, "GOOS") + "/" + setting(info, "GOARCH")
}

func setting(info *debug.BuildInfo, key string) string {
	for _, s := range info.Settings {
		if s.Key == key {
			return s.Value
		}
	}
	return ""
}

func dependsOnWeft(info *debug.BuildInfo) bool {
	for _, dep := range info.Deps {
		if dep.Path == Module {
			return true
		}
	}
	return false
}

func nearestEntry(name string, entries []fs.DirEntry) string {
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return legacy.Nearest(name, names)
}
