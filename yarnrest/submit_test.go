package yarnrest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// fullSubmission sets every field.
func fullSubmission() Submission {
	return Submission{
		Name:            "word count",
		Type:            "Weft",
		Queue:           "other",
		Priority:        3,
		Tags:            []string{"b", "a"},
		MaxAttempts:     2,
		FailureValidity: 10 * time.Second,
		KeepContainers:  true,
		Resource:        Resource{1024, 2},
		NodeLabel:       "fast",
		Command:         "exec ./program 1><LOG_DIR>/stdout",
		Environment:     map[string]string{"Z": "$\"`\\", "A": "1"},
		LocalResources: map[string]LocalResource{
			"program": {URL: "hdfs://nn:9000/p", Size: 5, Modified: time.UnixMilli(1234), Visibility: VisibleToAll},
			"ship":    {URL: "hdfs://nn:9000/s.zip", Size: 6, Modified: time.UnixMilli(1235), Archive: true},
		},
		Credentials: Credentials{
			Tokens:  map[string]string{"127.0.0.1:9000": "abc"},
			Secrets: map[string][]byte{"weft.secret": {0, 255}},
		},
		LogAggregation: LogAggregation{Include: "a", Exclude: "b", RolledInclude: "c", RolledExclude: "d"},
	}
}

// The wanted form is YARN's, as checked on a ResourceManager.
const fullJSON = `{
	"application-id": "application_1700000000000_0001",
	"application-name": "word count",
	"application-type": "Weft",
	"queue": "other",
	"priority": 3,
	"application-tags": {"tag": ["b", "a"]},
	"max-app-attempts": 2,
	"attempt-failures-validity-interval": 10000,
	"keep-containers-across-application-attempts": true,
	"resource": {"memory": 1024, "vCores": 2},
	"app-node-label-expression": "fast",
	"am-container-spec": {
		"commands": {"command": "exec ./program 1><LOG_DIR>/stdout"},
		"environment": {"entry": [{"key": "A", "value": "1"}, {"key": "Z", "value": "\\$\\\"\\` + "`" + `\\\\"}]},
		"local-resources": {"entry": [
			{"key": "program", "value": {"resource": "hdfs://nn:9000/p", "type": "FILE", "visibility": "PUBLIC", "size": 5, "timestamp": 1234}},
			{"key": "ship", "value": {"resource": "hdfs://nn:9000/s.zip", "type": "ARCHIVE", "visibility": "APPLICATION", "size": 6, "timestamp": 1235}}
		]},
		"credentials": {
			"tokens": {"entry": [{"key": "127.0.0.1:9000", "value": "abc"}]},
			"secrets": {"entry": [{"key": "weft.secret", "value": "AP8="}]}
		}
	},
	"log-aggregation-context": {
		"log-include-pattern": "a", "log-exclude-pattern": "b",
		"rolled-log-include-pattern": "c", "rolled-log-exclude-pattern": "d"
	}
}`

func TestSubmitSendsWhatYARNReads(t *testing.T) {
	states := []string{"NEW_SAVING", "SUBMITTED", "ACCEPTED"}
	rm := serve(t, func(w http.ResponseWriter, r *http.Request, n int) {
		if r.Method == "POST" {
			reply(w, 202, "")
			return
		}
		reply(w, 200, fmt.Sprintf(`{"app":{"id":"application_1700000000000_0001","state":%q}}`, states[n-1]))
	})
	app, err := newClient(t, rm.URL).Submit(t.Context(), NewApplication{ID: someID, Maximum: Resource{1024, 2}}, fullSubmission())
	if err != nil || app.State != StateAccepted {
		t.Fatalf("Submit = %+v, %v", app, err)
	}
	sent := rm.requests()[0]
	if sent.Path != "/ws/v1/cluster/apps" || sent.Query != "user.name=ann" || sent.ContentType != "application/json" {
		t.Errorf("request %+v", sent)
	}
	var want any
	if err := json.Unmarshal([]byte(fullJSON), &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, sent.Body); diff != "" {
		t.Errorf("body (-want +got):\n%s", diff)
	}
}

// A ResourceManager that restarts between accepting and storing has forgotten the application.
func TestSubmitAgainWhenForgotten(t *testing.T) {
	rm := serve(t, func(w http.ResponseWriter, r *http.Request, n int) {
		switch n {
		case 0, 2:
			reply(w, 202, "")
		case 1:
			reply(w, 404, `{}`)
		default:
			reply(w, 200, someApp)
		}
	})
	if _, err := newClient(t, rm.URL).Submit(t.Context(), NewApplication{ID: someID}, fullSubmission()); err != nil {
		t.Fatal(err)
	}
	if got := len(rm.requests()); got != 4 {
		t.Errorf("%d requests, want submit, look, submit, look", got)
	}
}

func TestSubmitRefusesBeforeSending(t *testing.T) {
	rm := serve(t, func(w http.ResponseWriter, _ *http.Request, _ int) { reply(w, 202, "") })
	tests := []struct {
		want   string
		change func(*Submission)
	}{
		{"has no name", func(s *Submission) { s.Name = "" }},
		{"has no type", func(s *Submission) { s.Type = "" }},
		{"more than 20 characters", func(s *Submission) { s.Type = "a stream of 21 letter" }},
		{"no command", func(s *Submission) { s.Command = "" }},
		{"wants 0 MB and 0 vcores", func(s *Submission) { s.Resource = Resource{} }},
		{"wants 1 MB and 0 vcores", func(s *Submission) { s.Resource = Resource{1, 0} }},
		{"at least 1", func(s *Submission) { s.MaxAttempts = -1 }},
		{"at least 1ms", func(s *Submission) { s.FailureValidity = time.Microsecond }},
		{"at most 10", func(s *Submission) { s.Tags = make([]string, 11) }},
		{"no comma", func(s *Submission) { s.Tags = []string{"a,b"} }},
		{"ASCII", func(s *Submission) { s.Tags = []string{"tåg"} }},
		{"1 to 100 characters", func(s *Submission) { s.Tags = []string{""} }},
		{"1 to 100 characters", func(s *Submission) { s.Tags = []string{strings.Repeat("x", 101)} }},
		{"environment variable", func(s *Submission) { s.Environment = map[string]string{"A=B": ""} }},
		{"no URL", func(s *Submission) { s.LocalResources = map[string]LocalResource{"p": {URL: "/p"}} }},
		{"modification time", func(s *Submission) { s.LocalResources = map[string]LocalResource{"p": {URL: "file:///p"}} }},
		{"malformed name", func(s *Submission) { s.LocalResources = map[string]LocalResource{"../b": {}} }},
		{"unknown visibility", func(s *Submission) {
			s.LocalResources = map[string]LocalResource{"p": {URL: "file:///p", Modified: time.Now(), Visibility: "ALL"}}
		}},
		{"a container of 1025 MB was asked for, and the cluster's largest has 1024 MB", func(s *Submission) { s.Resource.MemoryMB = 1025 }},
		{"a container of 3 vcores was asked for, and the cluster's largest has 2 ", func(s *Submission) { s.Resource.VCores = 3 }},
	}
	for _, test := range tests {
		s := fullSubmission()
		test.change(&s)
		_, err := newClient(t, rm.URL).Submit(t.Context(), NewApplication{ID: someID, Maximum: Resource{1024, 2}}, s)
		if err == nil || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "submit application_") {
			t.Errorf("error %v, want %q", err, test.want)
		}
	}
	if _, err := newClient(t, rm.URL).Submit(t.Context(), NewApplication{}, fullSubmission()); err == nil {
		t.Error("no error without an application id")
	}
	if got := rm.requests(); len(got) != 0 {
		t.Errorf("%d requests were sent", len(got))
	}
}

// rejecting is a ResourceManager that takes a submission and then fails the application.
func rejecting(t *testing.T, diagnostics, logs string) *recorder {
	return serve(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		switch {
		case r.Method == "POST":
			reply(w, 202, "")
		case strings.HasSuffix(r.URL.Path, "/scheduler"):
			reply(w, 200, `{"scheduler":{"schedulerInfo":{"type":"capacityScheduler","queueName":"root","queues":{"queue":[
				{"queueName":"teams","queuePath":"root.teams","queues":{"queue":[{"queueName":"ads","queuePath":"root.teams.ads"}]}},
				{"queueName":"default","queuePath":"root.default"}]}}}}`)
		default:
			text, _ := json.Marshal(map[string]any{"app": map[string]string{
				"id": someID.String(), "state": "FAILED", "diagnostics": diagnostics, "amContainerLogs": logs,
			}})
			reply(w, 200, string(text))
		}
	})
}

func TestSubmitNamesTheQueues(t *testing.T) {
	for _, diagnostics := range []string{
		"Application application_1700000000000_0001 submitted by user ann to unknown queue: other",
		"Application application_1700000000000_0001 submitted by user : ann to non-leaf queue : other",
	} {
		rm := rejecting(t, diagnostics, "")
		_, err := newClient(t, rm.URL).Submit(t.Context(), NewApplication{ID: someID}, fullSubmission())
		var unknown *UnknownQueueError
		if !errors.As(err, &unknown) || err.Error() != `unknown queue "other": the cluster has default, ads` {
			t.Errorf("%s: error %v", diagnostics, err)
		}
	}
}

func TestSubmitTellsOtherRejections(t *testing.T) {
	rm := rejecting(t, "Queue root.other is STOPPED.\n", "")
	_, err := newClient(t, rm.URL).Submit(t.Context(), NewApplication{ID: someID}, fullSubmission())
	var rejected *RejectedError
	if !errors.As(err, &rejected) || err.Error() != "the ResourceManager rejected application_1700000000000_0001: Queue root.other is STOPPED." {
		t.Errorf("error %v", err)
	}
}

// An application whose master has run and failed was not rejected.
func TestSubmitReturnsAnApplicationThatRan(t *testing.T) {
	rm := rejecting(t, "exit code 1", "http://nm/logs")
	app, err := newClient(t, rm.URL).Submit(t.Context(), NewApplication{ID: someID}, fullSubmission())
	if err != nil || app.State != StateFailed {
		t.Errorf("Submit = %+v, %v", app, err)
	}
}

// When the maximum has become smaller since the id was asked for, the error names the new one.
func TestSubmitUnderstandsALateRefusal(t *testing.T) {
	rm := serve(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		if strings.HasSuffix(r.URL.Path, "/new-application") {
			reply(w, 200, `{"application-id":"application_1700000000000_0002","maximum-resource-capability":{"memory":512,"vCores":4}}`)
			return
		}
		reply(w, 400, `{"RemoteException":{"exception":"BadRequestException","message":"java.lang.Exception: Requested more memory than configured max"}}`)
	})
	_, err := newClient(t, rm.URL).Submit(t.Context(), NewApplication{ID: someID}, fullSubmission())
	var tooLarge *ResourceError
	if !errors.As(err, &tooLarge) || tooLarge.Maximum != (Resource{512, 4}) {
		t.Errorf("error %v, want a ResourceError with the maximum", err)
	}
}
