package app

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/libpaul/paul/internal/durable"
)

// config is what config.json says. A field that is absent there has the value
// that defaultConfig gives it.
type config struct {
	Name           string   `json:"name"`
	Library        string   `json:"library"`
	InUse          string   `json:"libraryInUse"` // where the originals lie since the last start; "" before the first
	Database       string   `json:"database"`     // URL of an external CouchDB; "" = the embedded database
	Socks          string   `json:"socks"`        // loopback address of the SOCKS5 and HTTP proxy; "" = off
	Listen         []string `json:"listen"`
	Peers          []string `json:"peers"`
	Hints          []string `json:"pairedPeers"` // peers learnt from pair codes, newest last
	PublicPeers    bool     `json:"publicPeers"`
	LAN            bool     `json:"lan"`
	Direct         bool     `json:"direct"`  // make direct links
	PortMap        bool     `json:"portMap"` // ask the router to forward a port for them
	STUN           []string `json:"stun"`    // servers asked for this device's address, as "host:port"; empty = the built-in list, NoSTUN = none
	Copies         int      `json:"copies"`
	KeepEverything bool     `json:"keepEverything"` // save every photo of the library here
	KeepHelping    bool     `json:"keepHelping"`    // save photos of which too few devices have a copy
	SpaceLimit     int64    `json:"spaceLimit"`     // bytes that photos may take here; 0 = no limit
	DownLimit      int64    `json:"downLimit"`      // bytes a second of photos fetched; 0 = no limit
	UpLimit        int64    `json:"upLimit"`        // and sent to other devices
	Paused         bool     `json:"paused"`         // fetch only what a person asks for from then on
	ServingPaused  bool     `json:"servingPaused"`  // send no photos to other devices
	Theme          string   `json:"theme"`
	Scale          float64  `json:"scale"`
	Accent         string   `json:"accent"`
	Density        string   `json:"density"`
	ReduceMotion   string   `json:"reduceMotion"`
	Language       string   `json:"language"`
	SlideSeconds   int      `json:"slideSeconds"` // for how long a slide show rests on a photo; 0 = as the gallery likes
	FirstStartDone bool     `json:"firstStartDone"`
	Notify         bool     `json:"notify"`         // tell the desktop of what a person should hear while the window is away
	Watched        []string `json:"watchedFolders"` // folders whose photos are imported by themselves
	Places         []string `json:"foldersInPlace"` // folders whose photos are those of this device and stay there
	CORSOrigins    []string `json:"corsOrigins"`    // pages whose scripts may use --couch, such as "https://notes.example.org"; "*" = any, without cookies

	Dismissed []dismissedClock `json:"dismissedClocks"` // offers that a person does not want to see again
}

func defaultConfig() config {
	return config{PublicPeers: true, LAN: true, Direct: true, PortMap: true, Copies: 1, Notify: true}
}

// check reports the first value that no device can run with.
func (c config) check() error {
	switch {
	case c.Copies < 1:
		return fmt.Errorf("copies is %d; it must be at least 1", c.Copies)
	case c.SpaceLimit < 0:
		return fmt.Errorf("spaceLimit is %d; it must be a number of bytes, or 0 for no limit", c.SpaceLimit)
	case c.SlideSeconds < 0 || c.SlideSeconds > 3600:
		return fmt.Errorf("slideSeconds is %d; it must be between 0 and 3600", c.SlideSeconds)
	case c.Scale < 0 || c.Scale > 8:
		return fmt.Errorf("scale is %g; it must be between 0 and 8", c.Scale)
	case slices.ContainsFunc(c.CORSOrigins, badOrigin):
		return errors.New(`corsOrigins holds what is no origin; write them like "https://notes.example.org", without a path, or "*"`)
	}
	if err := c.checkLook(); err != nil {
		return err
	}
	if err := c.limits().Check(); err != nil {
		return fmt.Errorf("downLimit or upLimit: %w", err)
	}
	return checkSTUN(c.STUN)
}

// checkLook reports the first value that no screen can be drawn with.
func (c config) checkLook() error {
	for _, f := range []struct {
		name, value string
		allowed     []string
	}{
		{"theme", c.Theme, []string{"", "light", "dark"}},
		{"accent", c.Accent, Accents()},
		{"density", c.Density, []string{"", "compact"}},
		{"reduceMotion", c.ReduceMotion, []string{"", "on", "off"}},
		{"language", c.Language, Languages()},
	} {
		if !slices.Contains(f.allowed, f.value) {
			return fmt.Errorf("%s is %q; it must be %s or empty", f.name, f.value, strings.Join(f.allowed[1:], ", "))
		}
	}
	return nil
}

// limits is what photos may move between the device and others.
func (c config) limits() Limits {
	return Limits{Down: c.DownLimit, Up: c.UpLimit, Paused: c.Paused, ServingPaused: c.ServingPaused}
}

// role is what the device keeps by itself.
func (c config) role() Role {
	return Role{Everything: c.KeepEverything, Helps: c.KeepHelping, Space: c.SpaceLimit}
}

// badOrigin reports whether s is not what a browser sends as Origin.
func badOrigin(s string) bool {
	if s == "*" {
		return false
	}
	u, err := url.Parse(s)
	return err != nil || u.Scheme == "" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != ""
}

// peers tells whether uri is a peer that is kept for later starts.
func (c config) peers(uri string) bool {
	return slices.Contains(c.Peers, uri) || slices.Contains(c.Hints, uri)
}

// configFile is config.json: the values, and the fields of it that this
// version does not know, which it keeps.
type configFile struct {
	path string

	mu      sync.Mutex // guards the rest, and the writing of the file
	values  config
	unknown map[string]json.RawMessage
}

// loadConfig reads path; an absent file is an empty one. A file that cannot be
// understood is copied beside itself and left as it is: ErrConfig.
func loadConfig(path string) (*configFile, error) {
	c := &configFile{path: path, values: defaultConfig()}
	data, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return c, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the settings: %w", err)
	}
	c.values, c.unknown, err = parseConfig(data)
	if err == nil {
		return c, nil
	}
	backup := path + ".damaged"
	if err := durable.WriteFile(backup, data, 0o600); err != nil {
		return nil, fmt.Errorf("keep a copy of the damaged settings: %w", err)
	}
	return nil, fmt.Errorf("%w: %s: %w; a copy is in %s. "+
		"Correct the file, or remove it to start with default settings: photos, records and pairings are not part of it",
		ErrConfig, path, err, backup)
}

// parseConfig reads the bytes of a config.json: its values over the default
// ones, and its unknown fields.
func parseConfig(data []byte) (config, map[string]json.RawMessage, error) {
	values := defaultConfig()
	if err := json.Unmarshal(data, &values); err != nil {
		return config{}, nil, where(data, err)
	}
	var unknown map[string]json.RawMessage
	if err := json.Unmarshal(data, &unknown); err != nil {
		return config{}, nil, where(data, err)
	}
	known, err := fields(values)
	if err != nil {
		return config{}, nil, err
	}
	maps.DeleteFunc(unknown, func(k string, _ json.RawMessage) bool { return known[k] != nil })
	return values, unknown, values.check()
}

// where adds the line of a JSON error, when it tells its place.
func where(data []byte, err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	var at int64
	switch {
	case errors.As(err, &syntax):
		at = syntax.Offset
	case errors.As(err, &kind):
		at = kind.Offset
	default:
		return err
	}
	at = min(at, int64(len(data)))
	return fmt.Errorf("line %d: %w", 1+bytes.Count(data[:at], []byte("\n")), err)
}

func fields(c config) (map[string]json.RawMessage, error) {
	data, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	var m map[string]json.RawMessage
	return m, json.Unmarshal(data, &m)
}

// get returns a copy of the values.
func (c *configFile) get() config {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.values
}

// update changes the values and writes them. On an error neither the values
// nor the file have changed. change must not alter a slice in place.
func (c *configFile) update(change func(*config) error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	next := c.values
	if err := change(&next); err != nil {
		return err
	}
	if err := next.check(); err != nil {
		return fmt.Errorf("%w: %w", ErrBadSetting, err)
	}
	data, err := c.encode(next)
	if err != nil {
		return err
	}
	if old, err := os.ReadFile(c.path); err == nil && bytes.Equal(old, data) {
		c.values = next
		return nil
	}
	if err := durable.WriteFile(c.path, data, 0o600); err != nil {
		return fmt.Errorf("keep the settings: %w", err)
	}
	c.values = next
	return nil
}

func (c *configFile) encode(values config) ([]byte, error) {
	for _, l := range []*[]string{&values.Listen, &values.Peers, &values.Hints, &values.STUN, &values.CORSOrigins, &values.Watched, &values.Places} {
		if *l == nil {
			*l = []string{} // for whoever edits the file
		}
	}
	all, err := fields(values)
	if err != nil {
		return nil, err
	}
	maps.Copy(all, c.unknown)
	data, err := json.MarshalIndent(all, "", "  ")
	return append(data, '\n'), err
}
