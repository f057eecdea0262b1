package couch

import (
	"strconv"
	"time"
)

// A feed is a form of the changes feed.
type feed string

const (
	feedNormal      feed = "normal"
	feedLongpoll    feed = "longpoll"
	feedContinuous  feed = "continuous"
	feedEventSource feed = "eventsource"
)

var feeds = map[string]feed{
	"": feedNormal, "normal": feedNormal, "longpoll": feedLongpoll,
	"continuous": feedContinuous, "eventsource": feedEventSource,
}

// goesOn reports whether the feed waits for more after it has sent rows.
func (f feed) goesOn() bool { return f == feedContinuous || f == feedEventSource }

func (f feed) beforeRow(b []byte, row int) []byte {
	switch {
	case f == feedEventSource:
		return append(b, "data: "...)
	case f == feedContinuous || row == 0:
		return b
	}
	return append(b, ",\n"...)
}

func (f feed) afterRow(b []byte, seq int64, d *database) []byte {
	switch f {
	case feedEventSource:
		b = append(b, "\nid: "...)
		b = d.appendSeq(b, seq)
		return append(b, "\n\n"...)
	case feedContinuous:
		return append(b, '\n')
	}
	return b
}

func (f feed) heartbeat(b []byte) []byte {
	if f == feedEventSource {
		return append(b, "event: heartbeat\ndata: \n\n"...)
	}
	return append(b, '\n')
}

// changes answers GET and POST /{db}/_changes.
func (r *request) changes() error {
	q, err := r.changesQuery()
	if err != nil {
		return err
	}
	if q.feed != feedNormal {
		defer r.server.feeds.Add(-1)
		if r.server.feeds.Add(1) > int64(r.server.opts.MaxFeeds) {
			r.w.Header().Set("Retry-After", "10")
			return errTooManyFeeds
		}
	}
	contentType := "application/json"
	if q.feed == feedEventSource {
		contentType = "text/event-stream"
	}
	c := &changesReader{db: r.db, q: q, out: r.stream(contentType), last: q.since}
	q.show.spill = c.out.take
	woken, stop := r.db.changed.Listen()
	defer stop()
	if !q.feed.goesOn() {
		c.out.buf = append(c.out.buf, "{\"results\":[\n"...)
	}
	if err := c.read(r.Context()); err != nil {
		return c.out.fail(err)
	}
	if q.feed.goesOn() || q.feed == feedLongpoll && c.rows == 0 {
		if over, err := r.follow(c, woken); err != nil || !over {
			return err
		}
	}
	c.end()
	return c.out.flush()
}

// follow sends what changes until the feed is over: with rows, for longpoll;
// by its limit, its timeout, or the database closing. Over is false if the
// client has gone, or the answer was cut short.
func (r *request) follow(c *changesReader, woken <-chan struct{}) (over bool, err error) {
	beat, idle := newTimer(untilBeat(c.q.heartbeat)), newTimer(c.q.timeout)
	defer beat.Stop()
	defer idle.Stop()
	for !c.full() {
		if err := c.out.flush(); err != nil {
			return false, err
		}
		select {
		case <-woken:
			rows := c.rows
			if err := c.read(r.Context()); err != nil {
				return false, c.out.fail(err)
			}
			if c.rows > rows && c.q.feed == feedLongpoll {
				return true, nil
			}
			if c.rows > rows && c.q.timeout > 0 {
				idle.Reset(c.q.timeout)
			}
		case <-beat.C:
			c.out.buf = c.q.feed.heartbeat(c.out.buf)
			beat.Reset(untilBeat(c.q.heartbeat))
		case <-idle.C:
			return true, nil
		case <-r.db.done:
			return true, nil
		case <-r.Context().Done():
			return false, nil
		}
	}
	return true, nil
}

// untilBeat is the time until the next heartbeat, at most that much: those of all
// feeds come together, so that a device at rest is woken once for all of them.
func untilBeat(every time.Duration) time.Duration {
	if every == 0 {
		return 0
	}
	return every - time.Duration(time.Now().UnixNano())%every
}

// newTimer returns a timer that fires after d, or never if d is 0.
func newTimer(d time.Duration) *time.Timer {
	t := time.NewTimer(max(d, time.Hour))
	if d == 0 {
		t.Stop()
	} else {
		t.Reset(d)
	}
	return t
}

// end appends what comes after the rows.
func (c *changesReader) end() {
	b := c.out.buf
	switch c.q.feed {
	case feedEventSource:
		return
	case feedContinuous:
		b = append(b, `{"last_seq":`...)
	default:
		b = append(b, "\n],\n\"last_seq\":"...)
	}
	b = c.db.appendSeq(b, c.last)
	b = append(b, `,"pending":`...)
	b = strconv.AppendInt(b, c.pending(), 10)
	c.out.buf = append(b, "}\n"...)
}

// pending returns how many changes are left at most: a seq may belong to a
// document that has changed again.
func (c *changesReader) pending() int64 {
	st := c.db.state.Load()
	if c.q.descending {
		return 0
	}
	return max(0, min(st.seq-c.last, st.docs+st.deleted))
}
