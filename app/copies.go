package app

import (
	"context"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"sync"

	"github.com/libpaul/paul/filelayer"
	"github.com/libpaul/paul/imagelib"
)

// CopyRule says on how many devices photos are kept, and on which in any case.
type CopyRule = filelayer.CopyRule

// AlbumRule is the CopyRule of an album, or of the whole library.
type AlbumRule struct {
	Album  string   `json:"album"`  // its name; "" for the library
	ID     string   `json:"id"`     // of the album; "" for the library
	Copies int      `json:"copies"` // devices that have a verified copy, at least
	On     []string `json:"on"`     // IDs of devices that are to be among them
}

// DeviceCopies is what one device has to do for its role and the rules.
type DeviceCopies struct {
	Device     string `json:"device"` // ID
	Name       string `json:"name"`
	Everything bool   `json:"everything"` // it keeps every photo
	Helps      bool   `json:"helps"`      // it takes photos of which too few devices have a copy
	Late       bool   `json:"late"`       // it does not deliver, so that others are asked before it
	Fetch      int    `json:"fetch"`
	FetchBytes int64  `json:"fetchBytes"`
	Free       int    `json:"free"`
	FreeBytes  int64  `json:"freeBytes"`
	Stuck      int    `json:"stuck"` // beyond its limit of space, and kept since too few others have them
	StuckBytes int64  `json:"stuckBytes"`
}

// CopiesInfo is the rules, or what they would be, and what is to do for them.
type CopiesInfo struct {
	Rules     []AlbumRule    `json:"rules"`
	Files     int            `json:"files"`   // photos that a rule is about
	Below     int            `json:"below"`   // of them: on fewer devices than wished
	Willing   int            `json:"willing"` // devices that keep everything, or help
	Few       int            `json:"few"`     // photos that stay below, since too few devices are willing
	FewBytes  int64          `json:"fewBytes"`
	Full      int            `json:"full"`      // photos that stay below, since no willing device has room
	FullBytes int64          `json:"fullBytes"` // and what room they need
	Devices   []DeviceCopies `json:"devices"`
}

// CopyRule returns the rule of an album, or with "" of the whole library.
func (a *App) CopyRule(album string) CopyRule { return a.files.CopyRules()[album] }

// SetCopyRule changes the rule of the album with this ID, or with "" of the whole
// library, on all devices. ErrNotFound: there is no such album or device. ErrRemoved:
// this device has to join again first.
func (a *App) SetCopyRule(ctx context.Context, album string, rule CopyRule) error {
	if err := a.wantJoined(ctx); err != nil {
		return err
	}
	if _, ok := a.albumNames()[album]; !ok {
		return fmt.Errorf("album %.80q: %w", album, ErrNotFound)
	}
	if rule.Copies < 0 || rule.Copies > maxCopies {
		return fmt.Errorf("%w: %d copies: choose 1 to %d", ErrBadSetting, rule.Copies, maxCopies)
	}
	defer a.changed.Raise()
	return a.files.SetCopyRule(ctx, album, rule)
}

const maxCopies = 100

// Copies tells the rules, and what all devices have to do for them.
func (a *App) Copies() CopiesInfo { return a.planCopies(nil) }

// PlanCopies tells what that would be if the rule of an album, or with "" of the
// library, were another.
func (a *App) PlanCopies(album string, rule CopyRule) CopiesInfo {
	return a.planCopies(map[string]CopyRule{album: rule})
}

func (a *App) planCopies(change map[string]CopyRule) CopiesInfo {
	p := a.files.PlanCopies(change)
	info := CopiesInfo{
		Rules: a.albumRules(change), Files: p.Files, Below: p.Below, Willing: p.Willing,
		Few: p.Few, FewBytes: p.FewBytes, Full: p.Full, FullBytes: p.FullBytes,
	}
	names := make(map[string]string)
	for _, d := range a.files.Devices() {
		names[d.ID] = d.Name
	}
	for _, d := range p.Devices {
		info.Devices = append(info.Devices, DeviceCopies{
			Device: d.Device, Name: names[d.Device], Everything: d.Role.Everything, Helps: d.Role.Helps, Late: d.Late,
			Fetch: d.Fetch, FetchBytes: d.FetchBytes, Free: d.Free, FreeBytes: d.FreeBytes, Stuck: d.Stuck, StuckBytes: d.StuckBytes,
		})
	}
	return info
}

// albumRules lists the rules, some changed: that of the library first, then those
// of albums by name. Rules of albums that were deleted are left out.
func (a *App) albumRules(change map[string]CopyRule) []AlbumRule {
	rules := a.files.CopyRules()
	for album, r := range change {
		rules[album] = r
	}
	out := []AlbumRule{}
	for _, album := range append([]imagelib.Album{{}}, a.images.Albums()...) {
		if r := rules[album.ID]; r.Copies > 1 || len(r.On) > 0 {
			out = append(out, AlbumRule{album.Name, album.ID, r.Copies, append([]string{}, r.On...)})
		}
	}
	return out
}

// albumNames are the albums that a rule may be about, and "" for the library, by
// ID.
func (a *App) albumNames() map[string]string {
	names := map[string]string{"": ""}
	for _, album := range a.images.Albums() {
		if album.Query == nil { // what a smart album holds may change by itself
			names[album.ID] = album.Name
		}
	}
	return names
}

// albumID finds an album by name, without regard to case, or by ID.
func (a *App) albumID(ref string) (id string, err error) {
	found := 0
	for album, name := range a.albumNames() {
		if album == ref {
			return album, nil
		}
		if strings.EqualFold(name, ref) {
			id, found = album, found+1
		}
	}
	switch found {
	case 1:
		return id, nil
	case 0:
		return "", fmt.Errorf("album %.80q: %w: no album has that name", ref, ErrNotFound)
	}
	return "", fmt.Errorf("%w: %d albums are called %.80q: rename one of them", ErrBadSetting, found, ref)
}

// belowCache keeps the count of photos on fewer devices than wished, while nothing
// that it was counted from has changed.
type belowCache struct {
	mu     sync.Mutex // guards the rest
	of     []Entry
	images *imagelib.Snapshot
	rules  map[string]CopyRule
	n      int
}

// Below counts the photos that are on fewer devices than wished.
func (a *App) Below() int {
	rules := a.files.CopyRules()
	if len(rules) == 0 {
		return 0
	}
	entries, images := a.files.Entries(), a.images.Snapshot()
	c := &a.below
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.images != images || !sameSlice(c.of, entries) || !reflect.DeepEqual(c.rules, rules) {
		c.of, c.images, c.rules, c.n = entries, images, rules, a.files.BelowRules()
	}
	return c.n
}

// BelowOf counts those of some photos that are on fewer devices than wished.
func (a *App) BelowOf(ds ...Digest) (n int) {
	for _, d := range ds {
		if a.files.BelowRule(d) {
			n++
		}
	}
	return n
}

// CopiesRequest asks for another rule, or what it would lead to.
type CopiesRequest struct {
	Album   string   `json:"album"`  // name or ID; "" for the library
	Copies  int      `json:"copies"` // 0 or 1: no wish
	On      []string `json:"on"`     // IDs of devices
	Preview bool     `json:"preview"`
}

func (c *control) copies(r *http.Request) (any, error) {
	_, err := c.app.Ready(r.Context())
	return c.app.Copies(), err
}

func (c *control) setCopies(r *http.Request) (any, error) {
	return withBody(r, func(b CopiesRequest) (any, error) {
		if _, err := c.app.Ready(r.Context()); err != nil {
			return nil, err
		}
		album, err := c.app.albumID(b.Album)
		if err != nil {
			return nil, err
		}
		rule := CopyRule{Copies: b.Copies, On: b.On}
		if !b.Preview {
			err = c.app.SetCopyRule(r.Context(), album, rule)
		}
		return c.app.PlanCopies(album, rule), err
	})
}

// Copies tells the rules of how many devices keep photos; see [App.Copies].
func (c *Client) Copies(ctx context.Context) (info CopiesInfo, err error) {
	return info, c.call(ctx, http.MethodGet, "/v1/copies", nil, &info)
}

// SetCopies changes a rule, or tells what that would lead to.
func (c *Client) SetCopies(ctx context.Context, request CopiesRequest) (info CopiesInfo, err error) {
	return info, c.call(ctx, http.MethodPost, "/v1/copies", request, &info)
}
