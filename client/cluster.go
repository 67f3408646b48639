package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/user"
	"strings"
	"time"

	"github.com/weft-stream/weft/client/internal/voice"
	"github.com/weft-stream/weft/conf"
	"github.com/weft-stream/weft/internal/storage"
	"github.com/weft-stream/weft/yarnrest"
)

// cluster is the Hadoop that HADOOP_CONF_DIR names. It connects to nothing by
// itself and may be used concurrently.
type cluster struct {
	hadoop *conf.Hadoop
	rm     *yarnrest.Client
	user   string
}

// patience is how long a command tries to reach a daemon. A user waits in
// front of it; what has to survive a restart of Hadoop is on the cluster.
const patience = 3 * time.Second

// pairPatience is the same where another daemon takes over from one that
// died: that takes ZooKeeper's session timeout, 10 s by default, and a start.
const pairPatience = 20 * time.Second

func patienceWith(daemons int) time.Duration {
	if daemons > 1 {
		return pairPatience
	}
	return patience
}

// openCluster reads Hadoop's files.
func openCluster(c *conf.Conf) (*cluster, error) {
	hadoop, err := conf.LoadHadoop(c)
	if err != nil {
		return nil, err
	}
	security, err := hadoop.Security()
	if err != nil {
		return nil, err
	}
	if security != "simple" {
		property, _ := hadoop.Get("hadoop.security.authentication")
		return nil, fmt.Errorf("the cluster wants %s (%s), this release of weft logs in to clusters with simple authentication only", security, property)
	}
	addresses, err := hadoop.RMWebAddresses()
	if err != nil {
		return nil, err
	}
	k := &cluster{hadoop: hadoop, user: hadoopUser()}
	config := yarnrest.Config{User: k.user, Patience: patienceWith(len(addresses))}
	for _, address := range addresses {
		config.Addresses = append(config.Addresses, address.URL())
	}
	k.rm, err = yarnrest.New(config)
	return k, err
}

// hadoopUser is who the user is on a cluster with simple authentication.
func hadoopUser() string {
	if name := os.Getenv("HADOOP_USER_NAME"); name != "" {
		return name
	}
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return os.Getenv("USER")
}

// rmError adds to an error of the ResourceManager's client which file its
// address stands in, if nobody answered there.
func (k *cluster) rmError(err error) error {
	if unreachable := (*yarnrest.UnreachableError)(nil); !errors.As(err, &unreachable) {
		return err
	}
	return voice.Hint(err, "%s\nis the cluster up, and is this its configuration?", k.rmAddresses())
}

// rmAddresses says where the ResourceManagers' addresses come from.
func (k *cluster) rmAddresses() string {
	addresses, err := k.hadoop.RMWebAddresses()
	if err != nil {
		return err.Error()
	}
	return "the address comes from " + fromFiles(addresses)
}

func fromFiles(addresses []conf.Address) string {
	var texts []string
	for _, address := range addresses {
		texts = append(texts, address.From.String())
	}
	return strings.Join(texts, ", ")
}

// resolver opens file systems: the cluster's, if k is not nil, and this
// machine's.
func (k *cluster) resolver() *storage.Resolver {
	config := storage.Config{RetryFor: patience, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
	if k != nil {
		config.Hadoop, config.User = k.hadoop.Properties(), k.user
		if namenodes, err := k.hadoop.NameNodes(""); err == nil { // what is wrong with them is told when one is needed
			config.RetryFor = patienceWith(len(namenodes))
		}
	}
	return storage.NewResolver(config)
}

// fileError adds to an error of a file system which file the NameNode's
// address stands in, if that could not be reached.
func (k *cluster) fileError(err error) error {
	if k == nil || !storage.IsTransient(err) {
		return err
	}
	addresses, failed := k.hadoop.NameNodes("")
	if failed != nil {
		return err
	}
	return voice.Hint(err, "the address of the NameNode comes from %s\nis the cluster up, and is this its configuration?", fromFiles(addresses))
}

// home returns the file system and the folder below which the user's files of
// Weft are staged: <home>/.weft.
func (k *cluster) home(files *storage.Resolver, c *conf.Conf) (storage.FS, string, error) {
	home := conf.Get(c, conf.StagingDir)
	if home == "" {
		root, err := k.hadoop.DefaultFS()
		if err != nil {
			return nil, "", err
		}
		home = strings.TrimSuffix(root.Value, "/") + "/user/" + k.user
	}
	fs, dir, err := files.Resolve(home)
	if err != nil {
		return nil, "", err
	}
	return fs, strings.TrimSuffix(dir, "/") + "/.weft", nil
}

// hadoopProperties are the properties that an application needs, none without
// a cluster.
func (k *cluster) hadoopProperties() map[string]string {
	if k == nil {
		return map[string]string{}
	}
	return k.hadoop.Properties()
}

// optionalCluster opens the cluster if one is configured; nil if none is.
func optionalCluster(c *conf.Conf) (*cluster, error) {
	if os.Getenv(conf.EnvHadoopDir) == "" && os.Getenv(conf.EnvYARNDir) == "" &&
		conf.Get(c, conf.HadoopConfDir) == "" && conf.Get(c, conf.YARNConfDir) == "" {
		return nil, nil
	}
	return openCluster(c)
}

// pause waits, or returns why ctx ended.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}
