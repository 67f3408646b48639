package orphans

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weft-stream/weft/internal/jobspec"
	"github.com/weft-stream/weft/internal/snapshot"
	"github.com/weft-stream/weft/internal/storage"
)

const (
	deadJob   = "0123456789abcdef0123456789abcdef"
	livingJob = "fedcba9876543210fedcba9876543210"
	dataFile  = "worker_1-0123456789abcdef"
)

var (
	limit = time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	old   = limit.Add(-time.Hour)
)

// place is a folder of files that are all old.
type place struct {
	t    *testing.T
	root string
	fs   storage.FS
}

func newPlace(t *testing.T) *place {
	t.Helper()
	files := storage.NewResolver(storage.Config{})
	t.Cleanup(func() { files.Close() })
	fsys, root, err := files.Resolve(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return &place{t, root, fsys}
}

func (p *place) check(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// file makes a file, or a folder if the name ends with a slash.
func (p *place) file(name, text string) {
	p.t.Helper()
	at := filepath.Join(p.root, name)
	p.check(os.MkdirAll(filepath.Dir(at), 0o755))
	if strings.HasSuffix(name, "/") {
		p.check(os.MkdirAll(at, 0o755))
		return
	}
	p.check(os.WriteFile(at, []byte(text), 0o600))
}

// checkpoint makes a complete one.
func (p *place) checkpoint(job string, id int64) {
	p.t.Helper()
	dir, err := snapshot.CreateCheckpoint(p.t.Context(), p.fs, p.root, job, id)
	p.check(err)
	_, err = snapshot.WriteMetadata(p.t.Context(), p.fs, dir, &snapshot.Metadata{
		JobID: job, CheckpointID: id, Kind: snapshot.Checkpoint, MaxParallelism: 1, KeyHash: "x",
	})
	p.check(err)
}

// age makes everything as old as that.
func (p *place) age(at time.Time) {
	p.t.Helper()
	p.check(filepath.WalkDir(p.root, func(name string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Chtimes(name, at, at)
	}))
}

// names are all files and folders.
func (p *place) names() (all []string) {
	p.t.Helper()
	p.check(filepath.WalkDir(p.root, func(name string, _ os.DirEntry, err error) error {
		if rel, _ := filepath.Rel(p.root, name); rel != "." {
			all = append(all, rel)
		}
		return err
	}))
	return all
}

func finder() *Finder {
	return &Finder{Before: limit, Living: func(id string) bool { return strings.HasPrefix(livingJob, id) }}
}

// told are the findings with their paths below the root.
func (p *place) told(f *Finder) (found, kept []string) {
	p.t.Helper()
	for _, o := range f.Found {
		found = append(found, strings.TrimPrefix(o.URI, "file://"+p.root+"/")+": "+o.What)
	}
	for _, k := range f.Kept {
		kept = append(kept, strings.TrimPrefix(k.URI, "file://"+p.root+"/")+": "+k.Why)
	}
	return found, kept
}

func (p *place) remove(f *Finder) {
	p.t.Helper()
	for i := range f.Found {
		p.check(f.Found[i].Remove(p.t.Context()))
	}
}

func TestWhatDeadJobsLeave(t *testing.T) {
	p := newPlace(t)
	p.checkpoint(deadJob, 5)
	p.file(deadJob+"/chk-5/"+dataFile, "of a worker that was given up")
	p.file(deadJob+"/chk-5/notes", "mine")
	p.file(deadJob+"/chk-6/"+dataFile, "unfinished")
	p.file(deadJob+"/chk-6/."+dataFile+".01234567.tmp", "being written")
	p.file(deadJob+"/chk-7/"+dataFile, "unfinished")
	p.file(deadJob+"/chk-7/thesis", "mine")
	p.file(deadJob+"/chk-8.deleted/"+dataFile, "half deleted")
	p.file(deadJob+"/shared/", "")
	p.file(livingJob+"/chk-6/"+dataFile, "being written")
	p.file("flink/"+dataFile, "no job's folder")
	p.age(old)
	f := finder()
	p.check(f.Checkpoints(t.Context(), p.fs, p.root))
	found, kept := p.told(f)
	if diff := cmp.Diff([]string{
		deadJob + "/chk-5/" + dataFile + ": file of no state", deadJob + "/chk-6: unfinished checkpoint",
		deadJob + "/chk-8.deleted: half deleted checkpoint",
	}, found); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{deadJob + `/chk-7: it is an unfinished snapshot, but holds "thesis"`}, kept); diff != "" {
		t.Error(diff)
	}
	p.remove(f)
	p.remove(f) // what is gone is no error
	want := []string{
		deadJob, deadJob + "/chk-5", deadJob + "/chk-5/_metadata", deadJob + "/chk-5/notes", deadJob + "/chk-7", deadJob + "/chk-7/thesis",
		deadJob + "/chk-7/" + dataFile, deadJob + "/shared", livingJob, livingJob + "/chk-6", livingJob + "/chk-6/" + dataFile, "flink", "flink/" + dataFile,
	}
	if diff := cmp.Diff(len(want), len(p.names())); diff != "" {
		t.Errorf("there is %q", p.names())
	}
	if _, err := snapshot.Read(t.Context(), p.fs, p.root+"/"+deadJob+"/chk-5"); err != nil {
		t.Error(err)
	}
}

func TestAnEmptyJobGoes(t *testing.T) {
	p := newPlace(t)
	p.file(deadJob+"/chk-6/"+dataFile, "unfinished")
	p.file(deadJob+"/shared/", "")
	p.file(deadJob+"/taskowned/", "")
	p.file(deadJob+"/_job", "{}")
	p.age(old)
	f := finder()
	p.check(f.Checkpoints(t.Context(), p.fs, p.root))
	p.remove(f)
	if names := p.names(); len(names) > 0 {
		t.Errorf("there is %q", names)
	}
}

func TestOtherSystemsAndFreshFilesAreLeftAlone(t *testing.T) {
	for name, make := range map[string]func(p *place){
		"another system's checkpoints": func(p *place) {
			p.file(deadJob+"/chk-5/_metadata", "another format")
			p.file(deadJob+"/chk-6/41cd6b6f-3f1c-4e4c-8d0e-9d9c3a1d5f10", "its state")
			p.file(deadJob+"/shared/41cd6b6f-3f1c-4e4c-8d0e-9d9c3a1d5f10", "its state")
			p.age(old)
		},
		"its empty folders": func(p *place) {
			p.file(deadJob+"/chk-6/", "")
			p.file(deadJob+"/shared/", "")
			p.age(old)
		},
		"a job that was busy just now": func(p *place) {
			p.file(deadJob+"/chk-6/"+dataFile, "unfinished")
			p.age(old)
			p.file(deadJob+"/chk-7/"+dataFile, "fresh")
		},
	} {
		p := newPlace(t)
		make(p)
		f := finder()
		p.check(f.Checkpoints(t.Context(), p.fs, p.root))
		if found, _ := p.told(f); len(found) > 0 {
			t.Errorf("%s: found %q", name, found)
		}
	}
	f := finder()
	p := newPlace(t)
	p.check(f.Checkpoints(t.Context(), p.fs, p.root+"/nowhere"))
}

func TestUnfinishedSavepoints(t *testing.T) {
	p := newPlace(t)
	p.file("savepoint-012345-0123456789ab/"+dataFile, "unfinished")
	p.file("savepoint-012345-00000000000f/41cd6b6f-3f1c-4e4c-8d0e-9d9c3a1d5f10", "another system's")
	p.file("savepoint-012345-00000000000a/_metadata", "complete")
	p.file("savepoint-"+livingJob[:6]+"-0123456789ab/"+dataFile, "being written")
	p.file("savepoint-mine/"+dataFile, "a name that nobody gives")
	p.age(old)
	p.file("savepoint-012345-00000000000b/"+dataFile, "fresh")
	f := finder()
	p.check(f.Savepoints(t.Context(), p.fs, p.root))
	found, kept := p.told(f)
	if diff := cmp.Diff([]string{"savepoint-012345-0123456789ab: unfinished savepoint"}, found); diff != "" || len(kept) != 1 {
		t.Error(diff, kept)
	}
	before := len(p.names())
	p.remove(f)
	if len(p.names()) != before-2 {
		t.Errorf("there is %q", p.names())
	}
}

// program is the name of a staged program.
func program(digit string) string { return strings.Repeat(digit, 64) }

// spec is the specification of a job that runs a program.
func spec(t *testing.T, digit string) string {
	t.Helper()
	text, err := (&jobspec.Spec{Version: jobspec.Version, Resources: []jobspec.Resource{{URI: "hdfs://nn/x/programs/" + program(digit)}}}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// fate knows applications by their names.
func fate(name string, _ *jobspec.Spec) (Fate, error) {
	switch name {
	case "application_lives":
		return Lives, nil
	case "application_ended":
		return Ended, nil
	}
	return NoApplication, nil
}

func TestStaging(t *testing.T) {
	p := newPlace(t)
	p.file("application_lives/weft-job.json", spec(t, "a"))
	p.file("application_ended/weft-job.json", spec(t, "b"))
	p.file("application_ended/credentials", "secret")
	p.file("photos/cat", "mine")
	for _, digit := range []string{"a", "b", "c"} {
		p.file("programs/"+program(digit), "an executable")
	}
	p.file("programs/."+program("d")+".01234567.tmp", "half an upload")
	p.file("programs/README", "mine")
	p.age(old)
	p.file("programs/"+program("e"), "fresh")
	f := finder()
	p.check(f.Staging(t.Context(), p.fs, p.root, fate))
	found, _ := p.told(f)
	if diff := cmp.Diff([]string{
		"application_ended: staging of an application that ended",
		"programs/." + program("d") + ".01234567.tmp: unfinished upload of a program",
		"programs/" + program("b") + ": program that no application uses", "programs/" + program("c") + ": program that no application uses",
	}, found); diff != "" {
		t.Error(diff)
	}
	p.remove(f)
	want := []string{
		"application_lives", "application_lives/weft-job.json", "photos", "photos/cat",
		"programs", "programs/README", "programs/" + program("a"), "programs/" + program("e"),
	}
	if diff := cmp.Diff(want, p.names()); diff != "" {
		t.Error(diff)
	}
}

func TestProgramsStayWhileSomethingIsBeingSubmitted(t *testing.T) {
	p := newPlace(t)
	p.file("application_lives/credentials", "it has no specification yet")
	p.file("programs/"+program("a"), "an executable")
	p.age(old)
	f := finder()
	p.check(f.Staging(t.Context(), p.fs, p.root, fate))
	found, kept := p.told(f)
	if diff := cmp.Diff([]string{"programs/" + program("a") + ": application_lives does not say which program it uses"}, kept); diff != "" || len(found) > 0 {
		t.Error(diff, found)
	}
}
