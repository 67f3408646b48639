package market

import (
	"fmt"
	"math"
	"math/bits"
	"strings"
)

// text is what the strings of events are cut from. It is made once, so that an
// event costs no memory of its own: its strings share this one.
type text struct {
	letters      string // for Extra
	digits       string // groups of four and a space each
	names        []string
	emails       []string
	items        []string
	descriptions []string
	channels     [hotChannels + channels]channel // the hot ones first
	prices       [steps + 1]int64
}

// channel is a way by which bids come, with the page that it leads to.
type channel struct{ name, url string }

const (
	letterBytes = 1 << 20
	digitGroups = 10_000
	texts       = 1_000 // of each kind that are made at random
	hotChannels = 4
	channels    = 10_000
	steps       = 1 << stepBits // of the table of prices
	stepBits    = 10
)

var (
	cities     = list("Phoenix,Los Angeles,San Francisco,Boise,Portland,Bend,Redmond,Seattle,Kent,Cheyenne")
	states     = list("AZ,CA,ID,OR,WA,WY")
	firstNames = list("Peter,Paul,Luke,John,Saul,Vicky,Kate,Julie,Sarah,Deiter,Walter")
	lastNames  = list("Shultz,Abrams,Spencer,White,Bartels,Walton,Smith,Jones,Noris")
)

func list(names string) []string { return strings.Split(names, ",") }

func newText(seed uint64) *text {
	d := &draws{mix(^seed)}
	t := &text{letters: letters(d, letterBytes, 0)}
	var digits strings.Builder
	for range digitGroups {
		fmt.Fprintf(&digits, "%04d ", scaleFar(d.next(), 10_000))
	}
	t.digits = digits.String()
	for _, first := range firstNames {
		for _, last := range lastNames {
			t.names = append(t.names, first+" "+last)
		}
	}
	for range texts {
		t.emails = append(t.emails, words(d, 7, ' ')+"@"+words(d, 5, ' ')+".com")
		t.items = append(t.items, words(d, 20, ' '))
		t.descriptions = append(t.descriptions, words(d, 100, ' '))
	}
	for i, name := range list("Google,Facebook,Baidu,Apple") {
		t.channels[i] = channel{name, page(d)}
	}
	for i := range channels {
		c := channel{fmt.Sprintf("channel-%d", i), page(d)}
		if scaleFar(d.next(), 10) > 0 {
			c.url += fmt.Sprintf("&channel_id=%d", bits.Reverse32(uint32(i))&math.MaxInt32)
		}
		t.channels[hotChannels+i] = c
	}
	for i := range t.prices {
		t.prices[i] = int64(math.Round(100 * math.Pow(10, 6*float64(i)/steps)))
	}
	return t
}

// page returns the address of an item's page, three folders deep.
func page(d *draws) string {
	return "https://www.nexmark.com/" + words(d, 5, '_') + "/" + words(d, 5, '_') + "/" + words(d, 5, '_') + "/item.htm?query=1"
}

// words returns 3 to below-1 random letters, without spaces at their ends.
func words(d *draws, below int64, special byte) string {
	return strings.TrimSpace(letters(d, int(3+scaleFar(d.next(), below-3)), special))
}

// letters returns so many random letters; one in 13 is the special one, if there is any.
func letters(d *draws, length int, special byte) string {
	b := make([]byte, length)
	for i := range b {
		letter, other := d.two()
		b[i] = 'a' + byte(scale(letter, 26))
		if special != 0 && scale(other, 13) == 0 {
			b[i] = special
		}
	}
	return string(b)
}

// price returns a price in cents from 1 to a million dollars: of each order of
// magnitude there are as many. It goes by a table with straight lines between,
// for a power would cost more than all else of a bid.
func (t *text) price(random uint32) int64 {
	const rest = 32 - stepBits
	at, part := random>>rest, int64(random&(1<<rest-1))
	low, high := t.prices[at], t.prices[at+1]
	return low + (high-low)*part>>rest
}

// extra returns letters that fill an event up to its average size, give or take a
// fifth. room is what the average leaves.
func (t *text) extra(room int, random uint32, d *draws) string {
	if room <= 0 {
		return ""
	}
	spread := (room + 2) / 5
	size := int64(room - spread)
	if spread > 0 {
		size += scale(random, int64(2*spread))
	}
	from := scaleFar(d.next(), letterBytes-size)
	return t.letters[from : from+size]
}

// creditCard returns four groups of four digits.
func (t *text) creditCard(random uint32) string {
	const groups = 4
	from := 5 * scale(random, digitGroups-groups+1)
	return t.digits[from : from+5*groups-1]
}
