package appmaster

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"time"
)

// maxIndex bounds the page's index, which is read into memory.
const maxIndex = 4 << 20

// servePage serves the page's files. The index gets a base address when it is
// asked for through YARN's web proxy, which shows the tracking URL at
// /proxy/application_… without a slash at the end, so that relative links
// would lead beside it.
func (h *rest) servePage(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		writeError(w, http.StatusMethodNotAllowed, fmt.Sprintf("nothing to %s at %s", r.Method, r.URL.Path))
		return
	}
	name := r.URL.Path
	if name == "" || strings.HasSuffix(name, "/") {
		name += "index.html"
	}
	file, err := h.page.Open(name)
	if err != nil {
		writeError(w, http.StatusNotFound, fmt.Sprintf("nothing is at %s", r.URL.Path))
		return
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil || info.IsDir() {
		writeError(w, http.StatusNotFound, fmt.Sprintf("nothing is at %s", r.URL.Path))
		return
	}
	if !strings.HasSuffix(name, "/index.html") {
		http.ServeContent(w, r, name, info.ModTime(), file)
		return
	}
	text, err := io.ReadAll(io.LimitReader(file, maxIndex))
	if err != nil {
		writeFailure(w, err)
		return
	}
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("Content-Security-Policy", "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'self'")
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(withBase(text, proxyBase(r))))
}

// proxyBase is where the page is seen through YARN's proxy, "" if the request
// did not come through it. The proxy says so by a cookie; a reader who forges
// it gets wrong links and nothing else.
func proxyBase(r *http.Request) string {
	base := os.Getenv("APPLICATION_WEB_PROXY_BASE")
	if _, err := r.Cookie("proxy-user"); base == "" || err != nil {
		return ""
	}
	return strings.TrimSuffix(base, "/") + "/"
}

// withBase puts a base address first into the page's head.
func withBase(text []byte, base string) []byte {
	if base == "" {
		return text
	}
	head := []byte("<head>")
	tag := []byte(`<head><base href="` + html.EscapeString(base) + `">`)
	return bytes.Replace(text, head, tag, 1)
}

// plainPage is the page of a program without one: where the JSON is.
type plainPage struct{}

const plainIndex = `<!doctype html>
<html><head><title>Weft</title></head>
<body><h1>Weft</h1>
<ul>
<li><a href="weft/job">everything about the job</a></li>
<li><a href="jobs/overview">jobs</a></li>
<li><a href="taskmanagers">workers</a></li>
<li><a href="jobmanager/config">settings</a></li>
<li><a href="jobmanager/log">log</a></li>
</ul></body></html>
`

// Open knows the index only.
func (plainPage) Open(name string) (http.File, error) {
	if name != "/index.html" {
		return nil, fs.ErrNotExist
	}
	return &plainFile{Reader: bytes.NewReader([]byte(plainIndex))}, nil
}

// plainFile is a file in memory.
type plainFile struct{ *bytes.Reader }

func (*plainFile) Close() error                       { return nil }
func (*plainFile) Readdir(int) ([]fs.FileInfo, error) { return nil, fs.ErrInvalid }
func (f *plainFile) Stat() (fs.FileInfo, error)       { return plainInfo{f.Size()}, nil }

type plainInfo struct{ size int64 }

func (plainInfo) Name() string       { return "index.html" }
func (i plainInfo) Size() int64      { return i.size }
func (plainInfo) Mode() fs.FileMode  { return 0o444 }
func (plainInfo) ModTime() time.Time { return time.Time{} }
func (plainInfo) IsDir() bool        { return false }
func (plainInfo) Sys() any           { return nil }
