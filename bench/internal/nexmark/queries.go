package nexmark

// Query is a query of the benchmark.
type Query struct {
	Name   string
	Title  string
	Events int64  // of a run: so many that Flink runs for about ten seconds
	Differ string // why the numbers of rows cannot be compared; "" if they must be equal
}

const million = 1_000_000

// Queries are all that are compared.
var Queries = []Query{
	{Name: "q0", Title: "pass bids through", Events: 30 * million},
	{Name: "q1", Title: "convert a currency", Events: 24 * million},
	{Name: "q2", Title: "bids for some auctions", Events: 30 * million},
	{Name: "q3", Title: "who sells nearby", Events: 24 * million},
	{Name: "q4", Title: "average price of a category", Events: 2 * million, Differ: eachChange},
	{Name: "q5", Title: "auctions with the most bids", Events: 6 * million},
	{Name: "q7", Title: "highest bids", Events: 2 * million},
	{Name: "q8", Title: "new sellers", Events: 24 * million},
	{Name: "q9", Title: "winning bids", Events: 2 * million, Differ: eachChange},
	{Name: "q11", Title: "sessions of bidders", Events: 4 * million},
	{Name: "q12", Title: "bids in windows of the clock", Events: 8 * million, Differ: "the clock's windows"},
	{Name: "q15", Title: "statistics of a day", Events: 2 * million, Differ: eachBid},
	{Name: "q16", Title: "statistics of channels", Events: 3 * million / 2, Differ: eachBid},
	{Name: "q17", Title: "statistics of auctions", Events: 4 * million},
	{Name: "q18", Title: "last bids", Events: 3 * million, Differ: "order of arrival"},
	{Name: "q19", Title: "ten highest bids", Events: 2 * million, Differ: "order of arrival"},
	{Name: "q20", Title: "bids with their auctions", Events: 2 * million},
	{Name: "q22", Title: "folders of addresses", Events: 12 * million},
}

// Why numbers of rows differ.
const (
	eachChange = "Flink: each change"
	eachBid    = "Flink: each bid"
)
