//go:build integration

package client

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// The scripts below testdata/cluster run the command against the real Hadoop
// whose files are in the folder that WEFT_TEST_HADOOP_CONF names.
func TestClusterScripts(t *testing.T) {
	hadoop := os.Getenv("WEFT_TEST_HADOOP_CONF")
	if hadoop == "" {
		t.Fatal("WEFT_TEST_HADOOP_CONF is not set: scripts/hadoop up prints the folder of a Hadoop's files")
	}
	params := scriptParams("testdata/cluster")
	setup := params.Setup
	params.Setup = func(env *testscript.Env) error {
		env.Setenv("HADOOP_CONF_DIR", hadoop)
		env.Setenv("ROOT", "hdfs:///tmp/weft-client-test/"+newID()[:8])
		return setup(env)
	}
	testscript.Run(t, params)
}
