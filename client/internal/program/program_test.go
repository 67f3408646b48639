package program

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/weft-stream/weft/internal/jobspec"
	"github.com/weft-stream/weft/internal/plan"
)

// The test binary is the program: asked for a plan, it behaves as
// WEFT_TEST_PROGRAM says.
func TestMain(m *testing.M) {
	if os.Getenv(jobspec.RoleVariable) == jobspec.RolePlan {
		behave(os.Getenv("WEFT_TEST_PROGRAM"))
		return
	}
	os.Exit(m.Run())
}

func behave(how string) {
	switch how {
	case "hang":
		time.Sleep(time.Hour)
	case "chatter":
		for range 3 << 20 / 16 {
			os.Stdout.WriteString("fifteen letters\n")
		}
	case "endless answer":
		out := os.NewFile(3, "plan")
		for _, err := out.WriteString("["); err == nil; {
			_, err = out.WriteString("[[[[[[[[[[[[[[[[")
		}
	}
}

func ask(t *testing.T, how string, limit time.Duration) (*Answer, error) {
	t.Helper()
	t.Setenv("WEFT_TEST_PROGRAM", how)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	return Plan(ctx, self, &plan.Request{})
}

func TestAProgramThatHangsIsEnded(t *testing.T) {
	_, err := ask(t, "hang", 100*time.Millisecond)
	if err == nil || !strings.Contains(err.Error(), "gave no plan within 30s") {
		t.Fatalf("got %v", err)
	}
}

func TestWhatAProgramPrintsIsBounded(t *testing.T) {
	answer, err := ask(t, "chatter", time.Minute)
	if err == nil || !strings.Contains(err.Error(), "ended without an answer") {
		t.Fatalf("got %v", err)
	}
	if len(answer.Printed) != longestOutput {
		t.Errorf("kept %d bytes", len(answer.Printed))
	}
}

func TestAnEndlessAnswerIsNoPlan(t *testing.T) {
	_, err := ask(t, "endless answer", time.Minute)
	if err == nil || !strings.Contains(err.Error(), "no plan") {
		t.Fatalf("got %v", err)
	}
}

func TestCrashNamesTheAuthorsLine(t *testing.T) {
	const said = `hello
panic: runtime error: index out of range [1] with length 0 [recovered]
	panic: runtime error: index out of range [1] with length 0

goroutine 1 [running]:
github.com/weft-stream/weft/stream.FlatMap[...](...)
	github.com/weft-stream/weft/stream/map.go:20 +0x1d
main.count({0xc000012345, 0x3})
	/home/ann/myjob/main.go:31 +0x1d
main.main()
	/home/ann/myjob/main.go:12 +0x25
`
	err := crash("./myjob", []byte(said), errors.New("exit status 2"))
	const want = "program ./myjob panicked while planning: /home/ann/myjob/main.go:31: runtime error: index out of range [1] with length 0"
	if err.Error() != want {
		t.Errorf("got %q", err)
	}
}

func FuzzCrash(f *testing.F) {
	f.Add([]byte("panic: x\n\ngoroutine 1 [running]:\nmain.main()\n\t/a.go:1 +0x1\n"))
	f.Fuzz(func(t *testing.T, said []byte) {
		if err := crash("p", said, errors.New("exit status 2")); strings.Contains(err.Error(), "\n") {
			t.Fatalf("more than one line: %q", err)
		}
	})
}

func TestDigest(t *testing.T) {
	name := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(name, []byte("abc"), 0o600); err != nil {
		t.Fatal(err)
	}
	digest, size, err := Digest(name)
	if err != nil || size != 3 || digest != "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" {
		t.Errorf("got %s, %d, %v", digest, size, err)
	}
}
