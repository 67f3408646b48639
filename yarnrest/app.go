package yarnrest

import (
	"encoding/json"
	"strings"
	"time"
)

// State is where an application is in its life (YarnApplicationState).
type State string

// States of an application, in the order of its life; the last three are ends.
const (
	StateNew       State = "NEW"
	StateNewSaving State = "NEW_SAVING"
	StateSubmitted State = "SUBMITTED"
	StateAccepted  State = "ACCEPTED" // in a queue; its master is waited for, started, or not registered yet
	StateRunning   State = "RUNNING"  // its master has registered
	StateFinished  State = "FINISHED" // its master said that it is done: FinalStatus tells how
	StateFailed    State = "FAILED"   // rejected, or its last attempt failed
	StateKilled    State = "KILLED"
)

// Ended says whether an application in this state will never change again.
func (s State) Ended() bool { return s == StateFinished || s == StateFailed || s == StateKilled }

// beforeQueue says whether YARN has not yet decided on a submission.
func (s State) beforeQueue() bool {
	return s == StateNew || s == StateNewSaving || s == StateSubmitted
}

// FinalStatus is what an application's master, or YARN in its place, said of the end.
type FinalStatus string

// Final statuses; FinalUndefined until the application has ended.
const (
	FinalUndefined FinalStatus = "UNDEFINED"
	FinalSucceeded FinalStatus = "SUCCEEDED"
	FinalFailed    FinalStatus = "FAILED"
	FinalKilled    FinalStatus = "KILLED"
)

// App is an application as the ResourceManager reports it.
type App struct {
	ID          ApplicationID
	Name        string
	User        string
	Type        string
	Queue       string   // the leaf's path, such as root.default
	Tags        []string // lower case, sorted
	State       State
	FinalStatus FinalStatus
	Priority    int     // -1 for an application submitted without one
	Progress    float64 // percent, as its master reports it
	Diagnostics string  // why it waits, or how it ended; may have several lines

	// TrackingURL leads through the ResourceManager's proxy to the master's page while the application runs, and to
	// YARN's own page after that; empty before.
	TrackingURL string
	// AMHTTPAddress is the host:port of the node's own web page, where the master runs; empty before.
	AMHTTPAddress string
	// AMContainerLogs is the page with the master's logs; empty if no master was ever started.
	AMContainerLogs string
	MasterNode      string // host:port of the NodeManager of the master; empty before

	Started  time.Time // when it was submitted
	Launched time.Time // when its master was first started; zero before
	Finished time.Time // zero before

	Containers int      // running, the master's included
	Allocated  Resource // sum of the running containers
}

// appJSON is the part of the API's "app" object that App shows.
type appJSON struct {
	ID                ApplicationID
	Name              string
	User              string
	ApplicationType   string
	Queue             string
	ApplicationTags   string
	State             State
	FinalStatus       FinalStatus
	Priority          int
	Progress          float64
	Diagnostics       string
	TrackingURL       string
	AMHostHTTPAddress string
	AMContainerLogs   string
	MasterNodeID      string
	StartedTime       int64
	LaunchTime        int64
	FinishedTime      int64
	RunningContainers int
	AllocatedMB       int
	AllocatedVCores   int
}

// UnmarshalJSON reads the API's "app" object.
func (a *App) UnmarshalJSON(data []byte) error {
	var j appJSON
	if err := json.Unmarshal(data, &j); err != nil {
		return err
	}
	*a = App{
		ID:              j.ID,
		Name:            j.Name,
		User:            j.User,
		Type:            j.ApplicationType,
		Queue:           j.Queue,
		State:           j.State,
		FinalStatus:     j.FinalStatus,
		Priority:        j.Priority,
		Progress:        j.Progress,
		Diagnostics:     j.Diagnostics,
		TrackingURL:     j.TrackingURL,
		AMHTTPAddress:   j.AMHostHTTPAddress,
		AMContainerLogs: j.AMContainerLogs,
		MasterNode:      j.MasterNodeID,
		Started:         timeOf(j.StartedTime),
		Launched:        timeOf(j.LaunchTime),
		Finished:        timeOf(j.FinishedTime),
		// YARN reports -1 for what an ended application has.
		Containers: max(j.RunningContainers, 0),
		Allocated:  Resource{max(j.AllocatedMB, 0), max(j.AllocatedVCores, 0)},
	}
	if j.ApplicationTags != "" {
		a.Tags = strings.Split(j.ApplicationTags, ",")
	}
	return nil
}

// timeOf reads milliseconds since 1970; 0 and less mean never.
func timeOf(ms int64) time.Time {
	if ms <= 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}

// Attempt is one start of an application's master.
type Attempt struct {
	ID          string // appattempt_<timestamp>_<application>_<number>
	Number      int    // from 1
	State       string // RMAppAttemptState, such as LAUNCHED, RUNNING, FAILED
	ContainerID string // empty until a container was allocated
	NodeID      string // host:port of the NodeManager
	NodeHTTP    string // host:port of the node's web page
	LogsURL     string // the page with the master's logs
	Started     time.Time
	Finished    time.Time // zero while it runs
}

// UnmarshalJSON reads the API's "appAttempt" object.
func (a *Attempt) UnmarshalJSON(data []byte) error {
	var j struct {
		AppAttemptID    string
		ID              int
		AppAttemptState string
		ContainerID     string
		NodeID          string
		NodeHTTPAddress string
		LogsLink        string
		StartTime       int64
		FinishedTime    int64
	}
	if err := json.Unmarshal(data, &j); err != nil {
		return err
	}
	*a = Attempt{
		ID:          j.AppAttemptID,
		Number:      j.ID,
		State:       j.AppAttemptState,
		ContainerID: j.ContainerID,
		NodeID:      j.NodeID,
		NodeHTTP:    j.NodeHTTPAddress,
		LogsURL:     j.LogsLink,
		Started:     timeOf(j.StartTime),
		Finished:    timeOf(j.FinishedTime),
	}
	return nil
}
