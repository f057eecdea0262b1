package app

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestParseConfig(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, text string
		want       func(config) bool
		wantErr    string // part of the error; "" = none
	}{
		{"empty object keeps the defaults", `{}`, func(c config) bool { return c.LAN && c.PublicPeers && c.Direct && c.PortMap && c.Copies == 1 }, ""},
		{"values", `{"name": "NAS", "lan": false, "copies": 2}`, func(c config) bool { return c.Name == "NAS" && !c.LAN && c.Copies == 2 }, ""},
		{"STUN", `{"stun": ["stun.example.org:3478"], "direct": false}`, func(c config) bool { return len(c.STUN) == 1 && !c.Direct }, ""},
		{"no STUN server", `{"stun": ["stun.example.org"]}`, nil, "stun.example.org"},
		{"nothing", ``, nil, "line 1"},
		{"cut off", "{\n\"name\": \"NAS\",\n", nil, "line 3"},
		{"wrong kind", "{\n\"copies\": \"two\"}", nil, "line 2"},
		{"not an object", `[1]`, nil, "line 1"},
		{"null", `null`, func(c config) bool { return c.Copies == 1 }, ""},
		{"no copies", `{"copies": 0}`, nil, "copies is 0"},
		{"theme", `{"theme": "pink"}`, nil, "theme"},
		{"look", `{"accent": "rose", "density": "compact", "reduceMotion": "on", "language": "fr"}`, func(c config) bool {
			return c.Accent == "rose" && c.Density == "compact" && c.ReduceMotion == "on" && c.Language == "fr"
		}, ""},
		{"accent", `{"accent": "puce"}`, nil, "accent"},
		{"density", `{"density": "roomy"}`, nil, "density"},
		{"motion", `{"reduceMotion": "yes"}`, nil, "reduceMotion"},
		{"language", `{"language": "tlh"}`, nil, "language"},
		{"scale", `{"scale": -1}`, nil, "scale"},
		{"origins", `{"corsOrigins": ["https://a.example:8443", "*"]}`, func(c config) bool { return len(c.CORSOrigins) == 2 }, ""},
		{"an origin with a path", `{"corsOrigins": ["https://a.example/x"]}`, nil, "corsOrigins"},
		{"no origin", `{"corsOrigins": ["a.example"]}`, nil, "corsOrigins"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, _, err := parseConfig([]byte(test.text))
			switch {
			case test.wantErr == "" && err != nil:
				t.Fatal(err)
			case test.wantErr != "" && (err == nil || !strings.Contains(err.Error(), test.wantErr)):
				t.Fatalf("error %v, want one with %q", err, test.wantErr)
			case test.want != nil && !test.want(got):
				t.Errorf("got %+v", got)
			}
		})
	}
}

func FuzzParseConfig(f *testing.F) {
	for _, text := range []string{``, `{}`, `null`, `{"copies": 2, "x": {"y": [1]}}`, `{"peers": ["tls://a:1"]}`, `{"copies":0}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		values, unknown, err := parseConfig(data)
		if err != nil {
			return
		}
		c := &configFile{values: values, unknown: unknown}
		text, err := c.encode(values)
		if err != nil {
			t.Fatal(err)
		}
		_, again, err := parseConfig(text)
		if err != nil {
			t.Fatalf("what was written cannot be read: %v\n%s", err, text)
		}
		if len(again) != len(unknown) {
			t.Errorf("%d unknown fields came back of %d", len(again), len(unknown))
		}
	})
}

func TestConfigKeepsWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "config.json")
	writeFile(t, path, `{"name": "NAS", "fromTheFuture": {"a": [1, 2]}}`)
	c, err := loadConfig(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.update(func(c *config) error { c.Copies = 3; return nil }); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Name          string
		Copies        int
		FromTheFuture struct{ A []int }
	}
	if err := json.Unmarshal([]byte(readFile(t, path)), &got); err != nil {
		t.Fatal(err)
	}
	if got.Name != "NAS" || got.Copies != 3 || len(got.FromTheFuture.A) != 2 {
		t.Errorf("got %+v", got)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, want 0600", info.Mode())
	}
}

func TestConfigRefusesABadUpdate(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "config.json")
	c, err := loadConfig(path)
	if err != nil {
		t.Fatal(err)
	}
	err = c.update(func(c *config) error { c.Copies = 0; return nil })
	if !errors.Is(err, ErrBadSetting) {
		t.Errorf("error %v, want ErrBadSetting", err)
	}
	if got := c.get().Copies; got != 1 {
		t.Errorf("copies %d after the refusal, want 1", got)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file was written: %v", err)
	}
}

func TestDamagedConfigIsKept(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "config.json")
	const text = "{\n  \"name\": \"NAS\n"
	writeFile(t, path, text)
	for range 2 { // a second start finds the same
		_, err := loadConfig(path)
		if !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), path+".damaged") {
			t.Fatalf("error %v, want ErrConfig naming the copy", err)
		}
	}
	for _, p := range []string{path, path + ".damaged"} {
		if got := readFile(t, p); got != text {
			t.Errorf("%s holds %q", p, got)
		}
	}
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// What a start that failed was told is not kept for the next.
func TestFailedStartIsForgotten(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	elsewhere := filepath.Join(t.TempDir(), "library")
	_, stop := startAt(t, Options{Home: home, Name: "Desktop", Offline: true})
	stop()
	for _, opts := range []Options{
		{Name: "Other", Database: "nonsense"},
		{Name: "Other", Listen: []string{"nonsense"}},
	} {
		opts.Home = home
		if a, err := Open(t.Context(), opts); err == nil {
			t.Fatalf("%+v: no error", opts)
		} else if a != nil {
			t.Error("something is held")
		}
	}
	if _, err := Open(t.Context(), Options{Home: home, Library: elsewhere, Couch: "0.0.0.0:1"}); err == nil {
		t.Fatal("no error")
	}
	a, stop := startAt(t, Options{Home: home, Offline: true})
	defer stop()
	if c := a.config.get(); c.Name != "Desktop" || c.Database != "" || c.Library != elsewhere || len(a.Notices()) != 0 {
		t.Errorf("name %q, database %q, library %q, notices %v", c.Name, c.Database, c.Library, a.Notices())
	}
}
