package yarnrest

import (
	"encoding/base64"
	"maps"
	"slices"
	"strings"
)

// inLaunchScript escapes text for the script by which a NodeManager starts a container: the script puts the command, and
// the value of every variable, between double quotes as they are, so that a quote would end them and a dollar would be
// expanded one shell too early.
var inLaunchScript = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", `\$`, "`", "\\`")

// The JSON of a submission as ApplicationSubmissionContextInfo reads it. It is a rendering of XML: a map is
// {"entry":[{"key":..,"value":..}]} and a set of tags {"tag":[..]}. The forms that look natural in JSON are accepted and
// read as empty.
type submissionJSON struct {
	ID              ApplicationID       `json:"application-id"`
	Name            string              `json:"application-name"`
	Type            string              `json:"application-type"`
	Queue           string              `json:"queue,omitempty"`
	Priority        int                 `json:"priority,omitempty"`
	Tags            *tagsJSON           `json:"application-tags,omitempty"`
	MaxAttempts     int                 `json:"max-app-attempts,omitempty"`
	FailureValidity int64               `json:"attempt-failures-validity-interval,omitempty"` // ms
	KeepContainers  bool                `json:"keep-containers-across-application-attempts"`
	Resource        Resource            `json:"resource"`
	NodeLabel       string              `json:"app-node-label-expression,omitempty"`
	Container       containerJSON       `json:"am-container-spec"`
	LogAggregation  *logAggregationJSON `json:"log-aggregation-context,omitempty"`
}

type tagsJSON struct {
	Tag []string `json:"tag"`
}

type containerJSON struct {
	Commands struct {
		Command string `json:"command"`
	} `json:"commands"`
	Environment    mapJSON[string]            `json:"environment"`
	LocalResources mapJSON[localResourceJSON] `json:"local-resources"`
	Credentials    credentialsJSON            `json:"credentials"`
}

type mapJSON[V any] struct {
	Entry []entryJSON[V] `json:"entry"`
}

type entryJSON[V any] struct {
	Key   string `json:"key"`
	Value V      `json:"value"`
}

type localResourceJSON struct {
	Resource   string     `json:"resource"`
	Type       string     `json:"type"`
	Visibility Visibility `json:"visibility"`
	Size       int64      `json:"size"`
	Timestamp  int64      `json:"timestamp"` // ms
}

type credentialsJSON struct {
	Tokens  mapJSON[string] `json:"tokens"`
	Secrets mapJSON[string] `json:"secrets"` // base64
}

type logAggregationJSON struct {
	Include       string `json:"log-include-pattern,omitempty"`
	Exclude       string `json:"log-exclude-pattern,omitempty"`
	RolledInclude string `json:"rolled-log-include-pattern,omitempty"`
	RolledExclude string `json:"rolled-log-exclude-pattern,omitempty"`
}

// encode gives the JSON form of a checked submission.
func (s *Submission) encode(id ApplicationID) submissionJSON {
	j := submissionJSON{
		ID:              id,
		Name:            s.Name,
		Type:            s.Type,
		Queue:           s.Queue,
		Priority:        s.Priority,
		MaxAttempts:     s.MaxAttempts,
		FailureValidity: s.FailureValidity.Milliseconds(),
		KeepContainers:  s.KeepContainers,
		Resource:        s.Resource,
		NodeLabel:       s.NodeLabel,
	}
	if len(s.Tags) > 0 {
		j.Tags = &tagsJSON{s.Tags}
	}
	j.Container.Commands.Command = inLaunchScript.Replace(s.Command)
	j.Container.Environment = entries(s.Environment, inLaunchScript.Replace)
	j.Container.LocalResources = entries(s.LocalResources, LocalResource.encode)
	j.Container.Credentials.Tokens = entries(s.Credentials.Tokens, func(v string) string { return v })
	j.Container.Credentials.Secrets = entries(s.Credentials.Secrets, base64.StdEncoding.EncodeToString)
	if logs := s.LogAggregation; logs != (LogAggregation{}) {
		j.LogAggregation = &logAggregationJSON{logs.Include, logs.Exclude, logs.RolledInclude, logs.RolledExclude}
	}
	return j
}

func (r LocalResource) encode() localResourceJSON {
	j := localResourceJSON{
		Resource:   r.URL,
		Type:       "FILE",
		Visibility: r.Visibility,
		Size:       r.Size,
		Timestamp:  r.Modified.UnixMilli(),
	}
	if r.Archive {
		j.Type = "ARCHIVE"
	}
	if j.Visibility == "" {
		j.Visibility = VisibleToApplication
	}
	return j
}

// entries gives the JSON form of a map, sorted by key.
func entries[V, J any](m map[string]V, encode func(V) J) mapJSON[J] {
	list := make([]entryJSON[J], 0, len(m))
	for _, key := range slices.Sorted(maps.Keys(m)) {
		list = append(list, entryJSON[J]{key, encode(m[key])})
	}
	return mapJSON[J]{list}
}
