package netwatch

import (
	"context"
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// breath is the pause after a nudge. A machine that routes for many others can
// have a thousand changes a second.
const breath = 200 * time.Millisecond

// listen calls nudge when the kernel tells of a change of interfaces, addresses
// or routes (rtnetlink(7)), until ctx ends. When the kernel does not tell, it
// returns, and the watcher finds changes by itself, a little later. hears is told
// whether the kernel does.
func listen(ctx context.Context, nudge func(), hears func(bool)) {
	socket, err := rtnetlink()
	if err != nil {
		return
	}
	stop := context.AfterFunc(ctx, func() { _ = socket.Close() })
	defer stop()
	hears(true)
	defer hears(false)
	rest := time.NewTimer(0)
	defer rest.Stop()
	buf := make([]byte, os.Getpagesize())
	for {
		// What it says is not needed; some of it was lost (ENOBUFS) says as much.
		if _, err := socket.Read(buf); err != nil && !errors.Is(err, unix.ENOBUFS) {
			_ = socket.Close() // it has nothing more to say
			return
		}
		nudge()
		rest.Reset(breath)
		select {
		case <-ctx.Done():
		case <-rest.C:
		}
	}
}

// rtnetlink opens a socket that hears of changes. Its reads wait in the
// runtime's poller, so that Close ends them.
func rtnetlink() (*os.File, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_ROUTE)
	if err != nil {
		return nil, err
	}
	const groups = unix.RTMGRP_LINK | unix.RTMGRP_IPV4_IFADDR | unix.RTMGRP_IPV6_IFADDR |
		unix.RTMGRP_IPV4_ROUTE | unix.RTMGRP_IPV6_ROUTE
	if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: groups}); err != nil {
		_ = unix.Close(fd) // it was never used
		return nil, err
	}
	return os.NewFile(uintptr(fd), "rtnetlink"), nil
}
