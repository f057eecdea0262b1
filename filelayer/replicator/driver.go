package replicator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/libpaul/paul/filelayer/replicate"
	"github.com/libpaul/paul/internal/signal"
)

// Options of [New]. Server, Local and Remote are required.
type Options struct {
	// Server answers what is not of this package: the databases.
	Server http.Handler
	// Local reaches Server in memory, whatever host a URL names.
	Local http.RoundTripper
	// Remote reaches the hosts that URLs name.
	Remote http.RoundTripper
	Log    *slog.Logger // nil discards; it is told no passwords
}

const (
	localURL = "http://localhost/"
	maxJobs  = 100     // that run at once; the others are pending
	maxBody  = 1 << 20 // of a request, in bytes
)

// Driver runs replications. It is a handler that answers CouchDB's requests
// about them itself, and hands others to the server; who may ask is decided
// before. Its methods may be called from several goroutines.
type Driver struct {
	server        http.Handler
	local, remote *http.Client
	log           *slog.Logger
	slots         chan struct{} // one for each job that may run at once
	stirred       signal.Signal // the database _replicator was made or deleted

	launch chan *job      // to whoever holds Run's context
	ended  chan struct{}  // closed when no more jobs are launched
	wg     sync.WaitGroup // of the jobs, and what follows them

	mu   sync.Mutex      // guards what follows
	uuid string          // of the server; "" before Run
	jobs map[string]*job // by the replication's ID
	docs map[string]*replicatorDoc
}

// New returns a driver. Nothing is replicated before Run.
func New(opts Options) *Driver {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	refuse := func(*http.Request, []*http.Request) error { return errors.New("a redirection") }
	return &Driver{
		server: opts.Server, log: opts.Log,
		local: &http.Client{Transport: opts.Local, CheckRedirect: refuse}, remote: &http.Client{Transport: opts.Remote, CheckRedirect: refuse},
		slots: make(chan struct{}, maxJobs), launch: make(chan *job), ended: make(chan struct{}), jobs: make(map[string]*job), docs: make(map[string]*replicatorDoc),
	}
}

// Run lets replications run, those that documents of _replicator ask for
// first, until ctx ends. It returns nil when all of them have stopped. It may
// be called once.
func (d *Driver) Run(ctx context.Context) error {
	uuid, err := d.serverUUID(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return fmt.Errorf("begin replication: %w", err)
	}
	d.mu.Lock()
	d.uuid = uuid
	d.mu.Unlock()
	var launcher sync.WaitGroup
	launcher.Go(func() { d.launchAll(ctx) })
	d.follow(ctx)
	launcher.Wait()
	d.wg.Wait()
	d.remote.CloseIdleConnections()
	return nil
}

// launchAll runs the jobs that are started until ctx ends.
func (d *Driver) launchAll(ctx context.Context) {
	defer close(d.ended)
	for {
		select {
		case j := <-d.launch:
			d.wg.Go(func() { d.run(ctx, j) })
		case <-ctx.Done():
			return
		}
	}
}

func (d *Driver) serverUUID(ctx context.Context) (string, error) {
	var welcome struct {
		UUID string `json:"uuid"`
	}
	_, err := d.get(ctx, "", &welcome)
	return welcome.UUID, err
}

// get reads the answer of the local server to a GET into v.
func (d *Driver) get(ctx context.Context, path string, v any) (status int, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, localURL+path, nil)
	if err != nil {
		return 0, err
	}
	resp, err := d.local.Do(req)
	if err != nil {
		return 0, err
	}
	defer func() { _ = resp.Body.Close() }() // read to its end, or given up
	if resp.StatusCode != http.StatusOK {
		return resp.StatusCode, nil
	}
	return resp.StatusCode, json.NewDecoder(resp.Body).Decode(v)
}

// newJob returns a job for s that does not run yet.
func (d *Driver) newJob(s *spec, docID string) (*job, error) {
	d.mu.Lock()
	uuid := d.uuid
	d.mu.Unlock()
	if uuid == "" {
		return nil, errNotRunning
	}
	j := &job{
		docID: docID, spec: s, source: d.database(&s.source, uuid), target: d.database(&s.target, uuid),
		started: time.Now(), stop: make(chan struct{}), done: make(chan struct{}),
	}
	var err error
	j.copying, err = replicate.New(replicate.Options{
		Source: j.source, Target: j.target, DocIDs: s.docIDs, Selector: s.selector, Since: s.since, Log: d.log,
	})
	if err != nil {
		return nil, badSpec("%v", err)
	}
	j.id = j.copying.ID()
	if s.continuous {
		j.id += "+continuous"
	}
	if s.createTarget {
		j.id += "+create_target"
	}
	j.enter(pending, "added", nil)
	return j, nil
}

// start starts a replication, unless it runs already: then it returns that.
func (d *Driver) start(s *spec, docID string) (*job, error) {
	j, err := d.newJob(s, docID)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	known := d.jobs[j.id]
	if known == nil {
		d.jobs[j.id] = j
	}
	d.mu.Unlock()
	if known != nil {
		return known, nil
	}
	select {
	case d.launch <- j:
		return j, nil
	case <-d.ended:
		d.finished(j)
		return nil, errNotRunning
	}
}

// finished takes j off the list, for another of its kind to start.
func (d *Driver) finished(j *job) {
	d.mu.Lock()
	delete(d.jobs, j.id)
	d.mu.Unlock()
	close(j.done)
}

// ServeHTTP implements [http.Handler].
func (d *Driver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := strings.Trim(r.URL.Path, "/")
	switch {
	case path == "_replicate":
		d.only(w, r, http.MethodPost, d.replicate)
	case path == "_active_tasks":
		d.only(w, r, http.MethodGet, d.activeTasks)
	case path == "_scheduler/jobs", strings.HasPrefix(path, "_scheduler/jobs/"):
		d.only(w, r, http.MethodGet, d.schedulerJobs)
	case path == "_scheduler/docs", strings.HasPrefix(path, "_scheduler/docs/"):
		d.only(w, r, http.MethodGet, d.schedulerDocs)
	default:
		d.server.ServeHTTP(w, r)
		if path == replicatorDB && (r.Method == http.MethodPut || r.Method == http.MethodDelete) {
			d.stirred.Raise()
		}
	}
}

// only lets requests of one method through, and HEAD with GET.
func (d *Driver) only(w http.ResponseWriter, r *http.Request, method string, serve http.HandlerFunc) {
	list := method
	if method == http.MethodGet {
		list = "GET,HEAD"
	}
	if r.Method != method && (method != http.MethodGet || r.Method != http.MethodHead) {
		w.Header().Set("Allow", list)
		answerFailure(w, r, &failure{http.StatusMethodNotAllowed, "method_not_allowed", "Only " + list + " allowed"})
		return
	}
	serve(w, r)
}

// replicate answers POST /_replicate.
func (d *Driver) replicate(w http.ResponseWriter, r *http.Request) {
	if mediaType, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); strings.TrimSpace(mediaType) != "application/json" {
		answerFailure(w, r, &failure{http.StatusUnsupportedMediaType, "bad_content_type", "Content-Type must be application/json"})
		return
	}
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if tooLong := new(http.MaxBytesError); errors.As(err, &tooLong) {
		answerFailure(w, r, &failure{http.StatusRequestEntityTooLarge, "too_large", "the request entity is too large"})
		return
	}
	var a asked
	if err != nil || json.Unmarshal(b, &a) != nil {
		answerFailure(w, r, badSpec("invalid UTF-8 JSON, or a member of another kind than it must be"))
		return
	}
	if a.Cancel {
		d.cancel(w, r, &a)
		return
	}
	s, err := a.parse()
	if err != nil {
		answerFailure(w, r, err)
		return
	}
	j, err := d.start(s, "")
	switch {
	case err != nil:
		answerFailure(w, r, err)
	case s.continuous:
		answer(w, r, http.StatusAccepted, map[string]any{"ok": true, "_local_id": j.id})
	default:
		d.await(w, r, j)
	}
}

// await answers with the outcome of j. It goes on if the client leaves.
func (d *Driver) await(w http.ResponseWriter, r *http.Request, j *job) {
	select {
	case <-j.done:
	case <-r.Context().Done():
		return
	}
	v := j.look()
	if v.err != nil {
		answerFailure(w, r, v.err)
		return
	}
	result := map[string]any{
		"ok": true, "session_id": v.status.SessionID, "source_last_seq": orZero(v.status.LastSeq),
		"replication_id_version": 4, "history": append([]replicate.Session{}, v.status.Sessions...),
	}
	if v.status.Checked == 0 {
		result["no_changes"] = true
	}
	answer(w, r, http.StatusOK, result)
}

// cancel stops the job that has the ID, or is as, that a asks for.
func (d *Driver) cancel(w http.ResponseWriter, r *http.Request, a *asked) {
	id := a.LocalID + a.ReplicationID + a.ID // one of them
	if id == "" {
		s, err := a.parse()
		if err != nil {
			answerFailure(w, r, err)
			return
		}
		j, err := d.newJob(s, "")
		if err != nil {
			answerFailure(w, r, err)
			return
		}
		id = j.id
	}
	d.mu.Lock()
	j := d.jobs[id]
	d.mu.Unlock()
	if j == nil {
		answer(w, r, http.StatusNotFound, map[string]string{"error": "not found"})
		return
	}
	j.cancel()
	answer(w, r, http.StatusOK, map[string]any{"ok": true, "_local_id": id})
}
