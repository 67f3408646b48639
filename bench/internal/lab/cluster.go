// Package lab is what the benchmarks stand on: a real Hadoop on this machine that is looked at from outside, through its
// REST API, its files and its processes, so that every system that runs on it is measured by the same means.
package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"time"

	"github.com/weft-stream/weft/conf"
	"github.com/weft-stream/weft/internal/storage"
	"github.com/weft-stream/weft/yarnrest"
)

// Look is the pause between two looks at something that is waited for: the error of every time measured, for every
// system alike.
const Look = 25 * time.Millisecond

// Cluster is an instance of scripts/hadoop.
type Cluster struct {
	Dir    string // the instance's folder
	Hadoop *conf.Hadoop
	RM     *yarnrest.Client
	Home   string // the user's folder in HDFS
	Files  storage.FS

	user string
	web  string // http://host:port of the ResourceManager
}

// OpenCluster opens the instance in a folder, and makes it the one that every command run from here finds. Close its
// Files in the end.
func OpenCluster(dir string) (*Cluster, error) {
	os.Setenv(conf.EnvHadoopDir, filepath.Join(dir, "conf"))
	os.Unsetenv(conf.EnvYARNDir)
	hadoop, err := conf.LoadHadoop(nil)
	if err != nil {
		return nil, err
	}
	web, err := hadoop.RMWebAddresses()
	if err != nil {
		return nil, err
	}
	who, err := user.Current()
	if err != nil {
		return nil, err
	}
	c := &Cluster{Dir: dir, Hadoop: hadoop, user: who.Username, web: web[0].URL()}
	if c.RM, err = yarnrest.New(yarnrest.Config{Addresses: []string{c.web}, User: c.user}); err != nil {
		return nil, err
	}
	root, err := hadoop.DefaultFS()
	if err != nil {
		return nil, err
	}
	files := storage.NewResolver(storage.Config{
		Hadoop: hadoop.Properties(), User: c.user, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	c.Files, c.Home, err = files.Resolve(root.Value + "/user/" + c.user)
	return c, err
}

// User is who the applications belong to.
func (c *Cluster) User() string { return c.user }

// Conf is the folder for HADOOP_CONF_DIR.
func (c *Cluster) Conf() string { return filepath.Join(c.Dir, "conf") }

// Scheduler is the host:port that application masters register at.
func (c *Cluster) Scheduler() (string, error) {
	addresses, err := c.Hadoop.RMSchedulerAddresses()
	if err != nil {
		return "", err
	}
	return addresses[0].HostPort, nil
}

// Newest returns the latest application, the zero id if there is none.
func (c *Cluster) Newest(ctx context.Context) (yarnrest.ApplicationID, error) {
	apps, err := c.RM.Apps(ctx, yarnrest.Filter{})
	newest := yarnrest.ApplicationID{}
	for _, app := range apps {
		if app.ID.Number > newest.Number {
			newest = app.ID
		}
	}
	return newest, err
}

// Master is the host:port that an application's master registered with, which is where both Weft and Flink serve their
// REST API; "" before it has. (The field amRPCAddress of the ResourceManager's "app".)
func (c *Cluster) Master(ctx context.Context, id yarnrest.ApplicationID) string {
	answer := struct {
		App struct {
			Address string `json:"amRPCAddress"`
		} `json:"app"`
	}{}
	if err := get(ctx, c.web+"/ws/v1/cluster/apps/"+id.String(), &answer); err != nil || answer.App.Address == "N/A:0" {
		return ""
	}
	return answer.App.Address
}

// End kills an application that still runs and waits until nothing of it is left.
func (c *Cluster) End(ctx context.Context, id yarnrest.ApplicationID) error {
	app, err := c.RM.App(ctx, id)
	if err == nil && !app.State.Ended() {
		err = c.RM.Kill(ctx, id, "the benchmark is done with it")
	}
	if err != nil {
		return err
	}
	return Wait(ctx, time.Minute, "the end of "+id.String(), func() (bool, error) {
		app, err := c.RM.App(ctx, id)
		return err == nil && app.State.Ended() && len(Processes(id)) == 0, err
	})
}

// Written is how many bytes the files below an HDFS folder have that are not older than since. That the folder is
// missing counts as none.
func (c *Cluster) Written(ctx context.Context, dir string, since time.Time) int64 {
	files, err := c.Files.List(ctx, dir)
	if err != nil {
		return 0
	}
	sum := int64(0)
	for _, file := range files {
		switch {
		case file.IsDir:
			sum += c.Written(ctx, dir+"/"+file.Name, since)
		case file.ModTime.After(since):
			sum += file.Size
		}
	}
	return sum
}

var web = &http.Client{Timeout: 5 * time.Second}

// get reads a JSON answer.
func get(ctx context.Context, url string, into any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := web.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", url, response.Status)
	}
	return json.NewDecoder(response.Body).Decode(into)
}

// ErrTooLong is the error of a Wait whose limit is over.
var ErrTooLong = errors.New("did not come")

// Wait looks until done says so. An error of done is reported only when the limit is over: what is waited for may be
// away in between.
func Wait(ctx context.Context, limit time.Duration, what string, done func() (bool, error)) error {
	until := time.Now().Add(limit)
	for {
		ok, err := done()
		switch {
		case ok:
			return nil
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case time.Now().After(until):
			if err != nil {
				return fmt.Errorf("%s %w within %v: %w", what, ErrTooLong, limit, err)
			}
			return fmt.Errorf("%s %w within %v", what, ErrTooLong, limit)
		}
		time.Sleep(Look)
	}
}

// Printed says whether a line stands in a file of that name in the log folder of one of the application's containers.
func (c *Cluster) Printed(id yarnrest.ApplicationID, file, line string) bool {
	return strings.Contains(c.Output(id, file), line)
}

// Output is what stands in the files of that name in the log folders of an application's containers.
func (c *Cluster) Output(id yarnrest.ApplicationID, file string) string {
	names, _ := filepath.Glob(filepath.Join(c.Dir, "data", "nodemanager*", "logs", id.String(), "*", file))
	all := &strings.Builder{}
	for _, name := range names {
		if text, err := os.ReadFile(name); err == nil {
			all.Write(text)
		}
	}
	return all.String()
}
