package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/libpaul/paul/app"
)

// TestBackup saves the records, loses them, and takes them in again: with a
// device that runs, and without.
func TestBackup(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	drawPhotos(t, filepath.Join(h.cwd, "holiday"), 4, 11)
	h.want(t, exitDone, "import", "holiday")
	before := h.list(t)
	h.want(t, exitDone, "delete", before[0].Digest)
	h.says(t, "Saved the records to "+filepath.Join(h.cwd, "records.zip"), "backup", "records.zip")
	if err := os.RemoveAll(filepath.Join(h.dir, "files", "db")); err != nil {
		t.Fatal(err)
	}

	h.start(t)
	r := h.want(t, exitDone, "backup", "--restore", "records.zip", "--json")
	var restored app.RestoredInfo
	if err := json.Unmarshal([]byte(r.out), &restored); err != nil {
		t.Fatal(err)
	}
	if restored.Records == 0 || restored.Written == 0 || restored.Refused != 0 {
		t.Errorf("restored: %+v", restored)
	}
	h.says(t, before[0].Name, "trash")
	eventually(t, "the other photos are as they were", func() bool {
		now := h.list(t)
		return len(now) == 3 && now[0].Name == before[1].Name && now[0].Date == before[1].Date && now[0].Path == before[1].Path
	})
	h.says(t, "Saved", "backup", "records.zip") // in its own place
	h.refused(t, []string{"no backup", "left as it is"}, "backup", before[1].Path)
	h.refused(t, []string{"no backup"}, "backup", "--restore", before[1].Path)
	h.fails(t, exitUsage, []string{"there is no", "nothing was restored"}, "backup", "--restore", "none.zip")
	h.fails(t, exitUsage, []string{"there is no", "nothing was written"}, "backup", "nodir/records.zip")
	h.want(t, exitUsage, "backup")
}

// TestDamagedRecords tells that records were damaged, and that photos are not.
func TestDamagedRecords(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	drawPhotos(t, filepath.Join(h.cwd, "holiday"), 2, 12)
	h.want(t, exitDone, "import", "holiday")
	h.want(t, exitDone, "backup", "records.zip")
	names, err := filepath.Glob(filepath.Join(h.dir, "files", "db", "db-files.sqlite*"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no database: %v", err)
	}
	for _, name := range names {
		if err := os.WriteFile(name, []byte(strings.Repeat("damaged ", 4096)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	h.start(t)
	h.says(t, "Your photos are untouched", "status")
	h.want(t, exitDone, "backup", "--restore", "records.zip")
	eventually(t, "the photos are listed", func() bool { return len(h.list(t)) == 2 })
}

// TestDatabase mirrors the records in another device's database, over the
// CouchDB protocol with its password.
func TestDatabase(t *testing.T) {
	t.Parallel()
	server, h := newHome(t), newHome(t)
	_, ready := server.start(t, "--couch", "127.0.0.1:0")
	password, err := os.ReadFile(filepath.Join(server.dir, "loopback.password"))
	if err != nil {
		t.Fatal(err)
	}
	u := url.URL{Scheme: "http", User: url.UserPassword("paul", strings.TrimSpace(string(password))), Host: ready.Couch, Path: "/"}
	drawPhotos(t, filepath.Join(h.cwd, "holiday"), 2, 13)
	mirrored, _ := h.start(t, "--database", u.String(), "--no-lan", "--no-public-peers")
	h.want(t, exitDone, "import", "holiday")
	eventually(t, "the records are in the other database", func() bool { return len(server.list(t)) == 2 })
	if s := statusOf(t, h); s.Database == nil || !s.Database.Online || s.Database.URL != "http://"+ready.Couch+"/" {
		t.Errorf("status: %+v", s.Database)
	}
	for _, e := range server.list(t) {
		if e.Path != "" || len(e.Devices) != 1 {
			t.Errorf("%s: %+v", e.Name, e)
		}
	}
	if status := get(t, u.String()+"files/"+server.list(t)[0].Digest); status != http.StatusOK {
		t.Errorf("the record: %d", status)
	}
	mirrored.stop(t)
}

func get(t *testing.T, u string) (status int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Error(err)
	}
	return resp.StatusCode
}
