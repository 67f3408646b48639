package lab

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/weft-stream/weft/yarnrest"
)

// Job is a running job as its master's REST API shows it. Weft answers these paths as Flink does.
type Job struct {
	Application yarnrest.ApplicationID
	ID          string
	cluster     *Cluster
	address     string // of the master; "" when it is to be looked up
}

// Checkpoints is what a job tells of its checkpoints.
type Checkpoints struct {
	Latest struct {
		Completed *struct {
			ID        int64 `json:"id"`
			Triggered int64 `json:"trigger_timestamp"` // ms since 1970
		} `json:"completed"`
	} `json:"latest"`
}

// AwaitSubmitted waits for the application that comes after a known one.
func (c *Cluster) AwaitSubmitted(ctx context.Context, after yarnrest.ApplicationID, limit time.Duration) (*Job, error) {
	job := &Job{cluster: c}
	err := Wait(ctx, limit, "a new application", func() (bool, error) {
		newest, err := c.Newest(ctx)
		job.Application = newest
		return newest.Number > after.Number, err
	})
	return job, err
}

// AwaitRunning waits until all tasks run, none of them in the container without, which may be "".
func (j *Job) AwaitRunning(ctx context.Context, without string, limit time.Duration) error {
	return Wait(ctx, limit, "RUNNING of all tasks of "+j.Application.String(), func() (bool, error) {
		if counted, err := j.allRunning(ctx); !counted || without == "" {
			return counted, err
		}
		workers, err := j.workers(ctx)
		return err == nil && !slices.Contains(workers, without), err
	})
}

// Checkpoints reads what the job tells of its checkpoints.
func (j *Job) Checkpoints(ctx context.Context) (Checkpoints, error) {
	answer := Checkpoints{}
	return answer, j.get(ctx, "/jobs/"+j.ID+"/checkpoints", &answer)
}

// allRunning says whether the job is RUNNING with all its tasks.
func (j *Job) allRunning(ctx context.Context) (bool, error) {
	overview := struct {
		Jobs []struct {
			ID    string `json:"jid"`
			State string `json:"state"`
			Tasks struct {
				Total   int `json:"total"`
				Running int `json:"running"`
			} `json:"tasks"`
		} `json:"jobs"`
	}{}
	if err := j.get(ctx, "/jobs/overview", &overview); err != nil || len(overview.Jobs) == 0 {
		return false, err
	}
	job := overview.Jobs[0]
	j.ID = job.ID
	return job.State == "RUNNING" && job.Tasks.Total > 0 && job.Tasks.Running == job.Tasks.Total, nil
}

// workers are the containers that the subtasks are in.
func (j *Job) workers(ctx context.Context) ([]string, error) {
	job := struct {
		Vertices []struct {
			ID string `json:"id"`
		} `json:"vertices"`
	}{}
	if err := j.get(ctx, "/jobs/"+j.ID, &job); err != nil {
		return nil, err
	}
	var all []string
	for _, v := range job.Vertices {
		vertex := struct {
			Subtasks []struct {
				Worker string `json:"taskmanager-id"`
			} `json:"subtasks"`
		}{}
		if err := j.get(ctx, "/jobs/"+j.ID+"/vertices/"+v.ID, &vertex); err != nil {
			return nil, err
		}
		for _, subtask := range vertex.Subtasks {
			all = append(all, subtask.Worker)
		}
	}
	return all, nil
}

// get asks the job's master. When it does not answer, the ResourceManager is asked where it is now, or why it is not.
func (j *Job) get(ctx context.Context, path string, into any) error {
	if j.address == "" {
		app, err := j.cluster.RM.App(ctx, j.Application)
		if err == nil && app.State.Ended() {
			err = fmt.Errorf("the application is %s: %s", app.State, app.Diagnostics)
		}
		if err != nil {
			return err
		}
		if j.address = j.cluster.Master(ctx, j.Application); j.address == "" {
			return fmt.Errorf("%s has no master yet", j.Application)
		}
	}
	err := get(ctx, "http://"+j.address+path, into)
	if err != nil {
		j.address = ""
	}
	return err
}
