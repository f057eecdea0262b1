package blob

import "sync"

const mostRecent = 4096 // rows; some 300 bytes each

// recent has rows of the table blobs that were written lately, of files in their
// places: those are asked for again at once, by who records them, who watches the
// folder and who sends them to other devices. Its methods are safe for concurrent use.
type recent struct {
	mu   sync.Mutex        // guards the fields below
	rows map[Digest]row    // not missing
	at   map[string]Digest // by folded path
}

func newRecent() *recent { return &recent{rows: make(map[Digest]row), at: make(map[string]Digest)} }

func (c *recent) get(d Digest) (r row, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r, ok = c.rows[d]
	return r, ok
}

// lying returns the row of the file at rel.
func (c *recent) lying(rel string) (r row, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r, ok = c.rows[c.at[fold(rel)]]
	return r, ok && r.path == rel
}

// note takes in what a transaction has written, in its order: a row, or a digest
// alone whose row is gone.
func (c *recent) note(written []row) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range written {
		c.drop(r.digest)
		if r.path == "" || r.missing {
			continue
		}
		folded := fold(r.path)
		c.drop(c.at[folded]) // which is missing now
		if len(c.rows) >= mostRecent {
			clear(c.rows)
			clear(c.at)
		}
		c.rows[r.digest], c.at[folded] = r, r.digest
	}
}

// drop forgets a row. The caller holds mu.
func (c *recent) drop(d Digest) {
	if r, ok := c.rows[d]; ok {
		delete(c.rows, d)
		delete(c.at, fold(r.path))
	}
}

// forget drops the rows that a transaction would have written, of which is not
// known whether it has.
func (c *recent) forget(written []row) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range written {
		c.drop(r.digest)
		if r.path != "" {
			c.drop(c.at[fold(r.path)])
		}
	}
}
