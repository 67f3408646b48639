package client

import (
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// Version is the release, set by the linker (-X …/client.Version=v1.2.3). When
// it is empty the version control's own account is used.
var Version string

// versionResult is the JSON result of version.
type versionResult struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"`
	Modified bool   `json:"modified,omitempty"` // built from files that differ from the revision
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func newVersionCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "version",
		GroupID: groupOther,
		Short:   "Show the version",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return badOperands(cmd, "version: unexpected %q", shorten(args[0]))
			}
			if err := a.wantOutput(); err != nil {
				return usageError(cmd, err)
			}
			return a.version()
		},
	}
	addOptions(cmd, a.outputOptions()...)
	return cmd
}

func (a *app) version() error {
	v := readVersion()
	revision := v.Revision
	if len(revision) > 7 {
		revision = revision[:7]
	}
	if revision == "" {
		revision = "unknown"
	}
	if v.Modified {
		revision += "+"
	}
	a.ui.Line("Version: %s, Commit ID: %s, %s, %s", v.Version, revision, v.Go, v.Platform)
	return a.ui.Result(v)
}

func readVersion() versionResult {
	v := versionResult{Version: Version, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, known := debug.ReadBuildInfo()
	if known {
		for _, setting := range info.Settings {
			switch setting.Key {
			case "vcs.revision":
				v.Revision = setting.Value
			case "vcs.modified":
				v.Modified = setting.Value == "true"
			}
		}
		if v.Version == "" && info.Main.Version != "" {
			v.Version = info.Main.Version
		}
	}
	if v.Version == "" || v.Version == "(devel)" {
		v.Version = "dev"
	}
	return v
}
