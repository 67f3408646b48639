package lifecycle

import (
	"testing"
	"time"
)

func TestWindowOver(t *testing.T) {
	for offset := range int64(5000) {
		now, open := time.Unix(1_790_000_000+offset, 0), time.Duration(15+offset%120)*time.Second
		length, ends := windowOver(now, open)
		if ends.Unix()%int64(length) != 0 {
			t.Fatalf("%v: no window of %d s ends at %d", now, length, ends.Unix())
		}
		if late := ends.Sub(now.Add(open)); late < 0 || late > 5*time.Second {
			t.Fatalf("%v: the window of %d s ends %v after the wanted %v", now, length, late, open)
		}
		if ends.Add(-time.Duration(length) * time.Second).After(now) {
			t.Fatalf("%v: the window of %d s has not begun", now, length)
		}
	}
}
