package client

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/weft-stream/weft/client/internal/voice"
)

func newCompletionCommand(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:         "completion bash|zsh|fish|powershell",
		GroupID:     groupOther,
		Annotations: map[string]string{annotationOwnParser: ""},
		Short:       "Print the shell's completion script",
		Long:        "completion prints a script that lets the shell complete weft's actions and options.",
		Example: `  source <(weft completion bash)
  weft completion zsh > "${fpath[1]}/_weft"`,
		ValidArgs: []string{"bash", "zsh", "fish", "powershell"},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return badOperands(cmd, "completion: name one shell: bash, zsh, fish or powershell")
			}
			out := cmd.OutOrStdout()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(out, true)
			case "zsh":
				return root.GenZshCompletion(out)
			case "fish":
				return root.GenFishCompletion(out, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(out)
			}
			return voice.Hint(fmt.Errorf("completion: unknown shell %q", shorten(args[0])), "the shells are bash, zsh, fish and powershell")
		},
	}
}
