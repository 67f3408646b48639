package storage

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/colinmarc/hdfs/v2"
	"github.com/colinmarc/hdfs/v2/hadoopconf"
)

// defaultNamenodePort is where a NameNode listens when its URI has no port
// (Hadoop's DFS_NAMENODE_RPC_PORT_DEFAULT since 3.0.1).
const defaultNamenodePort = "8020"

// namenodes are the RPC addresses behind the authority of an hdfs:// URI: those
// of a nameservice, or the authority itself.
func namenodes(properties map[string]string, authority string) ([]string, error) {
	var addresses []string
	for _, id := range splitList(properties["dfs.ha.namenodes."+authority]) {
		key := "dfs.namenode.rpc-address." + authority + "." + id
		address := strings.TrimSpace(properties[key])
		if address == "" {
			return nil, fmt.Errorf("nameservice %q has a NameNode %q, but the property %s is not set", authority, id, key)
		}
		addresses = append(addresses, withPort(address))
	}
	if len(addresses) > 0 {
		return addresses, nil
	}
	if address := strings.TrimSpace(properties["dfs.namenode.rpc-address."+authority]); address != "" {
		return []string{withPort(address)}, nil
	}
	if slices.Contains(splitList(properties["dfs.nameservices"]), authority) {
		return nil, fmt.Errorf("nameservice %q has neither dfs.ha.namenodes.%s nor dfs.namenode.rpc-address.%s", authority, authority, authority)
	}
	address := withPort(authority)
	host, port, err := net.SplitHostPort(address)
	if _, e := strconv.ParseUint(port, 10, 16); err != nil || e != nil || host == "" {
		return nil, fmt.Errorf("%q is not a host, host:port or nameservice", authority)
	}
	return []string{address}, nil
}

func withPort(address string) string {
	if _, _, err := net.SplitHostPort(address); err == nil {
		return address
	}
	return net.JoinHostPort(strings.Trim(address, "[]"), defaultNamenodePort)
}

func splitList(value string) []string {
	var out []string
	for item := range strings.SplitSeq(value, ",") {
		if item = strings.TrimSpace(item); item != "" {
			out = append(out, item)
		}
	}
	return out
}

// clientOptions are the library's options for one cluster, without dialers.
func clientOptions(config Config, authority string) (hdfs.ClientOptions, error) {
	addresses, err := namenodes(config.Hadoop, authority)
	if err != nil {
		return hdfs.ClientOptions{}, err
	}
	options := hdfs.ClientOptionsFromConf(hadoopconf.HadoopConf(config.Hadoop))
	secure := options.KerberosClient != nil
	options.Addresses, options.User, options.KerberosClient = addresses, config.User, config.Kerberos
	switch {
	case secure && config.Kerberos == nil && config.NamenodeDial == nil:
		return options, errors.New("the cluster wants Kerberos (hadoop.security.authentication), and there is neither a Kerberos login nor a token")
	case config.Kerberos != nil && options.KerberosServicePrincipleName == "":
		return options, errors.New("the property dfs.namenode.kerberos.principal is not set")
	case config.Kerberos == nil && options.User == "":
		return options, errors.New("no user to be on HDFS: set HADOOP_USER_NAME")
	}
	return options, nil
}

// replication is dfs.replication of the client's configuration, 0 if not set.
func replication(properties map[string]string) (int, error) {
	value := strings.TrimSpace(properties["dfs.replication"])
	if value == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(value, 10, 16)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("dfs.replication is %q, which is not a number from 1 to 32767", value)
	}
	return int(n), nil
}

// umask is fs.permissions.umask-mode: the permission bits that no new file or
// folder gets. As on every Hadoop client it is the client that takes them off.
func umask(properties map[string]string) (fs.FileMode, error) {
	value := strings.TrimSpace(properties["fs.permissions.umask-mode"])
	if value == "" {
		return 0o022, nil
	}
	mask, err := strconv.ParseUint(value, 8, 9)
	if err != nil {
		return 0, fmt.Errorf("fs.permissions.umask-mode is %q, which is not an octal number such as 022", value)
	}
	return fs.FileMode(mask), nil
}
