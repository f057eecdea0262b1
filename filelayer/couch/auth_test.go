package couch

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// ask sends a request with headers "Name: value", and returns the answer.
func ask(tb testing.TB, h http.Handler, method, target, body string, headers ...string) *http.Response {
	tb.Helper()
	r := httptest.NewRequestWithContext(tb.Context(), method, target, strings.NewReader(body))
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func basic(user, password string) string {
	r := &http.Request{Header: make(http.Header)}
	r.SetBasicAuth(user, password)
	return "Authorization: " + r.Header.Get("Authorization")
}

// sessionOf logs in, and returns the cookie's header.
func sessionOf(tb testing.TB, h http.Handler) string {
	tb.Helper()
	resp := ask(tb, h, "POST", "/_session", `{"name":"paul","password":"secret"}`, "Content-Type: application/json")
	if resp.StatusCode != http.StatusOK || len(resp.Cookies()) != 1 {
		tb.Fatalf("login: %d %v", resp.StatusCode, resp.Header)
	}
	c := resp.Cookies()[0]
	if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.MaxAge != 600 || c.Name != "AuthSession" {
		tb.Errorf("cookie: %v", c)
	}
	return "Cookie: AuthSession=" + c.Value
}

func TestAuth(t *testing.T) {
	t.Parallel()
	h := Auth(AuthOptions{User: "paul", Password: "secret"}, newServer(t))
	cookie := sessionOf(t, h)
	for _, tt := range []struct {
		name string
		with []string
		want int
	}{
		{"nothing", nil, 401},
		{"a wrong password", []string{basic("paul", "wrong")}, 401},
		{"another user", []string{basic("other", "secret")}, 401},
		{"no password", []string{basic("paul", "")}, 401},
		{"another scheme", []string{"Authorization: Bearer secret"}, 401},
		{"basic", []string{basic("paul", "secret")}, 200},
		{"a cookie", []string{cookie}, 200},
		{"a cookie, and a wrong password", []string{cookie, basic("paul", "wrong")}, 200},
		{"a forged cookie", []string{cookie[:len(cookie)-3] + "AAA"}, 401},
		{"a cookie that is none", []string{"Cookie: AuthSession=xx"}, 401},
		{"an empty cookie, and basic", []string{"Cookie: AuthSession=", basic("paul", "secret")}, 200},
	} {
		resp := ask(t, h, "GET", "/", "", tt.with...)
		if resp.StatusCode != tt.want || (tt.want == 401) != (resp.Header.Get("WWW-Authenticate") != "") {
			t.Errorf("%s: %d %v", tt.name, resp.StatusCode, resp.Header)
		}
	}
}

func TestSession(t *testing.T) {
	t.Parallel()
	h := Auth(AuthOptions{User: "paul", Password: "secret"}, newServer(t))
	cookie := sessionOf(t, h)
	const isJSON, isForm = "Content-Type: application/json", "Content-Type: application/x-www-form-urlencoded"
	for _, tt := range []struct {
		name, method, body string
		with               []string
		want               int
		part               string // of the answer
	}{
		{"nobody", "GET", "", nil, 200, `"userCtx":{"name":null,"roles":[]}`},
		{"by password", "GET", "", []string{basic("paul", "secret")}, 200, `"userCtx":{"name":"paul","roles":["_admin"]}`},
		{"how", "GET", "", []string{basic("paul", "secret")}, 200, `"authenticated":"default"`},
		{"by cookie", "GET", "", []string{cookie}, 200, `"authenticated":"cookie"`},
		{"by a wrong password", "GET", "", []string{basic("paul", "x")}, 401, `"error":"unauthorized"`},
		{"a form", "POST", "name=paul&password=secret", []string{isForm}, 200, `"name":"paul"`},
		{"a wrong form", "POST", "name=paul&password=x", []string{isForm}, 401, `"Name or password is incorrect."`},
		{"a form of odd bytes", "POST", "name=%zz", []string{isForm}, 400, `"bad_request"`},
		{"JSON cut short", "POST", `{"name"`, []string{isJSON}, 400, `"bad_request"`},
		{"no type", "POST", "", nil, 415, `"bad_content_type"`},
		{"too long", "POST", strings.Repeat("x", maxLogin+1), []string{isForm}, 413, `"too_large"`},
		{"logout", "DELETE", "", []string{cookie}, 200, `"ok":true`},
		{"another method", "PUT", "", nil, 405, `"Only DELETE,GET,HEAD,POST allowed"`},
	} {
		resp := ask(t, h, tt.method, "/_session", tt.body, tt.with...)
		if body := text(t, resp); resp.StatusCode != tt.want || !strings.Contains(body, tt.part) {
			t.Errorf("%s: %d %s", tt.name, resp.StatusCode, body)
		}
		if c := resp.Cookies(); (tt.method == "DELETE" || tt.method == "POST" && tt.want == 401) && (len(c) != 1 || c[0].Value != "" || c[0].MaxAge != -1) {
			t.Errorf("%s: the cookie is not cleared: %v", tt.name, c)
		}
	}
	for next, want := range map[string]string{"/db": "/db", "//evil.example": "", "/\\evil.example": "", "http://evil.example": ""} {
		resp := ask(t, h, "POST", "/_session?next="+next, "name=paul&password=secret", isForm)
		if got := resp.Header.Get("Location"); got != want || (resp.StatusCode == 302) != (want != "") {
			t.Errorf("next=%s: %d %q", next, resp.StatusCode, got)
		}
	}
}

// What a client proved itself with stays outside, and out of the log.
func TestAuthKeepsSecrets(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	var seen http.Header
	h := Auth(AuthOptions{User: "paul", Password: "secret", Log: slog.New(slog.NewTextHandler(&log, nil))},
		http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen = r.Header }))
	ask(t, h, "GET", "/db", "", basic("paul", "secret"), sessionOf(t, h), "Accept: application/json")
	if fmt.Sprint(seen) != "map[Accept:[application/json]]" {
		t.Errorf("headers handed on: %v", seen)
	}
	ask(t, h, "GET", "/", "", basic("paul", "hunter2"))
	if s := log.String(); !strings.Contains(s, "Refused") || strings.Contains(s, "hunter2") || strings.Contains(s, "secret") {
		t.Errorf("log: %s", s)
	}
}

func TestAuthInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := Auth(AuthOptions{User: "paul", Password: "secret"}, http.NotFoundHandler())
		status := func(with ...string) int { return ask(t, h, "GET", "/db", "", with...).StatusCode }
		cookie := sessionOf(t, h)
		<-time.After(9 * time.Minute)
		renewed := ask(t, h, "GET", "/db", "", cookie)
		if renewed.StatusCode != 404 || len(renewed.Cookies()) != 1 {
			t.Fatalf("an old cookie: %d %v", renewed.StatusCode, renewed.Cookies())
		}
		<-time.After(2 * time.Minute)
		if got := status(cookie); got != 401 {
			t.Errorf("a cookie that has ended: %d", got)
		}
		if got := status("Cookie: AuthSession=" + renewed.Cookies()[0].Value); got != 404 {
			t.Errorf("the renewed cookie: %d", got)
		}

		cookie = sessionOf(t, h)
		for range 10 {
			if got := status(basic("paul", "wrong")); got != 401 {
				t.Fatalf("a wrong password: %d", got)
			}
		}
		if got := status(basic("paul", "wrong")); got != 403 {
			t.Errorf("the eleventh: %d", got)
		}
		if got := status(basic("paul", "secret")); got != 403 {
			t.Errorf("the right password while locked: %d", got)
		}
		if got := status(cookie); got != 404 {
			t.Errorf("a cookie while locked: %d", got)
		}
		<-time.After(time.Second)
		if got := status(basic("paul", "secret")); got != 404 {
			t.Errorf("a second later: %d", got)
		}
	})
}

func FuzzSessionCookie(f *testing.F) {
	a := Auth(AuthOptions{User: "pa:ul", Password: "secret"}, http.NotFoundHandler()).(*auth)
	good := a.cookie(time.Now().Add(time.Hour))
	if left := a.cookieLeft(good, time.Now()); left < 59*time.Minute {
		f.Fatalf("a good cookie: %v", left)
	}
	for _, s := range []string{good[:len(good)-1], "", "AA", strings.Repeat("A", 43), strings.Repeat("A", 44), good + "A"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if s != good && a.cookieLeft(s, time.Now()) > 0 {
			t.Errorf("%q is taken", s)
		}
	})
}
