package client

import (
	"strings"

	"github.com/weft-stream/weft/yarnrest"
)

// The tags of an application, by which its job is found again. YARN keeps tags
// in lower case; the name's is for people and for YARN's own filters.
const (
	tagWeft    = "weft"
	tagJobID   = "jobid:"
	tagJobName = "jobname:"
)

// aliveStates are the states of applications that have not ended.
var aliveStates = []yarnrest.State{
	yarnrest.StateNew, yarnrest.StateNewSaving, yarnrest.StateSubmitted, yarnrest.StateAccepted, yarnrest.StateRunning,
}

// jobTags returns the tags of a job's application.
func jobTags(id, name string) []string {
	return []string{tagWeft, tagJobID + id, fitTag(tagJobName + name)}
}

// fitTag makes a tag of any text: lower-case ASCII without commas, not too
// long.
func fitTag(text string) string {
	fit := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || r == ',' {
			return '_'
		}
		return r
	}, strings.ToLower(text))
	return strings.TrimSpace(fit[:min(len(fit), yarnrest.MaxTagLength)])
}

// tagged returns what stands behind a prefix in one of the tags.
func tagged(application *yarnrest.App, prefix string) string {
	for _, tag := range application.Tags {
		if rest, found := strings.CutPrefix(tag, prefix); found {
			return rest
		}
	}
	return ""
}

func hasTag(application *yarnrest.App, tag string) bool {
	for _, t := range application.Tags {
		if t == tag {
			return true
		}
	}
	return false
}

// firstLine returns the first line of text that says something.
func firstLine(text string) string {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			return line
		}
	}
	return ""
}
