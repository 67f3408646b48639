//go:build browser

// The tests in this file open the page in a real browser: go test -tags
// browser ./web. They need chromium (Debian: apt-get install chromium).
// With -screenshots <folder> they leave pictures.
package web

import (
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/weft-stream/weft/appmaster/api"
)

// TestPage opens the page of a job that had a failure and goes on.
func TestPage(t *testing.T) {
	m, b := startMaster(t), startBrowser(t)
	b.do(chromedp.Navigate(m.server.URL + proxied + "/"))

	b.sees("h1", "streaming.SocketWindowWordCount")
	b.sees(".job .now", "RUNNING")
	b.sees(".warnings", "cannot go back to where it was")
	b.sees(".tile", "5 of 5")
	b.sees(".rate .value", "511 / s")
	b.sees(".rate .value", "2,046 / s")

	b.sees("#graph .box", "Source: Socket")
	b.sees("#graph .box", "read 511/s out 511/s")
	b.sees("#graph .box", "in 2,046/s")
	b.sees("#graph .ship", "REBALANCE")
	b.sees("#graph .ship", "HASH")

	b.sees("#tasks tr.parent", "Window(5s) -> Sum -> Sink: Print RUNNING")
	b.sees("#workers tr", "000003")
	b.sees("#workers tr.master", "nm1.cluster:41234")
	b.sees("#checkpoints .latest", "chk-61")
	b.sees("#checkpoints .history", "Savepoint")
	b.sees("#operations", "permission denied for user root")
	b.sees("#operations .commands", "weft savepoint 1c58ec397f11acc4bf520305577c86f2 -yid application_1795346270964_0021")
	b.sees("#operations .commands", "weft cancel -s 1c58ec397f11acc4bf520305577c86f2 -yid application_1795346270964_0021")
	b.sees("#failures .message", `strconv.Atoi: parsing "thirteen": invalid syntax`)
	b.sees("#failures", "main.go:31")
	b.sees("#failures .exceptions", "and 1 other at the same time")
	b.sees("#configuration", "state.checkpoints.num-retained")
	b.sees("#configuration .aside", "fixed delay: 3 attempts")

	b.opens()
	b.checkLinks(m)
	b.pictures("page")
	b.clean(m)
}

// opens works with the keyboard alone.
func (b *browser) opens() {
	b.t.Helper()
	press := func(selector string) {
		b.t.Helper()
		b.do(chromedp.Focus(chromedp.CSS(selector)), chromedp.KeyEvent("\r"))
	}
	press("#tasks tr.parent:last-of-type .opener")
	b.sees("#tasks tr.child", "subtask 2 RUNNING nm2.cluster 000003")
	b.sees("#tasks tr.child", "83 %")
	press("#checkpoints .history tbody tr:nth-child(2) .opener")
	b.sees("#checkpoints .details", "Source: Socket -> Lines 1 of 1")
	press("#checkpoints .details tr.parent:last-of-type .opener")
	b.sees("#checkpoints .subtasks", "22 ms 31 ms 4 ms 81 ms 138 ms")
	press("#failures .failure summary")
	b.sees("#failures .failure pre", "watermark.go:88")
	b.do(chromedp.SendKeys(chromedp.CSS("#configuration input[type=search]"), "parallelism"))
	b.sees("#configuration .settings tr", "parallelism.default 1")
}

// links lead to the logs, wherever the page is.
func (b *browser) checkLinks(m *master) {
	b.t.Helper()
	base := m.server.URL + proxied + "/"
	const logs = "http://nm2.cluster:8042/node/containerlogs/container_1795346270964_0021_01_000003/root"
	check := func(selector, text, want string) {
		b.t.Helper()
		if got := b.links(selector)[text]; got != want {
			b.t.Errorf("%s %q leads to %q, want %q", selector, text, got, want)
		}
	}
	check("#workers tr.master a", "log", base+"jobmanager/log")
	check("#workers tr.master a", "stdout", base+"jobmanager/stdout")
	check("#workers tr:last-child a", "stdout", logs+"/stdout?start=0")
	check("#workers tr:last-child a", "log", logs+"/stderr?start=0")
	check("#workers tr:last-child a", "all of its files", logs)
	check("#tasks tr.child:last-of-type a", "nm2.cluster 000003", logs)
	check(".job .facts a", "application_1795346270964_0021", m.server.URL+"/cluster/app/application_1795346270964_0021")
}

// TestBase opens the address that YARN's UI links to, which has no slash at
// its end: everything is found by the base address that the master gives.
func TestBase(t *testing.T) {
	m, b := startMaster(t), startBrowser(t)
	b.do(chromedp.Navigate(m.server.URL + proxied))
	b.sees("#checkpoints .history", "chk-60")
	if got, want := b.links("#workers tr.master a")["log"], m.server.URL+proxied+"/jobmanager/log"; got != want {
		t.Errorf("the master's log is at %s, want %s", got, want)
	}
	before := get[string](b, "location.href")
	b.do(chromedp.Click(chromedp.CSS(`nav a[href="#failures"]`)))
	if after := get[string](b, "location.href"); after != before {
		t.Errorf("a link within the page led from %s to %s", before, after)
	}
	b.clean(m)
}

// TestChanges follows a job through a restart: the page is told, and asks for
// what it must read again.
func TestChanges(t *testing.T) {
	m, b := startMaster(t), startBrowser(t)
	b.do(chromedp.Navigate(m.server.URL + proxied + "/"))
	b.sees(".job .now", "RUNNING")
	m.change(func(j *api.Job) {
		j.State, j.Detail, j.Restarts = "RESTARTING", "container 000002 was lost", 2
		j.Failure = &api.Failure{Time: j.Now, Message: "container 000002 was lost", Worker: j.Workers[0].ID}
		j.Workers[0].State = "LOST"
		j.Tasks.Running, j.Tasks.Created = 0, 5
		for i := range j.Vertices {
			j.Vertices[i].State = "CREATED"
			for s := range j.Vertices[i].Subtasks {
				j.Vertices[i].Subtasks[s].State = "CREATED"
				j.Vertices[i].Subtasks[s].Worker = ""
			}
		}
	})
	b.sees(".job .now", "RESTARTING")
	b.sees(".job .detail", "container 000002 was lost")
	b.sees(".box", "CREATED")
	b.sees("#failures .message", "container 000002 was lost")
	b.sees("#workers tr.lost", "LOST")
	m.change(func(j *api.Job) { j.Workers = j.Workers[1:] })
	b.do(chromedp.WaitNotPresent(chromedp.CSS("#workers tr.lost")))
	lost := m.server.URL + proxied + "/taskmanagers/container_1795346270964_0021_01_000002/log"
	if got := b.links("#failures .failure a")["log"]; got != lost {
		t.Errorf("the log of a worker that is gone is at %q, want %q", got, lost)
	}
	b.pictures("restarting")
	b.clean(m)
}

// TestEmpty shows a job that has nothing yet: every section says so.
func TestEmpty(t *testing.T) {
	m, b := startMaster(t), startBrowser(t)
	m.change(func(j *api.Job) {
		j.State, j.Detail = "CREATED", "waiting for workers: 0 of 2 are there"
		j.Workers, j.Operations, j.Warnings = []api.Worker{}, []api.Operation{}, []string{}
		j.Failure, j.Restored, j.Restarts = nil, nil, 0
		j.Checkpoints = api.Checkpoints{}
		j.Tasks = api.TaskCounts{Total: 5, Created: 5}
	})
	b.do(chromedp.Navigate(m.server.URL + proxied + "/"))
	b.sees(".job .detail", "waiting for workers: 0 of 2 are there")
	b.sees("#workers .empty", "No container yet: 2 are asked of YARN")
	b.sees("#operations .empty", "Nothing was asked of this job so far")
	b.sees("#failures .empty", "None so far")
	b.sees(".tile", "no failure so far")
	b.pictures("empty")
	b.clean(m)
}

// TestMasterGone loses the master while the job runs, and finds it again.
func TestMasterGone(t *testing.T) {
	m, b := startMaster(t), startBrowser(t)
	b.do(chromedp.Navigate(m.server.URL + proxied + "/"))
	b.sees(".job .now", "RUNNING")
	m.leave()
	b.sees(".banner.lost", "The application master does not answer")
	b.sees(".banner.lost", "yarn application -status application_1795346270964_0021")
	b.sees("h1", "streaming.SocketWindowWordCount") // what was known stays
	b.pictures("lost")
	m.comeBack()
	b.sees(".top .link", "live")
	b.do(chromedp.WaitNotVisible(chromedp.CSS(".banner")))
}

// TestEnd follows a job to its end and beyond its master's.
func TestEnd(t *testing.T) {
	m, b := startMaster(t), startBrowser(t)
	b.do(chromedp.Navigate(m.server.URL + proxied + "/"))
	b.sees(".job .now", "RUNNING")
	m.change(func(j *api.Job) {
		j.State, j.Ended, j.EndedAt, j.StateSince = "CANCELED", true, j.Now, j.Now
		j.Tasks.Running, j.Tasks.Canceled = 0, 5
		for i := range j.Vertices {
			j.Vertices[i].State = "CANCELED"
			for s := range j.Vertices[i].Subtasks {
				j.Vertices[i].Subtasks[s].State = "CANCELED"
			}
		}
	})
	b.sees(".banner.ended", "The job has ended: CANCELED")
	b.sees(".banner.ended", "weft checkpoints 1c58ec397f11acc4bf520305577c86f2")
	b.sees(".job .now", "CANCELED after 1 h 3 min")
	b.sees(".rate .value", "0 / s")
	m.leave()
	b.sees(".banner.ended", "Its master is gone; this is what it said last.")
	b.sees("#checkpoints .history", "chk-60")
	b.pictures("ended")
}

// TestNoMaster opens the page when its master has just gone: it says what to
// do, and shows the job as soon as a master answers.
func TestNoMaster(t *testing.T) {
	m, b := startMaster(t), startBrowser(t)
	m.leave()
	b.do(chromedp.Navigate(m.server.URL + proxied + "/"))
	b.sees(".waiting", "None answers below "+m.server.URL+proxied+"/")
	b.sees(".waiting", "weft list")
	b.pictures("nomaster")
	m.comeBack()
	b.sees("h1", "streaming.SocketWindowWordCount")
	b.clean(m)
}
