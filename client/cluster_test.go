//go:build integration

package client

import (
	"context"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/weft-stream/weft/conf"
	"github.com/weft-stream/weft/yarnrest"
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
	params.Cmds["foreign"] = submitForeign
	testscript.Run(t, params)
}

// submitForeign starts an application that is not Weft's, a sleep that ends with
// the script, and puts its id into the environment variable that is named.
func submitForeign(ts *testscript.TestScript, _ bool, args []string) {
	settings := conf.New()
	ts.Check(conf.Put(settings, conf.HadoopConfDir, ts.Getenv("HADOOP_CONF_DIR"), conf.FromFlag("test")))
	k, err := openCluster(settings)
	ts.Check(err)
	ctx := context.Background()
	app, err := k.rm.NewApplication(ctx)
	ts.Check(err)
	ts.Defer(func() { k.rm.Kill(ctx, app.ID, "end of the test") })
	_, err = k.rm.Submit(ctx, app, yarnrest.Submission{
		Name: "sleep", Type: "OTHER", Resource: yarnrest.Resource{MemoryMB: 128, VCores: 1}, Command: "exec sleep 600", MaxAttempts: 1,
	})
	ts.Check(err)
	ts.Setenv(args[0], app.ID.String())
}
