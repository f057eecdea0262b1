package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
)

// Client gives commands to a device over its control API, whether it runs in
// another process or in this one.
type Client struct {
	http  *http.Client
	token string
	hello Hello
	local bool // the device runs in this process
	close func() error
}

// Connect connects to the device that runs on home ("" = the default home). It
// fails with ErrNotRunning when none does, and waits, until ctx ends, for one
// that is starting.
func Connect(ctx context.Context, home string) (*Client, error) {
	p, err := seekPlaces(home)
	if err != nil {
		return nil, err
	}
	conn, token, err := dialControl(ctx, p)
	if err != nil {
		return nil, err
	}
	first := make(chan net.Conn, 1) // the connection that proved that a device runs is used
	first <- conn
	c := newClient(func(ctx context.Context) (net.Conn, error) {
		select {
		case conn := <-first:
			return conn, nil
		default:
			conn, _, err := dialControl(ctx, p)
			return conn, err
		}
	})
	c.token = token
	if err := c.meet(ctx); err != nil {
		if errors.Is(err, ErrStopped) { // it was about to go
			err = notRunning(p)
		}
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// Client returns a client of this very device, which must run.
func (a *App) Client(ctx context.Context) (*Client, error) {
	ln := newMemListener()
	ctx, cancel := context.WithCancel(ctx)
	served := make(chan struct{})
	go func() {
		defer close(served)
		if err := serve(ctx, ln, a.control.handler, nil); err != nil {
			a.log.ErrorContext(ctx, "Serving commands failed", "err", err)
		}
	}()
	c := newClient(ln.dial)
	c.close = func() error {
		c.http.CloseIdleConnections()
		cancel()
		<-served
		return nil
	}
	if err := c.meet(ctx); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

func newClient(dial func(context.Context) (net.Conn, error)) *Client {
	t := &http.Transport{
		DialContext:        func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx) },
		DisableCompression: true,
	}
	return &Client{http: &http.Client{Transport: t}, close: func() error { t.CloseIdleConnections(); return nil }}
}

// meet asks the device who it is.
func (c *Client) meet(ctx context.Context) error {
	if err := c.call(ctx, http.MethodGet, "/v1/hello", nil, &c.hello); err != nil {
		return err
	}
	if c.hello.Version != apiVersion {
		return fmt.Errorf("the Paul that runs speaks version %d of the control API, this program %d; stop it, and start the newer one",
			c.hello.Version, apiVersion)
	}
	return nil
}

// Close releases the connections, and stops a device that runs for this client.
func (c *Client) Close() error { return c.close() }

// Hello is how the device presented itself.
func (c *Client) Hello() Hello { return c.hello }

// Status sums up the library.
func (c *Client) Status(ctx context.Context) (s Status, err error) {
	return s, c.call(ctx, http.MethodGet, "/v1/status", nil, &s)
}

// List lists all files, the oldest photo first.
func (c *Client) List(ctx context.Context) (l []Listing, err error) {
	return l, c.call(ctx, http.MethodGet, "/v1/entries", nil, &l)
}

// Find lists the files of what a search finds, likewise; see [App.Find].
func (c *Client) Find(ctx context.Context, search string) (l []Listing, err error) {
	return l, c.call(ctx, http.MethodGet, "/v1/found?"+url.Values{"search": {search}}.Encode(), nil, &l)
}

// Devices lists the devices of the library, the one asked first.
func (c *Client) Devices(ctx context.Context) (ds []Device, err error) {
	return ds, c.call(ctx, http.MethodGet, "/v1/devices", nil, &ds)
}

// Diagnose tells what keeps devices apart, as the device knows it now.
func (c *Client) Diagnose(ctx context.Context) (d Diagnosis, err error) {
	return d, c.call(ctx, http.MethodGet, "/v1/diagnosis", nil, &d)
}

// Rename gives the device another name, and returns the one it had.
func (c *Client) Rename(ctx context.Context, name string) (was string, err error) {
	var old nameRequest
	err = c.call(ctx, http.MethodPost, "/v1/name", nameRequest{name}, &old)
	return old.Name, err
}

// RemoveDevice takes a device out of the library.
func (c *Client) RemoveDevice(ctx context.Context, id string) error {
	return c.call(ctx, http.MethodDelete, "/v1/devices/"+url.PathEscape(id), nil, nil)
}

// Peers lists the links of the overlay node.
func (c *Client) Peers(ctx context.Context) (ps []PeerInfo, err error) {
	return ps, c.call(ctx, http.MethodGet, "/v1/peers", nil, &ps)
}

// AddPeer links with the peer at uri, now and after each start.
func (c *Client) AddPeer(ctx context.Context, uri string) error {
	return c.call(ctx, http.MethodPost, "/v1/peers", peerRequest{uri}, nil)
}

// RemovePeer undoes AddPeer.
func (c *Client) RemovePeer(ctx context.Context, uri string) error {
	return c.call(ctx, http.MethodPost, "/v1/peers/remove", peerRequest{uri}, nil)
}

// Open hands args to the device's window.
func (c *Client) Open(ctx context.Context, args []string) error {
	return c.call(ctx, http.MethodPost, "/v1/open", openRequest{rawPaths(args)}, nil)
}

// Import adds files and folders, whose paths must be absolute. Each event has
// Progress, a Problem, an Entry that was added, or, at the end, Imported.
func (c *Client) Import(ctx context.Context, paths []string, each func(Event)) error {
	return c.stream(ctx, "/v1/import", pathsRequest{rawPaths(paths)}, each)
}

// Act does one thing to files: KindSave, KindUnsave, DoUnsaveWhenSafe, KindDelete,
// KindRestore or KindPurge; digests may be cut to their first 8 digits or more. Each event
// has Progress, the Entry of a file that is done, with Unchanged when nothing
// was to do, or the Failure of one that is not, which does not end the others.
func (c *Client) Act(ctx context.Context, do string, digests []string, force bool, each func(Event)) error {
	return c.stream(ctx, "/v1/files", filesRequest{Do: do, Digests: digests, Force: force}, each)
}

// Trash lists what can be brought back, the latest first: files that were
// deleted, and those whose copy on this device was unsaved.
func (c *Client) Trash(ctx context.Context) (l []TrashListing, err error) {
	return l, c.call(ctx, http.MethodGet, "/v1/trash", nil, &l)
}

// InTrash lists what the trash of the device has the bytes of.
func (c *Client) InTrash(ctx context.Context) (l []InTrash, err error) {
	return l, c.call(ctx, http.MethodGet, "/v1/trash/bytes", nil, &l)
}

// Actions lists what was done to photos on all devices in the last 30 days, the
// latest first.
func (c *Client) Actions(ctx context.Context) (l []ActionInfo, err error) {
	return l, c.call(ctx, http.MethodGet, "/v1/actions", nil, &l)
}

// Undo takes back an action. Each event has the Entry of a file that is as it was
// before, the Failure of one that is not, or, at the end, Undone.
func (c *Client) Undo(ctx context.Context, id string, each func(Event)) error {
	return c.stream(ctx, "/v1/undo", undoRequest{id}, each)
}

// Removals reads the log of removals from the given time on, the oldest first.
// Each event has a Removal.
func (c *Client) Removals(ctx context.Context, since time.Time, each func(Event)) error {
	return c.stream(ctx, "/v1/log", logRequest{since}, each)
}

// Held lists the files whose deletion by another device waits for a person.
func (c *Client) Held(ctx context.Context) (l []Listing, err error) {
	return l, c.call(ctx, http.MethodGet, "/v1/held", nil, &l)
}

// AgreeDeletions lets deletions that were held back happen, and returns how
// many there were.
func (c *Client) AgreeDeletions(ctx context.Context) (n int, err error) {
	return n, c.call(ctx, http.MethodPost, "/v1/agree", nil, &n)
}

// Backup writes the records to a file at an absolute path.
func (c *Client) Backup(ctx context.Context, path string) (b BackupInfo, err error) {
	return b, c.call(ctx, http.MethodPost, "/v1/backup", backupRequest{Path: path}, &b)
}

// RestoreBackup takes in the records of the backup at an absolute path.
func (c *Client) RestoreBackup(ctx context.Context, path string) (r RestoredInfo, err error) {
	return r, c.call(ctx, http.MethodPost, "/v1/backup", backupRequest{Path: path, Restore: true}, &r)
}

// Role returns what the device keeps by itself, and what it has to do for that.
func (c *Client) Role(ctx context.Context) (r RoleInfo, err error) {
	return r, c.call(ctx, http.MethodGet, "/v1/role", nil, &r)
}

// Plan tells what the device would have to do for a role.
func (c *Client) Plan(ctx context.Context, role Role) (r RoleInfo, err error) {
	return r, c.call(ctx, http.MethodPost, "/v1/role/plan", role, &r)
}

// SetRole changes what the device keeps by itself.
func (c *Client) SetRole(ctx context.Context, role Role) (r RoleInfo, err error) {
	return r, c.call(ctx, http.MethodPost, "/v1/role", role, &r)
}

// Limits returns what photos may move between the device and others.
func (c *Client) Limits(ctx context.Context) (m LimitsInfo, err error) {
	return m, c.call(ctx, http.MethodGet, "/v1/limits", nil, &m)
}

// SetLimits changes what photos may move, at once and for later starts.
func (c *Client) SetLimits(ctx context.Context, m LimitsInfo) error {
	return c.call(ctx, http.MethodPost, "/v1/limits", m, nil)
}

// WatchedFolders lists the watched folders, in the order in which they were added.
func (c *Client) WatchedFolders(ctx context.Context) (list []WatchedFolder, err error) {
	return list, c.call(ctx, http.MethodGet, "/v1/watched", nil, &list)
}

// AddWatchedFolder lets the photos of a folder at an absolute path be imported
// by themselves, now and after each start.
func (c *Client) AddWatchedFolder(ctx context.Context, path string) error {
	return c.call(ctx, http.MethodPost, "/v1/watched", folderRequest{rawPath(path)}, nil)
}

// RemoveWatchedFolder undoes AddWatchedFolder. What was imported stays.
func (c *Client) RemoveWatchedFolder(ctx context.Context, path string) error {
	return c.call(ctx, http.MethodPost, "/v1/watched/remove", folderRequest{rawPath(path)}, nil)
}

// Check compares records and files. Each event has Progress, a Problem or, at the end, Checked.
func (c *Client) Check(ctx context.Context, opts CheckOptions, each func(Event)) error {
	return c.stream(ctx, "/v1/check", opts, each)
}

// Pair opens an invitation: the first event has Invitation, the next Guest,
// whom Answer lets in or not, the last Paired. When ctx ends the invitation is
// cancelled, and once its code is useless Pair returns ErrCancelled.
func (c *Client) Pair(ctx context.Context, each func(Event)) error {
	var id atomic.Int64                                           // of the invitation; 0 until there is one
	stay, leave := context.WithCancel(context.WithoutCancel(ctx)) // to hear that it is cancelled
	defer leave()
	defer context.AfterFunc(ctx, func() {
		wait, cancel := context.WithTimeout(stay, cancelWait)
		defer cancel()
		path := fmt.Sprintf("/v1/pair/%d", id.Load())
		if c.call(wait, http.MethodDelete, path, nil, nil) != nil {
			leave() // the device notices
		}
	})()
	err := c.stream(stay, "/v1/pair", nil, func(e Event) {
		if e.Invitation != nil {
			id.Store(e.Invitation.ID)
		}
		each(e)
	})
	if errors.Is(err, context.Canceled) {
		return ctx.Err()
	}
	return err
}

// cancelWait is how long Pair waits for the device to cancel an invitation.
const cancelWait = 5 * time.Second

// Answer lets in the guest of an invitation, or refuses it.
func (c *Client) Answer(ctx context.Context, invitation int64, accept bool) error {
	return c.call(ctx, http.MethodPost, fmt.Sprintf("/v1/pair/%d", invitation), pairAnswer{accept}, nil)
}

// Join uses a pair code: the events have Waiting, Words, then Paired.
func (c *Client) Join(ctx context.Context, code string, each func(Event)) error {
	return c.stream(ctx, "/v1/join", joinRequest{code}, each)
}

// Fetch returns the bytes of a file, and what the library knows of it; the
// caller closes body.
func (c *Client) Fetch(ctx context.Context, digest string) (body io.ReadCloser, l Listing, err error) {
	resp, err := c.send(ctx, http.MethodGet, "/v1/files/"+url.PathEscape(digest), nil)
	if err != nil {
		return nil, l, err
	}
	if err := json.Unmarshal([]byte(resp.Header.Get("Paul-Entry")), &l); err != nil {
		return nil, l, errors.Join(fmt.Errorf("read the answer: %w", err), resp.Body.Close())
	}
	return resp.Body, l, nil
}

// send sends a request, and turns an answer that is no success into its error.
func (c *Client) send(ctx context.Context, method, path string, body any) (*http.Response, error) {
	var data bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&data).Encode(body); err != nil {
			return nil, err
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://paul"+path, &data)
	if err != nil {
		return nil, err
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, stopped(ctx)
	}
	if resp.StatusCode < 300 {
		return resp, nil
	}
	defer func() { _ = resp.Body.Close() }() // its error says less than the answer
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxRequest))
	if err != nil {
		return nil, stopped(ctx)
	}
	var f Failure
	if json.Unmarshal(text, &f) != nil {
		return nil, fmt.Errorf("the running Paul answered %s: %s", resp.Status, bytes.TrimSpace(text))
	}
	return nil, &f
}

// stopped is the error of a connection that broke: ErrStopped, unless ctx ended it.
func stopped(ctx context.Context) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return ErrStopped
}

func (c *Client) call(ctx context.Context, method, path string, body, dst any) error {
	resp, err := c.send(ctx, method, path, body)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }() // read to its end
	if dst == nil {
		dst = new(json.RawMessage)
	}
	if err := json.NewDecoder(resp.Body).Decode(dst); err != nil {
		return stopped(ctx)
	}
	return nil
}

// stream calls each with every event of a long command. A failure that is not
// about one file of several is returned.
func (c *Client) stream(ctx context.Context, path string, body any, each func(Event)) error {
	resp, err := c.send(ctx, http.MethodPost, path, body)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }() // read to its end, or broken anyway
	dec := json.NewDecoder(resp.Body)
	var failed error
	for {
		var e Event
		if err := dec.Decode(&e); err != nil {
			return stopped(ctx)
		}
		switch {
		case e.End:
			return failed
		case e.Failure != nil && e.Failure.Digest == "":
			failed = e.Failure
		default:
			each(e)
		}
	}
}

// seekPlaces is findPlaces for a home that need not exist.
func seekPlaces(home string) (places, error) {
	if home == "" {
		std, err := DefaultHome()
		if err != nil {
			return places{}, err
		}
		home = std
	}
	abs, err := filepath.Abs(home)
	if err != nil {
		return places{}, fmt.Errorf("find the home directory: %w", err)
	}
	if _, err := os.Stat(abs); err != nil {
		return places{}, notRunning(places{home: abs})
	}
	return places{home: abs}, nil
}

func ignoreNotRunning(err error) error {
	if errors.Is(err, ErrNotRunning) {
		return nil
	}
	return err
}

// memListener accepts connections from this process.
type memListener struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newMemListener() *memListener {
	return &memListener{conns: make(chan net.Conn), done: make(chan struct{})}
}

func (l *memListener) dial(ctx context.Context) (net.Conn, error) {
	mine, theirs := net.Pipe()
	select {
	case l.conns <- theirs:
		return mine, nil
	case <-l.done:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (l *memListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *memListener) Close() error   { l.once.Do(func() { close(l.done) }); return nil }
func (l *memListener) Addr() net.Addr { return &net.UnixAddr{Name: "memory", Net: "memory"} }
