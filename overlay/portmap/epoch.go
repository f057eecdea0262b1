package portmap

import "time"

// epoch is a gateway's count of the seconds since it lost its mappings, and
// when it said so by the wall clock. The zero epoch is none.
type epoch struct {
	seconds uint32
	at      time.Time
}

// restarted tells from a later epoch whether the gateway has lost its mappings
// between the two (RFC 6887, 8.5).
func (e epoch) restarted(later epoch) bool {
	if e.at.IsZero() || later.at.IsZero() {
		return false
	}
	server := int64(later.seconds) - int64(e.seconds)
	client := int64(later.at.Sub(e.at) / time.Second)
	return server < -1 || client+2 < server-server/16 || server+2 < client-client/16
}
