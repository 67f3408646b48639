package client

import "testing"

func TestDiagnosis(t *testing.T) {
	cases := []struct{ name, text, want string }{
		{"nothing", "", ""},
		{"one line", "killed by user\n", "killed by user"},
		{
			"localisation",
			"Application a failed 2 times due to AM Container exited with  exitCode: -1000\nFailing this attempt.Diagnostics: [2026-11-22 14:46:37.508]Resource hdfs://x changed on src filesystem\n\tat java\n",
			"Resource hdfs://x changed on src filesystem",
		},
		{
			"the master's own words",
			"Failing this attempt.Diagnostics: [2026-11-22 14:46:37.508]Exception from container-launch.\nExit code: 1\n" +
				"[2026-11-22 14:46:37.508]Container exited with a non-zero exit code 1. Error file: stderr.\nLast 4096 bytes of stderr :\ntime=1 msg=\"first\"\ntime=2 msg=\"no secret\"\n\n\nFor more detailed output, check",
			`time=2 msg="no secret"`,
		},
	}
	for _, c := range cases {
		if got := diagnosis(c.text); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestWaitReason(t *testing.T) {
	cases := map[string]string{
		"": "",
		"[Sun Nov 22 14:29:20 +0000 2026] Application is Activated, waiting for resources to be assigned for AM.  Details : AM Partition = <DEFAULT_PARTITION> ;": "Application is Activated, waiting for resources to be assigned for AM",
		"AM container is launched, waiting for AM container to Register with RM":                                                                                  "AM container is launched, waiting for AM container to Register with RM",
	}
	for text, want := range cases {
		if got := waitReason(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
