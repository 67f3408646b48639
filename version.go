package weft

import "runtime/debug"

// release is set when a release is linked (-ldflags "-X …").
var release string

// Version returns the version of Weft that the program is built with.
func Version() string {
	if release != "" {
		return release
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	const module = "github.com/weft-stream/weft"
	if info.Main.Path == module {
		return develVersion(info)
	}
	for _, dep := range info.Deps {
		if dep.Path == module && dep.Replace == nil {
			return dep.Version
		}
	}
	return "devel"
}

// develVersion names a build from a checkout by its commit.
func develVersion(info *debug.BuildInfo) string {
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" && len(setting.Value) >= 12 {
			return "devel-" + setting.Value[:12]
		}
	}
	return "devel"
}
