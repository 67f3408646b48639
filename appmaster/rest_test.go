package appmaster

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/weft-stream/weft/appmaster/api"
	"github.com/weft-stream/weft/internal/ticket"
)

// TestShapesAreFlinks asks a running job for everything and compares the
// paths and types of all values with what a real Flink answered.
func TestShapesAreFlinks(t *testing.T) {
	j := startLocal(t, nil)
	j.job("workers", running)
	jobURL := j.url + "/jobs/" + j.spec.JobID
	if status, text := send(t, j.secret, "POST", jobURL+"/savepoints", ""); status != http.StatusAccepted {
		t.Fatalf("savepoint: %d %s", status, text)
	}
	job := j.job("a savepoint and a checkpoint", func(job *api.Job) bool {
		return job.Checkpoints.LastSavepoint != nil && job.Checkpoints.Last != nil
	})
	names := strings.NewReplacer(
		"{job}", j.spec.JobID, "{vertex}", job.Vertices[1].ID, "{worker}", job.Workers[0].ID,
		"{checkpoint}", strconv.FormatInt(job.Checkpoints.LastSavepoint.ID, 10),
	)
	for path, want := range flinkShapes(t) {
		status, text := send(t, nil, "GET", j.url+names.Replace(path), "")
		if status != http.StatusOK {
			t.Errorf("GET %s: %d %s", path, status, text)
			continue
		}
		var body any
		check(t, json.Unmarshal(text, &body))
		got := map[string]string{}
		shape(body, "", got)
		for name, kind := range want {
			switch have, found := got[name]; {
			case !found && !emptied(got, name) && !strings.HasPrefix(name, unknownToGo):
				t.Errorf("GET %s: no %s (%s)", path, name, kind)
			case found && have != kind && have != "null" && kind != "null":
				t.Errorf("GET %s: %s is a %s, want %s", path, name, have, kind)
			}
		}
	}
}

// unknownToGo is a list that is always empty: a worker does not report its
// garbage collections.
const unknownToGo = ".metrics.garbageCollectors[]"

// flinkShapes reads what Flink answers: type by path, by endpoint.
func flinkShapes(t *testing.T) map[string]map[string]string {
	t.Helper()
	file, err := os.Open("testdata/flink-shapes.txt")
	check(t, err)
	defer file.Close()
	shapes := map[string]map[string]string{}
	endpoint := ""
	for lines := bufio.NewScanner(file); lines.Scan(); {
		line := lines.Text()
		if path, found := strings.CutPrefix(line, "GET "); found {
			endpoint = path
			shapes[endpoint] = map[string]string{}
		} else if name, found := strings.CutPrefix(line, "  "); found {
			at := strings.LastIndexByte(name, ' ')
			shapes[endpoint][name[:at]] = name[at+1:]
		}
	}
	if len(shapes) < 20 {
		t.Fatalf("read the shapes of %d endpoints only", len(shapes))
	}
	return shapes
}

var hexID = regexp.MustCompile(`^[0-9a-f]{32}$`)

// shape collects the type of every value in v by its path.
func shape(v any, path string, into map[string]string) {
	switch v := v.(type) {
	case map[string]any:
		into[path] = "object"
		for name, value := range v {
			switch {
			case hexID.MatchString(name):
				name = "{id}"
			case strings.HasSuffix(path, "status-duration"):
				name = "{state}"
			}
			shape(value, path+"."+name, into)
		}
	case []any:
		into[path] = "list"
		for _, value := range v {
			shape(value, path+"[]", into)
		}
	case nil:
		into[path] = "null"
	case bool:
		into[path] = "bool"
	case float64:
		into[path] = "number"
	case string:
		into[path] = "string"
		if v == "NaN" {
			into[path] = "number"
		}
	}
}

// emptied tells whether a value cannot be there because a list or object
// above it is null.
func emptied(got map[string]string, name string) bool {
	for at := strings.LastIndexByte(name, '.'); at > 0; at = strings.LastIndexByte(name[:at], '.') {
		if got[name[:at]] == "null" {
			return true
		}
	}
	return false
}

func TestErrorsAreFlinks(t *testing.T) {
	j := startLocal(t, nil)
	j.job("workers", running)
	unknown := strings.Repeat("0", 32)
	cases := []struct {
		method, path, body string
		secret             []byte
		status             int
	}{
		{"GET", "/jobs/xyz", "", nil, 400},
		{"GET", "/jobs/" + unknown, "", nil, 404},
		{"GET", "/v1/jobs/" + unknown + "/checkpoints", "", nil, 404},
		{"GET", "/nope", "", nil, 404},
		{"GET", "/jobs/{job}/nope", "", nil, 404},
		{"GET", "/jobs/{job}/vertices/" + unknown, "", nil, 404},
		{"GET", "/jobs/{job}/checkpoints/details/x", "", nil, 400},
		{"GET", "/jobs/{job}/checkpoints/details/123456", "", nil, 404},
		{"GET", "/jobs/{job}/savepoints/" + unknown, "", nil, 404},
		{"GET", "/taskmanagers/nobody", "", nil, 404},
		{"GET", "/taskmanagers/nobody/stdout", "", nil, 404},
		{"GET", "/weft/job?wait=x", "", nil, 400},
		{"DELETE", "/jobs/{job}", "", nil, 405},
		{"PATCH", "/jobs/{job}?mode=stop", "", j.secret, 400},
		{"POST", "/jobs/{job}/savepoints", "{", j.secret, 400},
		{"POST", "/jobs/{job}/savepoints", `{"triggerId":"x"}`, j.secret, 400},
		{"PUT", "/jobs/" + unknown + "/stop", "", j.secret, 404},
		{"PATCH", "/jobs/{job}/rescaling", "", j.secret, 400},
		{"PUT", "/jobs/{job}/rescaling", `{"parallelism":100000}`, j.secret, 400},
		{"PUT", "/jobs/{job}/rescaling", `{"parallelism":"many"}`, j.secret, 400},
		{"GET", "/jobs/{job}/rescaling/" + unknown, "", nil, 404},
	}
	for _, c := range cases {
		path := strings.ReplaceAll(c.path, "{job}", j.spec.JobID)
		status, text := send(t, c.secret, c.method, j.url+path, c.body)
		var body api.Errors
		if err := json.Unmarshal(text, &body); err != nil || len(body.Errors) != 1 || strings.Contains(body.Errors[0], "\n") {
			t.Errorf("%s %s: %q is no error in Flink's shape: %v", c.method, c.path, text, err)
		}
		if status != c.status {
			t.Errorf("%s %s: status %d, want %d (%s)", c.method, c.path, status, c.status, text)
		}
	}
}

// TestChangesNeedATicket tries everything that changes the job without the
// secret, with another one, and with tickets of other requests.
func TestChangesNeedATicket(t *testing.T) {
	j := startLocal(t, nil)
	before := j.job("workers", running)
	for _, change := range [][2]string{
		{"POST", "/savepoints"},
		{"PUT", "/savepoints"},
		{"POST", "/stop"},
		{"PUT", "/stop"},
		{"POST", "/checkpoints"},
		{"PUT", "/checkpoints"},
		{"PATCH", "/rescaling"},
		{"PUT", "/rescaling"},
		{"PATCH", "?mode=cancel"},
		{"PUT", "?mode=cancel"},
		{"PATCH", ""},
		{"GET", "/yarn-cancel"},
		{"PUT", "/yarn-cancel"},
	} {
		for _, root := range []string{"", "/v1"} {
			path := root + "/jobs/" + j.spec.JobID + change[1]
			for name, secret := range map[string][]byte{"no secret": nil, "another secret": ticket.NewSecret()} {
				if status, text := send(t, secret, change[0], j.url+path, ""); status != http.StatusForbidden {
					t.Errorf("%s %s with %s: %d %s", change[0], path, name, status, text)
				}
			}
		}
	}
	path := "/jobs/" + j.spec.JobID + "/savepoints"
	request, err := http.NewRequest("PUT", j.url+path, strings.NewReader(`{"cancel-job":true}`))
	check(t, err)
	ticket.Sign(request, j.secret, []byte(`{"cancel-job":false}`))
	response, err := http.DefaultClient.Do(request)
	check(t, err)
	response.Body.Close()
	if response.StatusCode != http.StatusForbidden {
		t.Errorf("a ticket for another body: %d", response.StatusCode)
	}
	after := j.job("workers", running)
	if len(after.Operations) != 0 || after.Epoch != before.Epoch {
		t.Errorf("a refused request changed the job: %+v", after.Operations)
	}
}

// TestTicketInTheQuery is how a change comes through YARN's proxy, which drops
// the Authorization header.
func TestTicketInTheQuery(t *testing.T) {
	j := startLocal(t, nil)
	j.job("workers", running)
	path := "/jobs/" + j.spec.JobID + "/yarn-cancel"
	url := fmt.Sprintf("%s%s?%s=%s", j.url, path, ticket.Parameter, ticket.New(j.secret, "GET", path, nil, time.Now()))
	if status, text := send(t, nil, "GET", url, ""); status != http.StatusAccepted {
		t.Fatalf("yarn-cancel: %d %s", status, text)
	}
	if job := j.job("the end", func(job *api.Job) bool { return job.Ended }); job.State != "CANCELED" {
		t.Errorf("the job ended as %s", job.State)
	}
	if err := j.waitEnd(); err != nil {
		t.Errorf("the master ended with %v", err)
	}
}

func TestPageKnowsYARNsProxy(t *testing.T) {
	t.Setenv("APPLICATION_WEB_PROXY_BASE", "/proxy/application_1_0001")
	h := &rest{page: plainPage{}}
	for cookie, want := range map[string]string{"": "<head><title>", "ann": `<head><base href="/proxy/application_1_0001/"><title>`} {
		r, err := http.NewRequest("GET", "/", nil)
		check(t, err)
		if cookie != "" {
			r.AddCookie(&http.Cookie{Name: "proxy-user", Value: cookie})
		}
		w := httptest.NewRecorder()
		h.servePage(w, r)
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("cookie %q: %s", cookie, w.Body)
		}
	}
}
