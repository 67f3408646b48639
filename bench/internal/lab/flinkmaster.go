package lab

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/weft-stream/weft/yarnrest"
)

// FlinkMaster is the REST API of a session of Flink: https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/ops/rest_api/.
type FlinkMaster struct{ url string }

// FlinkMaster waits for a session's master.
func (c *Cluster) FlinkMaster(ctx context.Context, id yarnrest.ApplicationID, limit time.Duration) (*FlinkMaster, error) {
	m := &FlinkMaster{}
	return m, Wait(ctx, limit, "the master of "+id.String(), func() (bool, error) {
		address := c.Master(ctx, id)
		if address == "" {
			return false, nil
		}
		m.url = "http://" + address
		err := get(ctx, m.url+"/overview", &struct{}{})
		return err == nil, err
	})
}

// Upload gives a jar to the session and returns its id there.
func (m *FlinkMaster) Upload(ctx context.Context, file string) (string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	body := &bytes.Buffer{}
	form := multipart.NewWriter(body)
	part, err := form.CreateFormFile("jarfile", filepath.Base(file))
	if err != nil {
		return "", err
	}
	if _, err := part.Write(text); err != nil {
		return "", err
	}
	if err := form.Close(); err != nil {
		return "", err
	}
	answer := struct {
		File string `json:"filename"`
	}{}
	err = m.post(ctx, "/jars/upload", form.FormDataContentType(), body, &answer)
	return filepath.Base(answer.File), err
}

// Run starts a job of an uploaded jar and returns its id. Settings are those of flink's configuration, for this job.
func (m *FlinkMaster) Run(ctx context.Context, jar, class string, args []string, parallelism int, settings map[string]string) (string, error) {
	request, err := json.Marshal(map[string]any{
		"entryClass": class, "programArgsList": args, "parallelism": parallelism, "flinkConfiguration": settings,
	})
	if err != nil {
		return "", err
	}
	answer := struct {
		Job string `json:"jobid"`
	}{}
	err = m.post(ctx, "/jars/"+jar+"/run", "application/json", bytes.NewReader(request), &answer)
	return answer.Job, err
}

// Await waits until a job has finished; that it failed is an error.
func (m *FlinkMaster) Await(ctx context.Context, job string, limit time.Duration) error {
	state := ""
	err := Wait(ctx, limit, "the end of job "+job, func() (bool, error) {
		answer := struct {
			State string `json:"state"`
		}{}
		err := get(ctx, m.url+"/jobs/"+job, &answer)
		state = answer.State
		return state == "FINISHED" || state == "FAILED" || state == "CANCELED", err
	})
	if err != nil || state == "FINISHED" {
		return err
	}
	why := struct {
		Root string `json:"root-exception"`
	}{}
	_ = get(ctx, m.url+"/jobs/"+job+"/exceptions", &why)
	return fmt.Errorf("the job is %s: %.600s", state, why.Root)
}

func (m *FlinkMaster) post(ctx context.Context, path, kind string, body io.Reader, into any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, m.url+path, body)
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", kind)
	client := &http.Client{Timeout: time.Minute} // the master runs the program's main before it answers
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return err
	}
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("%s: %s: %.600s", path, response.Status, text)
	}
	return json.Unmarshal(text, into)
}
