package filelayer

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestRoom: devices tell each other how full their disks are, whatever their role, and
// not while there is nobody to tell.
func TestRoom(t *testing.T) {
	t.Parallel()
	a := newDevice(t, newOverlay(), "a")
	must(t, a.makeOffer(testContext(t)))
	if o := a.copyRules.offer(a.id); o.N != 0 {
		t.Errorf("a device that is alone says %+v", o)
	}
	if r, ok := a.Room(a.id); !ok || r.Disk <= 0 || r.Free > r.Disk {
		t.Errorf("its own room: %+v, %t", r, ok)
	}
	b := a.invite("b")
	until(t, "a knows the room of b", func() bool {
		r, ok := a.Room(b.id)
		return ok && r.Disk > 0 && r.Role == Role{}
	}, a)
	b.setRole(Role{Everything: true, Space: 5000})
	if r, _ := b.Room(b.id); r.Role != (Role{Everything: true, Space: 5000}) {
		t.Errorf("its own role: %+v", r)
	}
	until(t, "a knows the role of b", func() bool { r, _ := a.Room(b.id); return r.Role == Role{Everything: true, Space: 5000} }, a)
	if _, ok := a.Room(strings.Repeat("9", 64)); ok {
		t.Error("a device that is not there has a room")
	}
}

// TestRenameOfAnotherDevice: all hear of it, and of two names one wins.
func TestRenameOfAnotherDevice(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	must(t, a.RenameDevice(testContext(t), b.id, "Attic"))
	until(t, "b has the name", func() bool { return b.deviceName(b.id) == "Attic" }, b)
	must(t, b.Rename(testContext(t), "Cellar"))
	until(t, "a hears of b's own choice", func() bool { return a.deviceName(b.id) == "Cellar" }, a)
	for _, test := range []struct{ id, name string }{{b.id, ""}, {strings.Repeat("9", 64), "Nobody"}} {
		if err := a.RenameDevice(testContext(t), test.id, test.name); err == nil {
			t.Errorf("%.4s is now called %q", test.id, test.name)
		}
	}
	must(t, a.RemoveDevice(testContext(t), b.id))
	if err := a.RenameDevice(testContext(t), b.id, "Gone"); !errors.Is(err, ErrNotFound) {
		t.Errorf("a device that was removed: %v", err)
	}
}

// TestProbeDatabase: what answers is told apart, and no error tells the password.
func TestProbeDatabase(t *testing.T) {
	t.Parallel()
	serve := func(status int, body string) string {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, password, _ := r.BasicAuth(); password != "secret" {
				t.Errorf("asked with the password %q", password)
			}
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		}))
		t.Cleanup(s.Close)
		return "http://mira:secret@" + strings.TrimPrefix(s.URL, "http://")
	}
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	for _, test := range []struct{ name, url, want string }{
		{"a CouchDB", serve(200, `{"couchdb":"Welcome"}`), ""},
		{"a wrong password", serve(401, `{"error":"unauthorized"}`), "does not let this user in"},
		{"another program", serve(200, `<html>`), "another program"},
		{"not found", serve(404, ``), "no CouchDB"},
		{"nobody", "http://mira:secret@" + strings.TrimPrefix(closed.URL, "http://"), "refused"},
		{"no URL", "ftp://mira:secret@example.org", "must look like"},
		{"nonsense", "http://mira:secret@[::1", "must look like"},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := ProbeDatabase(t.Context(), test.url)
			switch {
			case test.want == "" && err != nil:
				t.Error(err)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
				t.Errorf("%v, want %q", err, test.want)
			case err != nil && strings.Contains(err.Error(), "secret"):
				t.Errorf("the error tells the password: %v", err)
			}
		})
	}
}
