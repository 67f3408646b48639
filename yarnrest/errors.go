package yarnrest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// ErrNotFound is matched by errors.Is when the ResourceManager knows no such application: it never existed, or ended so
// long ago that it was forgotten (yarn.resourcemanager.max-completed-applications).
var ErrNotFound = errors.New("not found")

// ErrForbidden is matched by errors.Is when the ResourceManager does not know the caller (HTTP 401: a Kerberos cluster and
// no ticket) or does not allow the call (403).
var ErrForbidden = errors.New("not allowed")

// Error is an answer by which a ResourceManager refused a call.
type Error struct {
	Op              string // what was tried, such as "kill application_1700000000000_0001"
	URL             string // the address that answered, without the query
	Status          int    // HTTP status
	RemoteException string // short Java class name, such as NotFoundException; empty if the answer named none
	Message         string // first line of the reason, without Java class names
}

// Error returns one line: what was tried, where, and the reason.
func (e *Error) Error() string {
	reason := e.Message
	if reason == "" {
		reason = e.RemoteException
	}
	if reason == "" {
		reason = http.StatusText(e.Status)
	}
	return fmt.Sprintf("%s: the ResourceManager at %s answered %d: %s", e.Op, e.URL, e.Status, reason)
}

// Is matches ErrNotFound and ErrForbidden by the HTTP status.
func (e *Error) Is(target error) bool {
	switch target {
	case ErrNotFound:
		return e.Status == http.StatusNotFound
	case ErrForbidden:
		return e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden
	}
	return false
}

// Tried is an address and why it was of no use.
type Tried struct {
	Address string // base address, such as http://rm1:8088
	Err     error  // never nil
}

// UnreachableError says that no ResourceManager answered, although every address was tried until the client's patience
// ran out.
type UnreachableError struct {
	Op    string  // what was tried
	Tried []Tried // every address, with its last failure
}

// Error returns one line that names every address with its reason.
func (e *UnreachableError) Error() string {
	reasons := make([]string, len(e.Tried))
	for i, t := range e.Tried {
		reasons[i] = t.Address + ": " + t.Err.Error()
	}
	return fmt.Sprintf("%s: no ResourceManager reachable (%s)", e.Op, strings.Join(reasons, "; "))
}

// Unwrap gives the failures of the addresses to errors.Is and errors.As.
func (e *UnreachableError) Unwrap() []error {
	errs := make([]error, len(e.Tried))
	for i, t := range e.Tried {
		errs[i] = t.Err
	}
	return errs
}

// ResourceError says that a container larger than the cluster's largest was asked for.
type ResourceError struct {
	Asked, Maximum Resource
}

// Error returns one line that names what is too much, the maximum and the keys that set it.
func (e *ResourceError) Error() string {
	if e.Asked.MemoryMB > e.Maximum.MemoryMB {
		return fmt.Sprintf("a container of %d MB was asked for, and the cluster's largest has %d MB (yarn.scheduler.maximum-allocation-mb, yarn.nodemanager.resource.memory-mb)",
			e.Asked.MemoryMB, e.Maximum.MemoryMB)
	}
	return fmt.Sprintf("a container of %d vcores was asked for, and the cluster's largest has %d (yarn.scheduler.maximum-allocation-vcores, yarn.nodemanager.resource.cpu-vcores)",
		e.Asked.VCores, e.Maximum.VCores)
}

// UnknownQueueError says that an application was submitted to a queue that does not exist, or is no leaf.
type UnknownQueueError struct {
	Queue string   // as submitted
	Known []string // names of the leaf queues; empty if they could not be read
}

// Error returns one line that lists the queues there are.
func (e *UnknownQueueError) Error() string {
	if len(e.Known) == 0 {
		return fmt.Sprintf("unknown queue %q", e.Queue)
	}
	return fmt.Sprintf("unknown queue %q: the cluster has %s", e.Queue, strings.Join(e.Known, ", "))
}

// RejectedError says that YARN took a submission and then refused the application before it ever ran.
type RejectedError struct {
	ID          ApplicationID
	Diagnostics string // YARN's reason, one line
}

// Error returns one line with YARN's reason.
func (e *RejectedError) Error() string {
	return fmt.Sprintf("the ResourceManager rejected %s: %s", e.ID, e.Diagnostics)
}

// remoteError makes an Error of an answer. YARN sends {"RemoteException":{...}}; servers in front of it send HTML.
func remoteError(op string, resp *http.Response, body []byte) *Error {
	e := &Error{Op: op, URL: placeOf(resp), Status: resp.StatusCode}
	var answer struct {
		RemoteException struct{ Exception, Message string }
	}
	if json.Unmarshal(body, &answer) == nil {
		e.RemoteException = answer.RemoteException.Exception
		e.Message = plainMessage(answer.RemoteException.Message)
	}
	return e
}

// placeOf is the URL that was answered, after redirects, without the query.
func placeOf(resp *http.Response) string {
	place := *resp.Request.URL
	place.RawQuery = ""
	return place.String()
}

// plainMessage is the first line of a Java message, without the class names it starts with and cut to a readable length.
func plainMessage(text string) string {
	text, _, _ = strings.Cut(strings.TrimSpace(text), "\n")
	for {
		head, rest, ok := strings.Cut(text, ": ")
		if !ok || strings.ContainsAny(head, " \t") || !strings.Contains(head, ".") {
			break
		}
		text = rest
	}
	const longest = 500
	if len(text) > longest {
		text = strings.ToValidUTF8(text[:longest], "") + "..."
	}
	return text
}
