package conf

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Hadoop's default ports.
const (
	portNameNode    = "8020"
	portScheduler   = "8030"
	portRMWeb       = "8088"
	portRMWebSecure = "8090"
)

// Address is where a daemon listens, and the property that says so.
type Address struct {
	// HostPort is "host:port".
	HostPort string
	// Scheme is "http" or "https" for a web address, else "".
	Scheme string
	From   Property
}

// String is for messages: "127.0.0.1:8088 (yarn.resourcemanager.webapp.address in yarn-site.xml)".
func (a Address) String() string { return a.HostPort + " (" + a.From.String() + ")" }

// URL is the root of a web address, without a slash at its end.
func (a Address) URL() string { return a.Scheme + "://" + a.HostPort }

// DefaultFS returns fs.defaultFS, such as "hdfs://nn:8020" or "hdfs://nameservice", without a
// slash at its end. It is an error when that is not an HDFS.
func (h *Hadoop) DefaultFS() (Property, error) {
	p, _ := h.Get("fs.defaultFS")
	u, err := url.Parse(p.Value)
	if err != nil || u.Scheme != "hdfs" || u.Host == "" {
		return p, fmt.Errorf("%s is %q: hdfs://host:port or hdfs://nameservice is wanted in core-site.xml", p, clip(p.Value))
	}
	p.Value = "hdfs://" + u.Host
	return p, nil
}

// NameNodes returns the NameNodes behind the authority of an hdfs:// URI: those of a nameservice,
// or the one host (port 8020 if it names none). "" is the authority of DefaultFS.
func (h *Hadoop) NameNodes(authority string) ([]Address, error) {
	from := Property{Name: "hdfs://" + authority}
	if authority == "" {
		p, err := h.DefaultFS()
		if err != nil {
			return nil, err
		}
		from, authority = p, strings.TrimPrefix(p.Value, "hdfs://")
	}
	if !slices.Contains(h.list("dfs.nameservices"), authority) {
		a, err := address(authority, portNameNode, from)
		return []Address{a}, err
	}
	suffixes := []string{authority}
	if ids := h.list("dfs.ha.namenodes." + authority); len(ids) > 0 {
		suffixes = suffixes[:0]
		for _, id := range ids {
			suffixes = append(suffixes, authority+"."+id)
		}
	}
	var all []Address
	for _, suffix := range suffixes {
		name := "dfs.namenode.rpc-address." + suffix
		p, ok := h.Get(name)
		if !ok {
			services, _ := h.Get("dfs.nameservices")
			return nil, fmt.Errorf("nameservice %s (%s): %s is not set", authority, services, name)
		}
		a, err := address(p.Value, portNameNode, p)
		if err != nil {
			return nil, err
		}
		all = append(all, a)
	}
	return all, nil
}

// RMWebAddresses returns the web address of each ResourceManager: one, or as many as
// yarn.resourcemanager.ha.rm-ids lists.
func (h *Hadoop) RMWebAddresses() ([]Address, error) {
	name, port, scheme := "yarn.resourcemanager.webapp.address", portRMWeb, "http"
	if policy, _ := h.Get("yarn.http.policy"); strings.EqualFold(policy.Value, "HTTPS_ONLY") {
		name, port, scheme = "yarn.resourcemanager.webapp.https.address", portRMWebSecure, "https"
	}
	all, err := h.resourceManagers(name, port)
	for i := range all {
		all[i].Scheme = scheme
	}
	return all, err
}

// RMSchedulerAddresses returns where each ResourceManager listens for application masters.
func (h *Hadoop) RMSchedulerAddresses() ([]Address, error) {
	return h.resourceManagers("yarn.resourcemanager.scheduler.address", portScheduler)
}

// resourceManagers resolves one kind of address for each ResourceManager: the property itself,
// else the host name with the default port.
func (h *Hadoop) resourceManagers(name, port string) ([]Address, error) {
	suffixes := []string{""}
	ha, err := h.boolean("yarn.resourcemanager.ha.enabled")
	if err != nil {
		return nil, err
	}
	if ha {
		suffixes = suffixes[:0]
		for _, id := range h.list("yarn.resourcemanager.ha.rm-ids") {
			suffixes = append(suffixes, "."+id)
		}
		if len(suffixes) == 0 {
			p, _ := h.Get("yarn.resourcemanager.ha.enabled")
			return nil, fmt.Errorf("%s is true, but yarn.resourcemanager.ha.rm-ids is not set", p)
		}
	}
	var all []Address
	for _, suffix := range suffixes {
		p, ok := h.Get(name + suffix)
		if !ok {
			p, ok = h.Get("yarn.resourcemanager.hostname" + suffix)
		}
		if !ok {
			return nil, fmt.Errorf("neither %s nor yarn.resourcemanager.hostname%s is set", name+suffix, suffix)
		}
		a, err := address(p.Value, port, p)
		if err != nil {
			return nil, err
		}
		all = append(all, a)
	}
	return all, nil
}

// address reads "host:port" or "host".
func address(text, port string, from Property) (Address, error) {
	host := strings.TrimSpace(text)
	if head, tail, err := net.SplitHostPort(host); err == nil {
		host, port = head, tail
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 || host == "" || strings.ContainsAny(host, " \t\n/@${},") {
		return Address{}, fmt.Errorf("%s is %q: host:port is wanted", from, clip(text))
	}
	return Address{HostPort: net.JoinHostPort(strings.Trim(host, "[]"), port), From: from}, nil
}

// Security returns hadoop.security.authentication: "simple" or "kerberos".
func (h *Hadoop) Security() (string, error) {
	p, _ := h.Get("hadoop.security.authentication")
	switch v := strings.ToLower(p.Value); v {
	case "simple", "kerberos":
		return v, nil
	}
	return "", fmt.Errorf("%s is %q, allowed is simple or kerberos", p, clip(p.Value))
}

// RPCProtection returns the levels of hadoop.rpc.protection in the order of the file: of
// "authentication", "integrity" and "privacy".
func (h *Hadoop) RPCProtection() ([]string, error) {
	p, _ := h.Get("hadoop.rpc.protection")
	levels := splitComma(strings.ToLower(p.Value))
	for _, l := range levels {
		if l != "authentication" && l != "integrity" && l != "privacy" {
			return nil, fmt.Errorf("%s is %q, allowed is authentication, integrity, privacy or several of them", p, clip(p.Value))
		}
	}
	if len(levels) == 0 {
		levels = []string{"authentication"}
	}
	return levels, nil
}

// UseDatanodeHostname returns dfs.client.use.datanode.hostname: whether to connect to DataNodes
// by name instead of by the address that the NameNode saw.
func (h *Hadoop) UseDatanodeHostname() (bool, error) {
	return h.boolean("dfs.client.use.datanode.hostname")
}

// Replication returns dfs.replication, the number of copies of a new file.
func (h *Hadoop) Replication() (int, error) {
	p, _ := h.Get("dfs.replication")
	n, err := strconv.Atoi(p.Value)
	if err != nil || n < 1 || n > 512 {
		return 0, fmt.Errorf("%s is %q, allowed is a whole number from 1 to 512", p, clip(p.Value))
	}
	return n, nil
}

func (h *Hadoop) boolean(name string) (bool, error) {
	p, _ := h.Get(name)
	v, ok := boolKind().parse(p.Value)
	if !ok {
		return false, fmt.Errorf("%s is %q, allowed is true or false", p, clip(p.Value))
	}
	return v, nil
}

func (h *Hadoop) list(name string) []string {
	p, _ := h.Get(name)
	return splitComma(p.Value)
}

// splitComma splits Hadoop's lists, in which blanks and empty items do not count.
func splitComma(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\t' })
}
