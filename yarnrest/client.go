package yarnrest

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-cleanhttp"
)

// DefaultPatience is how long a client keeps trying when no ResourceManager answers, unless its Config says otherwise:
// short enough for a mistyped address, long enough for a restarted connection.
const DefaultPatience = 3 * time.Second

// answerTimeout bounds one request, so that a ResourceManager that hangs is left for the next one.
const answerTimeout = 15 * time.Second

// Config says where the ResourceManagers are and who calls.
type Config struct {
	// Addresses are the web addresses of all ResourceManagers (yarn.resourcemanager.webapp.address and its variants for
	// each rm-id), as http://host:port, https://host:port or host:port, which means http. At least one.
	Addresses []string
	// User is the caller on a cluster with simple authentication. It must be given unless Transport authenticates:
	// otherwise YARN would silently take the call as from its static user.
	User string
	// Transport carries the requests; nil means plain HTTP with pooled connections. See SPNEGO.
	Transport http.RoundTripper
	// Patience is how long a call keeps trying when no ResourceManager answers; 0 means DefaultPatience. Each address
	// is tried at least once.
	Patience time.Duration
	// Logger gets a debug line for each request and each retry; nil means none.
	Logger *slog.Logger
}

// Client calls the ResourceManagers of one cluster. It may be used by several goroutines at once.
type Client struct {
	bases    []*url.URL
	user     string
	patience time.Duration
	http     *http.Client
	log      *slog.Logger
	current  *atomic.Int32 // index of the base that answered last
}

// New makes a client. It connects to nothing; an error is one of the Config.
func New(cfg Config) (*Client, error) {
	if len(cfg.Addresses) == 0 {
		return nil, errors.New("no ResourceManager address: set yarn.resourcemanager.webapp.address in yarn-site.xml")
	}
	if cfg.User == "" && cfg.Transport == nil {
		return nil, errors.New("no user for the ResourceManager: name one, or authenticate with Kerberos")
	}
	c := &Client{
		user:     cfg.User,
		patience: cfg.Patience,
		log:      cfg.Logger,
		current:  new(atomic.Int32),
	}
	for _, address := range cfg.Addresses {
		base, err := parseBase(address)
		if err != nil {
			return nil, err
		}
		c.bases = append(c.bases, base)
	}
	if c.patience == 0 {
		c.patience = DefaultPatience
	}
	transport := cfg.Transport
	if transport == nil {
		transport = cleanhttp.DefaultPooledTransport()
	}
	c.http = &http.Client{Transport: transport, Timeout: answerTimeout}
	return c, nil
}

// parseBase reads a configured address.
func parseBase(address string) (*url.URL, error) {
	text := address
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	base, err := url.Parse(text)
	if err != nil || base.Hostname() == "" || (base.Scheme != "http" && base.Scheme != "https") {
		return nil, fmt.Errorf("malformed ResourceManager address %s: want http://host:port", quoteShort(address))
	}
	base.Path = strings.TrimSuffix(base.Path, "/")
	base.RawQuery, base.Fragment = "", ""
	return base, nil
}

// WithPatience returns a client like c, on the same connections, whose calls keep trying for d when no ResourceManager
// answers: longer for one that follows a job through a ResourceManager's restart.
func (c *Client) WithPatience(d time.Duration) *Client {
	patient := *c
	patient.patience = d
	return &patient
}

// Addresses returns the base addresses of the ResourceManagers, the one that answered last first.
func (c *Client) Addresses() []string {
	first := int(c.current.Load())
	addresses := make([]string, len(c.bases))
	for i := range c.bases {
		addresses[i] = c.bases[(first+i)%len(c.bases)].String()
	}
	return addresses
}
