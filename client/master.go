package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/weft-stream/weft/appmaster/api"
	"github.com/weft-stream/weft/internal/ticket"
)

// master is the REST API of one application's master. It is reached at its own
// address, and where that cannot be reached from here, through the
// ResourceManager's proxy, which passes GET and PUT on and drops headers.
//
// A master may be restarted at another address at any time: locate, if it is
// set, says where it is now.
type master struct {
	direct string // http://host:port, "" if it is not known
	proxy  string // http://rm:8088/proxy/application_…, "" if there is none
	secret []byte // nil if the user may only look
	locate func(context.Context) string
}

// onlooker returns another one for the same master, which may only look. It is for
// a goroutine that asks while this one is busy with a long poll: a master is for one
// goroutine at a time.
func (m *master) onlooker() *master {
	return &master{direct: m.direct, proxy: m.proxy, locate: m.locate}
}

// answerLimit bounds an answer of a master.
const answerLimit = 64 << 20

// Times of one request: until the connection stands, until the answer begins.
// A long poll is answered after api.WaitLimit at the latest.
const (
	dialLimit   = 2 * time.Second
	answerStart = (api.WaitLimit + 10) * time.Second
)

var masterHTTP = &http.Client{
	Transport: &http.Transport{
		DialContext:           (&net.Dialer{Timeout: dialLimit}).DialContext,
		ResponseHeaderTimeout: answerStart,
		MaxIdleConnsPerHost:   2,
	},
	// A ResourceManager sends who asks for an application that is over to its
	// own page; that is no answer of a master.
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// A refusal is an answer by which a master said no.
type refusal struct {
	status  int
	message string
}

func (r *refusal) Error() string { return r.message }

// errNoMaster says that nobody answered as a master.
var errNoMaster = errors.New("the application's master does not answer")

// job reads everything about the master's job. With wait, the answer comes
// when the job has changed from that version.
func (m *master) job(ctx context.Context, wait int64) (*api.Job, error) {
	query := url.Values{}
	if wait != 0 {
		query.Set("wait", strconv.FormatInt(wait, 10))
	}
	job := new(api.Job)
	return job, m.do(ctx, http.MethodGet, api.JobPath, query, nil, job)
}

// change asks the master for something that changes its job. Every such
// request may be repeated: it carries an id of its own, or is one that does
// nothing the second time.
func (m *master) change(ctx context.Context, path string, query url.Values, body, into any) error {
	text, err := json.Marshal(body)
	if body == nil {
		text = nil
	}
	if err != nil {
		return err
	}
	return m.do(ctx, http.MethodPut, path, query, text, into)
}

// do sends one request, directly or through the proxy.
func (m *master) do(ctx context.Context, method, path string, query url.Values, body []byte, into any) error {
	if m.direct == "" && m.locate != nil {
		m.direct = m.locate(ctx)
	}
	reached := errNoMaster
	for _, base := range []string{m.direct, m.proxy} {
		if base == "" {
			continue
		}
		err := m.send(ctx, method, base, path, query, body, into)
		if err == nil || ctx.Err() != nil {
			return err
		}
		if refused := (*refusal)(nil); errors.As(err, &refused) {
			return err
		}
		reached = err
	}
	m.direct = "" // ask anew where it is
	return fmt.Errorf("%w: %w", errNoMaster, reached)
}

// send sends one request to one address.
func (m *master) send(ctx context.Context, method, base, path string, query url.Values, body []byte, into any) error {
	values := url.Values{}
	for key := range query {
		values.Set(key, query.Get(key))
	}
	signed := method != http.MethodGet && m.secret != nil
	if signed && base == m.proxy {
		values.Set(ticket.Parameter, ticket.New(m.secret, method, path, body, time.Now())) // the proxy drops headers
	}
	target := base + path
	if len(values) > 0 {
		target += "?" + values.Encode()
	}
	request, err := http.NewRequestWithContext(ctx, method, target, bytes.NewReader(body))
	if err != nil {
		return err
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if signed && base == m.direct {
		ticket.Sign(request, m.secret, body)
	}
	response, err := masterHTTP.Do(request)
	if err != nil {
		return withoutQuery(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, answerLimit))
	if err != nil {
		return err
	}
	return read(response, text, into)
}

// read makes sense of an answer.
func read(response *http.Response, text []byte, into any) error {
	if !strings.HasPrefix(response.Header.Get("Content-Type"), "application/json") {
		return fmt.Errorf("%s answered %s, and not as a master does", response.Request.URL.Host, response.Status)
	}
	if response.StatusCode/100 != 2 {
		said := api.Errors{}
		if json.Unmarshal(text, &said) != nil || len(said.Errors) == 0 {
			return fmt.Errorf("%s answered %s, and not as a master does", response.Request.URL.Host, response.Status)
		}
		if response.StatusCode == http.StatusServiceUnavailable {
			return fmt.Errorf("%s", said.Errors[0])
		}
		return &refusal{response.StatusCode, said.Errors[0]}
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("%s answered something that cannot be read: %w", response.Request.URL.Host, err)
	}
	return nil
}

// withoutQuery drops the URL, which holds a ticket, from an error of net/http.
func withoutQuery(err error) error {
	if of := (*url.Error)(nil); errors.As(err, &of) {
		return of.Err
	}
	return err
}
