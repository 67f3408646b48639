// Package web holds the job's page: what a person sees who follows the
// ApplicationMaster link of YARN's web UI, or opens the address of a job on
// this machine.
//
// The page is written in TypeScript below src and built by the script build
// into dist, which is committed and embedded: building Weft needs no Node. It
// only reads, from the REST API that is served beside it. All its addresses
// are relative, so that it works below any prefix.
package web

import (
	"embed"
	"io/fs"
	"net/http"
)

//go:embed dist
var dist embed.FS

// FS returns the page's files, with index.html at its root. It may be used
// concurrently.
func FS() http.FileSystem {
	files, err := fs.Sub(dist, "dist")
	if err != nil { // the name is a constant and valid
		panic(err)
	}
	return http.FS(files)
}
