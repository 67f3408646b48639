package conf

import "testing"

func TestCheck(t *testing.T) {
	c := New()
	must(t, c.Check())
	must(t, c.Set("parallelism.default", "200", FromFlag("-p")))
	must(t, c.Set("heartbeat.timeout", "500", FromFile("weft-conf.yaml", 4)))
	want := `parallelism.default is 200 (-p), above pipeline.max-parallelism, which is 128 (default)
heartbeat.interval is 1 s (default), above heartbeat.timeout, which is 500 ms (weft-conf.yaml:4)`
	if err := c.Check(); err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
	must(t, c.Set("parallelism.default", "128", FromFlag("-p")))
	must(t, c.Set("heartbeat.interval", "500", FromFlag("-D")))
	must(t, c.Check())
}
