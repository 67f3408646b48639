package snapshot

import (
	"strings"
	"testing"

	"github.com/weft-stream/weft/internal/storage"
)

func TestLowSpace(t *testing.T) {
	const gigabyte = 1e9
	for _, test := range []struct {
		space storage.Space
		last  int64
		want  string // in the line; "" for none
	}{
		{storage.Space{Free: 50 * gigabyte, Total: 100 * gigabyte, Names: -1}, gigabyte, ""},
		{storage.Space{Free: 5 * gigabyte, Total: 100 * gigabyte, Names: -1}, 0, ""},
		{storage.Space{Free: 4 * gigabyte, Total: 100 * gigabyte, Names: -1}, 0, "room for 4000.0 MB more, less than 5 % of all"},
		{storage.Space{Free: 50 * gigabyte, Total: 100 * gigabyte, Names: -1}, 6 * gigabyte, "room for 50000.0 MB more, and the last checkpoint took 6000.0 MB"},
		{storage.Space{Free: 50 * gigabyte, Total: 100 * gigabyte, Names: 99}, 0, "room for 99 more files"},
		{storage.Space{Free: 50 * gigabyte, Total: 100 * gigabyte, Names: 100}, 0, ""},
		{storage.Space{Total: 100 * gigabyte, Names: -1}, 0, "room for 0.0 MB"},
	} {
		got := LowSpace("hdfs://ns/cp", test.space, test.last)
		if (got == "") != (test.want == "") || !strings.Contains(got, test.want) || strings.Contains(got, "\n") {
			t.Errorf("%+v, last %d: %q, want %q in it", test.space, test.last, got, test.want)
		}
	}
}
