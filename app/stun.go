package app

import (
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
)

// NoSTUN stands in a list of STUN servers for asking none.
const NoSTUN = "none"

// CheckSTUN returns ErrBadSetting if s is neither NoSTUN nor a server written
// as "host:port".
func CheckSTUN(s string) error {
	if s == NoSTUN {
		return nil
	}
	host, port, err := net.SplitHostPort(s)
	n, bad := strconv.ParseUint(port, 10, 16)
	if err != nil || bad != nil || n == 0 || host == "" || strings.ContainsAny(host, "/@ ") {
		return fmt.Errorf("%w: %q is no STUN server: write one like stun.example.org:3478, or none", ErrBadSetting, s)
	}
	return nil
}

// stunServers returns a list of STUN servers as overlay.Options takes it: an
// empty list stands for the built-in one, NoSTUN for none.
func stunServers(list []string) []string {
	switch {
	case len(list) == 0:
		return nil
	case slices.Contains(list, NoSTUN):
		return []string{}
	}
	return list
}

// checkSTUN checks a whole list.
func checkSTUN(list []string) error {
	for _, s := range list {
		if err := CheckSTUN(s); err != nil {
			return err
		}
	}
	if len(list) > 1 && slices.Contains(list, NoSTUN) {
		return fmt.Errorf(`%w: "none" stands beside other STUN servers`, ErrBadSetting)
	}
	return nil
}
