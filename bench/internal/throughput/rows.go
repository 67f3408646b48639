package throughput

// Row is one line of the table: a job in a shape, which all systems run.
type Row struct {
	ID         string // for --row
	Title      string
	Job        string
	Args       []string
	Workers    int    // with subtasks / Workers slots each
	Checkpoint string // interval; "off" for none
	Backend    string // "hashmap", or "rocksdb" (state that may be larger than memory)
	Bare       bool   // beside bare loops
	Counts     map[string]int64
}

// Systems.
const (
	Weft    = "weft"
	Flink   = "flink"
	Bare    = "bare"     // with the table of keyed state
	BareMap = "bare-map" // with Go's map
)

const (
	none   = "off"
	each1  = "1s"
	each10 = "10s"
	heap   = "hashmap"
	rocks  = "rocksdb"
)

// million is the unit of counts.
const million = 1_000_000

// counts says how many million records make a run of some seconds, on a machine of two cores. Runs that are much shorter or
// longer are measured again with another count.
func counts(weft, flink int64) map[string]int64 {
	return map[string]int64{Weft: weft * million, Flink: flink * million}
}

// withBare is counts with those of the bare loops.
func withBare(weft, flink, bare, bareMap int64) map[string]int64 {
	all := counts(weft, flink)
	all[Bare], all[BareMap] = bare*million, bareMap*million
	return all
}

// Rows are all of the table, those of one shape beside each other: Flink's session is started anew for each shape.
var Rows = []Row{
	{ID: "j1", Title: "J1 word count, 10³ words", Job: "j1", Args: []string{"--words", "1000"}, Workers: 1, Checkpoint: each10, Backend: heap, Bare: true, Counts: withBare(380, 32, 900, 700)},
	{ID: "j1-million", Title: "J1 word count, 10⁶ words", Job: "j1", Args: []string{"--words", "1000000"}, Workers: 1, Checkpoint: each10, Backend: heap, Bare: true, Counts: withBare(70, 4, 70, 70)},
	{ID: "j2", Title: "J2 tumbling windows of 10 s", Job: "j2", Workers: 1, Checkpoint: each10, Backend: heap, Bare: true, Counts: withBare(400, 40, 1400, 1400)},
	{ID: "q0", Title: "Q0 pass-through", Job: "q0", Workers: 1, Checkpoint: each10, Backend: heap, Bare: true, Counts: withBare(250, 180, 500, 0)},
	{ID: "q5", Title: "Q5 hot items", Job: "q5", Workers: 1, Checkpoint: each10, Backend: heap, Bare: true, Counts: withBare(100, 6, 120, 250)},
	{ID: "q0-rebalanced", Title: "Q0, bids change the subtask", Job: "q0", Args: []string{"--rebalance"}, Workers: 1, Checkpoint: each10, Backend: heap, Counts: counts(150, 14)},
	{ID: "j1-million-none", Title: "J1, 10⁶ words, no checkpoints", Job: "j1", Args: []string{"--words", "1000000"}, Workers: 1, Checkpoint: none, Backend: heap, Counts: counts(70, 5)},
	{ID: "j1-million-second", Title: "J1, 10⁶ words, a checkpoint each second", Job: "j1", Args: []string{"--words", "1000000"}, Workers: 1, Checkpoint: each1, Backend: heap, Counts: counts(70, 3)},
	{ID: "j1-million-rocksdb", Title: "J1, 10⁶ words, RocksDB", Job: "j1", Args: []string{"--words", "1000000"}, Workers: 1, Checkpoint: each10, Backend: rocks, Counts: counts(70, 3)},
	{ID: "j1-two", Title: "J1, 10³ words", Job: "j1", Args: []string{"--words", "1000"}, Workers: 2, Checkpoint: each10, Backend: heap, Counts: counts(180, 24)},
	{ID: "j1-million-two", Title: "J1, 10⁶ words", Job: "j1", Args: []string{"--words", "1000000"}, Workers: 2, Checkpoint: each10, Backend: heap, Counts: counts(50, 3)},
	{ID: "j2-two", Title: "J2", Job: "j2", Workers: 2, Checkpoint: each10, Backend: heap, Counts: counts(300, 30)},
	{ID: "q5-two", Title: "Q5", Job: "q5", Workers: 2, Checkpoint: each10, Backend: heap, Counts: counts(80, 5)},
}

// systems are those that take part in a row, in the order of their turns.
func (r Row) systems() []string {
	if !r.Bare {
		return []string{Flink, Weft}
	}
	if r.Job == "q0" { // it has no table
		return []string{Flink, Weft, Bare}
	}
	return []string{Flink, Weft, Bare, BareMap}
}

// shape is what a session of Flink is made for.
type shape struct {
	workers int
	backend string
}

func (r Row) shape() shape { return shape{r.Workers, r.Backend} }
