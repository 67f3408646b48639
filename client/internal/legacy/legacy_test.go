package legacy

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"
)

// testFlags has a flag of each sort.
func testFlags() *pflag.FlagSet {
	flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
	annotate := func(name, key string, values ...string) {
		if err := flags.SetAnnotation(name, key, values); err != nil {
			panic(err)
		}
	}
	flags.BoolP("detached", "d", false, "")
	flags.BoolP("allowNonRestoredState", "n", false, "")
	flags.IntP("parallelism", "p", 0, "`number` of subtasks")
	flags.StringP("fromSavepoint", "s", "", "`path` of a snapshot")
	flags.String("claimMode", "", "")
	annotate("claimMode", Names, "cm", "rm", "restoreMode")
	flags.Int("yarncontainer", 0, "")
	annotate("yarncontainer", Names, "yn")
	flags.String("yarnname", "", "")
	annotate("yarnname", Names, "ynm")
	flags.String("yarnapplicationId", "", "")
	annotate("yarnapplicationId", Names, "yid")
	flags.StringArrayP("property", "D", nil, "")
	annotate("property", Property, "")
	flags.StringArray("yarnproperty", nil, "")
	annotate("yarnproperty", Names, "yD")
	annotate("yarnproperty", Property, "")
	flags.String("withSavepoint", "", "")
	annotate("withSavepoint", Names, "ws")
	annotate("withSavepoint", Optional, "")
	return flags
}

func TestRewrite(t *testing.T) {
	cases := []struct{ in, want string }{
		{"", "--"},
		{"-yn 2", "--yarncontainer=2 --"},
		{"-yn=2", "--yarncontainer=2 --"},
		{"--yn 2", "--yarncontainer=2 --"},
		{"--yarncontainer 2", "--yarncontainer=2 --"},
		{"-yarncontainer 2", "--yarncontainer=2 --"},
		{"-yDa.b=c=d", "--yarnproperty=a.b=c=d --"},
		{"-yD a=b", "--yarnproperty=a=b --"},
		{"-yD=a=b", "--yarnproperty=a=b --"},
		{"-Da=b -D c=d", "--property=a=b --property=c=d --"},
		{"-Da", "--property=a --"},
		{"-ynm x -yid y", "--yarnname=x --yarnapplicationId=y --"},
		{"-claimMode CLAIM", "--claimMode=CLAIM --"},
		{"-cm CLAIM", "--claimMode=CLAIM --"},
		{"-d", "--detached=true --"},
		{"-d=false", "--detached=false --"},
		{"-dn", "--detached=true --allowNonRestoredState=true --"},
		{"-p4", "--parallelism=4 --"},
		{"-dp4", "--detached=true --parallelism=4 --"},
		{"-dp 4", "--detached=true --parallelism=4 --"},
		{"-p=4", "--parallelism=4 --"},
		{"-p -4", "--parallelism=-4 --"},
		{"-ws -d", "--withSavepoint= --detached=true --"},
		{"-ws dir job", "--withSavepoint=dir -- job"},
		{"job -ws", "--withSavepoint= -- job"},
		{"job dir -yid app", "--yarnapplicationId=app -- job dir"},
		{"-ws -Da=b", "--withSavepoint= --property=a=b --"},
		{"-d -- -p 4", "--detached=true -- -p 4"},
		{"- -d", "--detached=true -- -"},
	}
	for _, c := range cases {
		got, err := Rewrite(testFlags(), strings.Fields(c.in), false)
		if err != nil {
			t.Errorf("%q: %v", c.in, err)
			continue
		}
		if diff := cmp.Diff(strings.Fields(c.want), got.Args); diff != "" {
			t.Errorf("%q: %s", c.in, diff)
		}
	}
}

func TestRewriteStopsAtOperand(t *testing.T) {
	args := strings.Fields("-d -p 4 ./prog --port 9010 -d -- -yn 7")
	got, err := Rewrite(testFlags(), args, true)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Fields("--detached=true --parallelism=4 -- ./prog --port 9010 -d -- -yn 7")
	if diff := cmp.Diff(want, got.Args); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want[3:], got.Operands); diff != "" {
		t.Error(diff)
	}
}

func TestRewriteRemembersSpelling(t *testing.T) {
	got, err := Rewrite(testFlags(), strings.Fields("-yn 2 --detached -p4 -yDa=b"), false)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"yarncontainer": "-yn", "detached": "--detached", "parallelism": "-p", "yarnproperty": "-yD"}
	if diff := cmp.Diff(want, got.Typed); diff != "" {
		t.Error(diff)
	}
}

func TestRewriteErrors(t *testing.T) {
	cases := []struct {
		in   string
		want error
	}{
		{"-yx 2", &UnknownError{Option: "-yx", Nearest: "-yD"}},
		{"--paralelism 2", &UnknownError{Option: "--paralelism", Nearest: "--parallelism"}},
		{"-ynn x", &UnknownError{Option: "-ynn", Nearest: "-yn"}},
		{"--zzzzzz", &UnknownError{Option: "--zzzzzz"}},
		{"-dq", &UnknownError{Option: "-dq", Nearest: "-d"}},
		{"-p", &MissingError{Option: "-p", Value: "number"}},
		{"-s -d", &MissingError{Option: "-s", Value: "path"}},
		{"-yn", &MissingError{Option: "-yn", Value: "int"}},
		{"-yn --", &MissingError{Option: "-yn", Value: "int"}},
	}
	for _, c := range cases {
		_, err := Rewrite(testFlags(), strings.Fields(c.in), false)
		if diff := cmp.Diff(c.want, err); diff != "" {
			t.Errorf("%q: %s", c.in, diff)
		}
	}
}

func TestNearest(t *testing.T) {
	actions := []string{"run", "info", "list", "savepoint", "cancel", "stop", "checkpoints"}
	cases := map[string]string{
		"savepiont": "savepoint", "rum": "run", "lst": "list", "checkpionts": "checkpoints",
		"cancle": "cancel", "deploy": "", "": "", strings.Repeat("x", 100): "",
	}
	for word, want := range cases {
		if got := Nearest(word, actions); got != want {
			t.Errorf("%q: got %q, want %q", word, got, want)
		}
	}
}

// What Rewrite lets through, pflag must read to the end, and the operands must
// come out in order.
func FuzzRewrite(f *testing.F) {
	f.Add("-yn 2 -yDk=v ./prog --port 1", true)
	f.Add("-p4 -ws job", false)
	f.Add("-dp -- -=", false)
	f.Fuzz(func(t *testing.T, line string, stop bool) {
		flags := testFlags()
		got, err := Rewrite(flags, strings.Split(line, " "), stop)
		if err != nil {
			return
		}
		err = flags.Parse(got.Args)
		if invalid := (*pflag.InvalidValueError)(nil); err != nil && !errors.As(err, &invalid) {
			t.Fatalf("pflag does not understand %q: %v", got.Args, err)
		}
		if err == nil && len(got.Operands) > 0 {
			if diff := cmp.Diff(got.Operands, flags.Args()); diff != "" {
				t.Fatal(diff)
			}
		}
	})
}
