package client

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/weft-stream/weft/client/internal/voice"
	"github.com/weft-stream/weft/conf"
	"github.com/weft-stream/weft/internal/snapshot"
	"github.com/weft-stream/weft/internal/storage"
)

// killed is a ResourceManager to which one application is known, which was
// killed at a time.
func killed(t *testing.T, application string, at time.Time) {
	t.Helper()
	rm := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if path.Base(r.URL.Path) != application {
			fmt.Fprint(w, `{"apps":{}}`)
			return
		}
		fmt.Fprintf(w, `{"app":{"id":%q,"state":"KILLED","finalStatus":"KILLED","finishedTime":%d}}`, application, at.UnixMilli())
	}))
	t.Cleanup(rm.Close)
	home := t.TempDir()
	text := "<configuration><property><name>yarn.resourcemanager.webapp.address</name><value>" +
		strings.TrimPrefix(rm.URL, "http://") + "</value></property></configuration>"
	if err := os.WriteFile(filepath.Join(home, "yarn-site.xml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		conf.EnvHadoopDir: home, conf.EnvYARNDir: "", "WEFT_CONF_DIR": home, "HOME": home, "XDG_STATE_HOME": home,
	} {
		t.Setenv(name, value)
	}
}

// A listener calls when what is written to it has the words, once.
type listener struct {
	bytes.Buffer
	words string
	call  func()
}

func (l *listener) Write(text []byte) (int, error) {
	if l.call != nil && bytes.Contains(text, []byte(l.words)) {
		l.call()
		l.call = nil
	}
	return l.Buffer.Write(text)
}

// The ResourceManager says that an application is killed, and only then its
// master completes the savepoint: nobody may be told before that it failed. Who
// asks when the master is long dead gets an answer at once.
func TestStatusOfASavepointCompletedAfterTheKill(t *testing.T) {
	const (
		application = "application_1700000000000_0001"
		job         = "0123456789abcdef0123456789abcdef"
		operation   = "fedcba9876543210fedcba9876543210"
		waits       = application + " was killed only just"
	)
	for _, c := range []struct {
		name string
		ago  time.Duration
		code int
		want string
	}{
		{"just now", 0, 0, `"state": "COMPLETED"`},
		{"by a clock that is ahead", -10 * time.Second, 0, `"state": "COMPLETED"`},
		{"an hour ago", time.Hour, 1, `"state": "FAILED"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			killed(t, application, time.Now().Add(-c.ago))
			files := storage.NewResolver(storage.Config{})
			defer files.Close()
			fsys, root, err := files.Resolve(t.TempDir())
			check := func(err error) {
				t.Helper()
				if err != nil {
					t.Fatal(err)
				}
			}
			check(err)
			check(snapshot.CreateJob(t.Context(), fsys, root, job))
			check(snapshot.WriteOwner(t.Context(), fsys, root, snapshot.Owner{JobID: job, Application: application}))
			dir, err := snapshot.CreateSavepoint(t.Context(), fsys, root, job)
			check(err)
			check(snapshot.RecordSavepoint(t.Context(), fsys, root, job, snapshot.SavepointRecord{Path: fsys.URI(dir), Operation: operation}))

			var out bytes.Buffer
			said := &listener{words: waits, call: func() {
				_, err := snapshot.WriteMetadata(t.Context(), fsys, dir, &snapshot.Metadata{
					JobID: job, CheckpointID: 3, Kind: snapshot.Savepoint, MaxParallelism: 1, KeyHash: "x",
				})
				check(err)
			}}
			code := run(t.Context(), []string{"savepoint", "--status", operation, "--output", "json", "-D", "state.checkpoints.dir=" + fsys.URI(root)},
				voice.NewFor(&out, said, false, false))
			if code != c.code || !strings.Contains(out.String(), c.want) {
				t.Errorf("code %d, want %d and %s:\n%s%s", code, c.code, c.want, &out, said)
			}
			if waited := strings.Contains(said.String(), waits); waited != (c.code == 0) {
				t.Errorf("it waited: %v\n%s", waited, said)
			}
		})
	}
}
