//go:build integration

package storage

import (
	"fmt"
	"net/http"
	"path"
	"testing"
)

// TestHDFSQuota sets quotas as an administrator does, by WebHDFS
// (https://hadoop.apache.org/docs/stable/hadoop-project-dist/hadoop-hdfs/WebHDFS.html, SETQUOTA).
func TestHDFSQuota(t *testing.T) {
	properties := sharedHadoop(t)
	fsys, dir := testFolder(t, Config{Hadoop: properties})
	free, err := fsys.Space(t.Context(), dir)
	if err != nil || free.Names != -1 {
		t.Fatalf("without a quota: %+v, %v", free, err)
	}
	const names, bytes = 10, 2_000_000_000 // a file being written is charged with whole blocks
	url := fmt.Sprintf("http://%s/webhdfs/v1%s?op=SETQUOTA&user.name=%s&namespacequota=%d&storagespacequota=%d",
		properties["dfs.namenode.http-address"], dir, "root", names, bytes)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("SETQUOTA: %s", answer.Status)
	}
	before, err := fsys.Space(t.Context(), dir)
	if err != nil || before.Names != names-1 || before.Total <= 0 || before.Total > bytes || before.Free != before.Total {
		t.Fatalf("with quotas: %+v, %v", before, err)
	}
	put(t, fsys, path.Join(dir, "f"), make([]byte, 1_000_000))
	after, err := fsys.Space(t.Context(), dir)
	if err != nil || after.Names != names-2 || after.Free != before.Free-1_000_000 {
		t.Errorf("behind a file of a million bytes: %+v, before %+v, %v", after, before, err)
	}
}
