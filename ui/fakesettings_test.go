package ui

import (
	"context"
	"fmt"
	"slices"

	"github.com/libpaul/paul/app"
)

func (f *fake) Settings() app.Settings {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.settings
}

func (f *fake) Fetching() *app.Fetching {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.fetching
}

func (f *fake) Limits() app.Limits {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.limits
}

func (f *fake) SetLimits(m app.Limits) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.limits = m
	return nil
}

func (f *fake) Role() app.Role {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.role
}

// SetRole drops what was still to come of every photo.
func (f *fake) SetRole(_ context.Context, r app.Role) (dropped app.Dropped, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.role.Everything && !r.Everything {
		dropped = app.Dropped{Files: 7, Bytes: 28e6}
	}
	f.role = r
	return dropped, nil
}

// Plan frees 12 photos beyond a limit.
func (f *fake) Plan(r app.Role) (p app.Plan) {
	if r.Space > 0 {
		p.Free, p.FreeBytes = 12, 48e6
	}
	return p
}

func (f *fake) CopyRule(album string) app.CopyRule {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.rules[album]
}

func (f *fake) SetCopyRule(_ context.Context, album string, rule app.CopyRule) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rules[album] = rule
	return nil
}

func (f *fake) Copies() app.CopiesInfo { return f.PlanCopies("", f.CopyRule("")) }

// PlanCopies lacks a device for each copy after the second.
func (f *fake) PlanCopies(_ string, rule app.CopyRule) (info app.CopiesInfo) {
	if rule.Copies > 1 {
		info = app.CopiesInfo{Files: 90, Below: 40, Willing: 1, Devices: []app.DeviceCopies{{Name: "NAS in the hall", Fetch: 40, FetchBytes: 124e6}}}
	}
	if rule.Copies > 2 {
		info.Few = 90
	}
	return info
}

func (f *fake) BelowOf(...app.Digest) int { return 0 }

func (f *fake) WatchedFolders() []app.WatchedFolder {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.watched)
}

func (f *fake) AddWatchedFolder(path string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if path == f.settings.Library {
		return fmt.Errorf("%w: %s", app.ErrBadSetting, path)
	}
	f.watched = append(f.watched, app.WatchedFolder{Path: path, State: app.WatchWatching})
	return nil
}

func (f *fake) RemoveWatchedFolder(path string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.watched = slices.DeleteFunc(f.watched, func(w app.WatchedFolder) bool { return w.Path == path })
	return nil
}

func (f *fake) UpdateSettings(_ context.Context, s app.Settings) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.settingErr != nil {
		return f.settingErr
	}
	if s.Name == "" {
		return fmt.Errorf("%w: no name", app.ErrBadSetting)
	}
	if s.Library != f.settings.Library {
		f.restart = []string{"Library"}
	}
	f.settings = s
	return nil
}

func (f *fake) Places() ([]app.PlaceInfo, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.places), nil
}

func (f *fake) AddPlace(_ context.Context, path string) (app.ImportResult, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.call("add place %s", path)
	f.places = append(f.places, app.PlaceInfo{Path: path, Files: 3, Bytes: 9e6})
	return app.ImportResult{}, nil
}

func (f *fake) RemovePlace(_ context.Context, path string, force bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.call("remove place %s %t", path, force)
	f.places = slices.DeleteFunc(f.places, func(p app.PlaceInfo) bool { return p.Path == path })
	return nil
}

func (f *fake) SwitchedOff() app.Off { return f.off }

func (f *fake) RestartNeeded() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.restart
}
