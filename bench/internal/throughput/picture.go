package throughput

import (
	"fmt"
	"html"
	"io"
	"strings"

	"github.com/weft-stream/weft/bench/internal/report"
)

// Measures of the picture, in its own units.
const (
	pictureWidth = 760
	barsFrom     = 300
	barsWidth    = 335
	barHeight    = 12
	rowHeight    = 40
	topHeight    = 46
)

// Picture draws the steady rates of Flink and Weft as bars with the ratio, as SVG that is readable on light and dark
// pages. Bars are to the scale of their row: the longer one is as long as there is room.
func (r *Results) Picture(w io.Writer, rows []Row) error {
	t := &tables{results: r, rows: rows}
	body := &strings.Builder{}
	y := topHeight
	for _, row := range rows {
		flink, weft := t.mid(row, Flink, (*Series).rate), t.mid(row, Weft, (*Series).rate)
		if flink == 0 || weft == 0 {
			continue
		}
		longest := max(flink, weft)
		title := row.Title
		if row.Workers > 1 {
			title += fmt.Sprintf(", %d workers", row.Workers)
		}
		text(body, 0, y+18, "name", title)
		bar(body, y+2, "weft", weft, longest)
		bar(body, y+2+barHeight+2, "flink", flink, longest)
		text(body, pictureWidth-80, y+20, "ratio", fmt.Sprintf("%.1f ×", weft/flink))
		y += rowHeight
	}
	_, err := fmt.Fprintf(w, pictureFrame, pictureWidth, y, pictureWidth, y, body)
	return err
}

func bar(w io.Writer, y int, class string, rate, longest float64) {
	width := max(rate/longest*barsWidth, 1)
	fmt.Fprintf(w, "<rect class=%q x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" rx=\"2\"/>\n", class, barsFrom, y, width, barHeight)
	text(w, barsFrom+int(width)+5, y+barHeight-2, "figure", report.Number(rate))
}

func text(w io.Writer, x, y int, class, s string) {
	fmt.Fprintf(w, "<text class=%q x=\"%d\" y=\"%d\">%s</text>\n", class, x, y, html.EscapeString(s))
}

const pictureFrame = `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" role="img" aria-label="Million records per second of Weft and Flink">
<style>
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.figure { font-size: 11px; fill: #59636e }
.ratio { font-size: 17px; font-weight: 600 }
.weft { fill: #0f766e }
.flink { fill: #a8b0b9 }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 }
.figure { fill: #9198a1 }
.weft { fill: #2dd4bf }
.flink { fill: #59636e }
}
</style>
<text class="name" x="0" y="18">million records per second, 2 cores</text>
<rect class="weft" x="300" y="7" width="12" height="12" rx="2"/><text x="318" y="18">Weft</text>
<rect class="flink" x="370" y="7" width="12" height="12" rx="2"/><text x="388" y="18">Flink</text>
%s</svg>
`
