package natlab

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
)

// result is what a lab has shown.
type result struct {
	a, b     string        // what stands before A and before B
	path     string        // in the end
	direct   time.Duration // from the time that the way was open to the direct path; 0: relayed
	stall    time.Duration // the longest of the stream when it moved; 0 when less than stallLeast
	failback time.Duration // from the cut to the next bytes by P
}

func (r result) String() string {
	seconds := func(d time.Duration) string {
		if d == 0 {
			return "-"
		}
		return fmt.Sprintf("%.2f s", d.Seconds())
	}
	stall := seconds(r.stall)
	if r.stall == 0 {
		stall = fmt.Sprintf("< %.2f s", stallLeast.Seconds())
	}
	return fmt.Sprintf("| %s | %s | %s | %s | %s | %s |", r.a, r.b, r.path, seconds(r.direct), stall, seconds(r.failback))
}

// table collects the results of labs that run in parallel.
type table struct {
	mu   sync.Mutex
	rows []result
}

// measured holds the results of all labs, as in docs/network.md.
var measured table

func (s *table) add(r result) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rows = append(s.rows, r)
}

// print prints the rows that there are.
func (s *table) print(w io.Writer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.rows) == 0 {
		return
	}
	slices.SortFunc(s.rows, func(x, y result) int { return strings.Compare(x.a+x.b, y.a+y.b) })
	_, _ = fmt.Fprintln(w, "| NAT of A | NAT of B | way reached | time to direct | longest stall at the switch | back on the peer after the cut |\n|---|---|---|---|---|---|")
	for _, r := range s.rows {
		_, _ = fmt.Fprintln(w, r)
	}
}
