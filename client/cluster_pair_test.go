package client

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/weft-stream/weft/conf"
	"github.com/weft-stream/weft/yarnrest"
)

// The active ResourceManager of a pair is dead and the other one is a standby
// that knows of no active one, as in the seconds before it takes over. A
// command must outwait that: more rounds than it grants a single daemon.
func TestCommandOutwaitsFailover(t *testing.T) {
	const rounds = 8 // the pauses before the last of them add up to 4.5 s
	var asked atomic.Int32
	standby := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1) < rounds {
			w.WriteHeader(http.StatusTemporaryRedirect)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"apps":{}}`)
	}))
	defer standby.Close()
	dead := httptest.NewServer(http.NotFoundHandler())
	dead.Close()

	dir := t.TempDir()
	site := func(name, value string) string {
		return "<property><name>" + name + "</name><value>" + value + "</value></property>"
	}
	address := func(s *httptest.Server) string { return strings.TrimPrefix(s.URL, "http://") }
	text := "<configuration>" +
		site("yarn.resourcemanager.ha.enabled", "true") +
		site("yarn.resourcemanager.ha.rm-ids", "rm1,rm2") +
		site("yarn.resourcemanager.webapp.address.rm1", address(dead)) +
		site("yarn.resourcemanager.webapp.address.rm2", address(standby)) +
		"</configuration>"
	if err := os.WriteFile(filepath.Join(dir, "yarn-site.xml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv(conf.EnvHadoopDir, dir)
	t.Setenv(conf.EnvYARNDir, "")
	k, err := openCluster(conf.New())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.rm.Apps(t.Context(), yarnrest.Filter{}); err != nil {
		t.Fatalf("after %d of %d rounds: %v", asked.Load(), rounds, err)
	}
}
