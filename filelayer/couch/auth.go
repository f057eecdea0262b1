package couch

import (
	"cmp"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// AuthOptions of [Auth]. User and Password are required.
type AuthOptions struct {
	User, Password string
	Session        time.Duration // how long a cookie is good for; 0 means 10 minutes
	Log            *slog.Logger  // nil discards; it is told of refusals, never of a secret
}

// Auth lets requests through to next that say who they are as CouchDB's
// clients do: by HTTP basic authentication, or by the AuthSession cookie that
// POST /_session gives. It answers /_session itself, and others with 401. What
// proved who asks is not handed on. Wrong passwords are limited to one a
// second after the first ten; the others are answered with 403, unread.
//
// There is one user, who may do everything. Cookies end with the process.
func Auth(opts AuthOptions, next http.Handler) http.Handler {
	opts.Session = cmp.Or(opts.Session, 10*time.Minute)
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	a := &auth{opts: opts, next: next, guesses: bucket{most: 10, refill: time.Second}}
	_, _ = rand.Read(a.key[:]) // never fails
	return a
}

type auth struct {
	opts    AuthOptions
	next    http.Handler
	key     [32]byte // signs cookies
	guesses bucket
}

// How somebody said who they are, in CouchDB's words.
const (
	byCookie = "cookie"
	byBasic  = "default"
)

const sessionCookie = "AuthSession"

var (
	errNobody   = &Error{http.StatusUnauthorized, "unauthorized", "You are not authorized to access this server."}
	errPassword = &Error{http.StatusUnauthorized, "unauthorized", "Name or password is incorrect."}
	errLocked   = &Error{http.StatusForbidden, "forbidden", "Account is temporarily locked due to multiple authentication failures"}
)

// ServeHTTP implements [http.Handler].
func (a *auth) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	isSession := strings.Trim(r.URL.Path, "/") == "_session"
	if isSession {
		w.Header().Set("Server", serverHeader)
		w.Header().Set("Cache-Control", "must-revalidate")
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			a.changeSession(w, r)
			return
		}
	}
	how, err := a.identify(w, r)
	if err == nil && how == "" && !isSession {
		err = errNobody
	}
	switch {
	case err != nil:
		a.refuse(w, r, err)
	case isSession:
		a.showSession(w, r, how)
	default:
		in := new(http.Request)
		*in = *r
		in.Header = r.Header.Clone()
		in.Header.Del("Authorization")
		in.Header.Del("Cookie")
		a.next.ServeHTTP(w, in)
	}
}

func (a *auth) refuse(w http.ResponseWriter, r *http.Request, refused *Error) {
	if refused.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Basic realm="Paul"`)
	}
	writeError(w, r, refused)
}

// identify returns how r proves that the user sent it; "" if it does not try.
// A cookie that is getting old is renewed.
func (a *auth) identify(w http.ResponseWriter, r *http.Request) (how string, refused *Error) {
	if c, err := r.Cookie(sessionCookie); err == nil {
		if left := a.cookieLeft(c.Value, time.Now()); left > 0 {
			if left < a.opts.Session*9/10 {
				a.setCookie(w, r)
			}
			return byCookie, nil
		}
	}
	if r.Header.Get("Authorization") == "" {
		return "", nil
	}
	name, password, _ := r.BasicAuth()
	return byBasic, a.check(r, name, password)
}

// check says what is wrong with a name and a password; nil for nothing.
func (a *auth) check(r *http.Request, name, password string) *Error {
	now := time.Now()
	if !a.guesses.any(now) {
		return errLocked
	}
	if same(name, a.opts.User)&same(password, a.opts.Password) == 1 {
		return nil
	}
	if a.guesses.take(now) {
		a.opts.Log.WarnContext(r.Context(), "Refused a wrong name or password", "from", r.RemoteAddr)
	}
	return errPassword
}

// same compares in a time that tells nothing of want, and returns 1 or 0.
func same(got, want string) int {
	g, w := sha256.Sum256([]byte(got)), sha256.Sum256([]byte(want))
	return subtle.ConstantTimeCompare(g[:], w[:])
}

func (a *auth) userCtx(how string) map[string]any {
	if how == "" {
		return map[string]any{"name": nil, "roles": []string{}}
	}
	return map[string]any{"name": a.opts.User, "roles": []string{"_admin"}}
}

func (a *auth) showSession(w http.ResponseWriter, r *http.Request, how string) {
	info := map[string]any{"authentication_handlers": []string{byCookie, byBasic}}
	if how != "" {
		info["authenticated"] = how
	}
	writeJSON(w, r, http.StatusOK, map[string]any{"ok": true, "userCtx": a.userCtx(how), "info": info})
}

// changeSession answers what is no GET of /_session.
func (a *auth) changeSession(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodDelete:
		a.clearCookie(w)
		writeJSON(w, r, http.StatusOK, ok)
	case http.MethodPost:
		a.login(w, r)
	default:
		writeError(w, r, notAllowed(w, http.MethodDelete, http.MethodGet, http.MethodHead, http.MethodPost))
	}
}

func (a *auth) login(w http.ResponseWriter, r *http.Request) {
	name, password, err := credentials(w, r)
	if err == nil {
		err = a.check(r, name, password)
	}
	if err != nil {
		a.clearCookie(w)
		writeError(w, r, err)
		return
	}
	a.setCookie(w, r)
	status := http.StatusOK
	// A path of this server, and no other's: neither "//host" nor "/\host".
	if to := r.URL.Query().Get("next"); strings.HasPrefix(to, "/") && !strings.HasPrefix(to, "//") && !strings.ContainsAny(to, "\\\r\n\t") {
		w.Header().Set("Location", to)
		status = http.StatusFound
	}
	writeJSON(w, r, status, map[string]any{"ok": true, "name": a.opts.User, "roles": []string{"_admin"}})
}

const maxLogin = 8 << 10

// credentials reads the body of POST /_session, a form or JSON.
func credentials(w http.ResponseWriter, r *http.Request) (name, password string, refused *Error) {
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxLogin))
	if tooLong := new(http.MaxBytesError); errors.As(err, &tooLong) {
		return "", "", errTooLarge
	}
	if err != nil {
		return "", "", badRequest("The body is incomplete or damaged")
	}
	switch mediaType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); mediaType {
	case "application/json":
		var body struct{ Name, Username, Password string }
		if json.Unmarshal(b, &body) != nil {
			return "", "", badRequest("invalid UTF-8 JSON")
		}
		return cmp.Or(body.Name, body.Username), body.Password, nil
	case "application/x-www-form-urlencoded":
		form, err := url.ParseQuery(string(b))
		if err != nil {
			return "", "", badRequest("The form cannot be read")
		}
		return cmp.Or(form.Get("name"), form.Get("username")), form.Get("password"), nil
	}
	return "", "", &Error{http.StatusUnsupportedMediaType, "bad_content_type", "Content-Type must be application/json or application/x-www-form-urlencoded"}
}

// A cookie is, in base64, the user's name, the second of 1970 when it ends,
// in hexadecimal, and the HMAC-SHA-256 of those, with colons between.
func (a *auth) cookie(ends time.Time) string {
	text := a.opts.User + ":" + strconv.FormatInt(ends.Unix(), 16)
	return base64.RawURLEncoding.EncodeToString(append([]byte(text+":"), a.sign(text)...))
}

func (a *auth) sign(text string) []byte {
	mac := hmac.New(sha256.New, a.key[:])
	_, _ = mac.Write([]byte(text)) // never fails
	return mac.Sum(nil)
}

// cookieLeft returns how long a cookie is still good for: 0 if it is not.
func (a *auth) cookieLeft(value string, now time.Time) time.Duration {
	b, err := base64.RawURLEncoding.DecodeString(value)
	if err != nil || len(b) < sha256.Size+1 {
		return 0
	}
	text, mac := string(b[:len(b)-sha256.Size-1]), b[len(b)-sha256.Size:]
	if !hmac.Equal(mac, a.sign(text)) {
		return 0
	}
	ends, err := strconv.ParseInt(text[strings.LastIndexByte(text, ':')+1:], 16, 64)
	if err != nil {
		return 0
	}
	return max(0, time.Unix(ends, 0).Sub(now))
}

func (a *auth) setCookie(w http.ResponseWriter, r *http.Request) {
	http.SetCookie(w, &http.Cookie{
		Name: sessionCookie, Value: a.cookie(time.Now().Add(a.opts.Session)), Path: "/",
		MaxAge: int(a.opts.Session.Seconds()), HttpOnly: true, Secure: r.TLS != nil, SameSite: http.SameSiteStrictMode,
	})
}

func (a *auth) clearCookie(w http.ResponseWriter) {
	http.SetCookie(w, &http.Cookie{Name: sessionCookie, Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteStrictMode})
}
