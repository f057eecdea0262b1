package ui

import (
	"context"

	"github.com/libpaul/paul/app"
)

// fakePrograms is what a fake tells of ports, other programs and backups.
type fakePrograms struct {
	settingErr error // of UpdateSettings
	probeErr   error
	backupErr  error
	restored   app.RestoredInfo
	proxyAt    string
	peers      []app.Peering
	database   *app.DatabaseStatus
	rotten     int
	healed     int
	atLogin    bool
	loginErr   error
}

func (f *fake) Peers() []app.Peering {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.peers
}

func (f *fake) Backup(_ context.Context, path string) (app.BackupInfo, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.call("backup %s", path)
	return app.BackupInfo{Path: path}, f.backupErr
}

func (f *fake) RestoreBackup(_ context.Context, path string) (app.RestoredInfo, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.call("restore backup %s", path)
	return f.restored, f.backupErr
}

func (f *fake) ProbeDatabase(_ context.Context, url string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.call("probe %s", url)
	return f.probeErr
}

func (f *fake) Proxy() (string, bool)               { return f.proxyAt, false }
func (f *fake) ProxyLogin() (string, string, error) { return "paul", "open sesame", nil }

// fakeLogin is the system that starts the program at login.
type fakeLogin struct{ f *fake }

func (l fakeLogin) Enabled() (bool, error) {
	l.f.mu.Lock()
	defer l.f.mu.Unlock()
	return l.f.atLogin, nil
}

func (l fakeLogin) Enable() error  { return l.set(true) }
func (l fakeLogin) Disable() error { return l.set(false) }

func (l fakeLogin) set(on bool) error {
	l.f.mu.Lock()
	defer l.f.mu.Unlock()
	if l.f.loginErr == nil {
		l.f.atLogin = on
	}
	l.f.call("at login %t", on)
	return l.f.loginErr
}

// connected has peers, ports, a proxy and a database in all states.
func connected(f *fake) {
	f.settings.Peers = []string{"tls://192.0.2.7:7999", "tls://198.51.100.3:7999?password=x", "tls://203.0.113.9:7999"}
	f.peers = []app.Peering{
		{URI: "tls://192.0.2.7:7999", Up: true, RTT: 18e6},
		{URI: "tls://198.51.100.3:7999?password=x", LastErr: "connection refused"},
	}
	f.settings.Listen, f.settings.Socks, f.proxyAt = []string{"tls://0.0.0.0:7999"}, "127.0.0.1:1080", "127.0.0.1:1080"
	f.settings.Database = "http://mira:secret@couch.example.org:5984/"
	f.database = &app.DatabaseStatus{URL: "http://couch.example.org:5984/", Online: true, Synced: true}
}
