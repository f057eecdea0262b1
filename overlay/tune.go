package overlay

import (
	"reflect"
	"unsafe"

	"github.com/Arceliar/phony"
	"github.com/yggdrasil-network/yggdrasil-go/src/core"
)

const (
	// tunedQueue is the byte limit of the queue to each link. Yggdrasil fixes
	// it at 131,070, which holds two packets of tunedMTU and makes TCP
	// collapse on fast links.
	tunedQueue = 4 << 20
	// tunedMTU is what a frame in a linkBuffer has room for. Against half of it,
	// eight streams are a sixth faster; a relay with Yggdrasil's own queue passes on
	// 94 to 107 % as much, the least where its link is slow.
	tunedMTU = 65000
	// plainMTU is for Yggdrasil's own queue limit.
	plainMTU = 8192
)

// tuneQueue raises the queue limit of ironwood, which Yggdrasil gives no way
// to set, and returns the MTU that goes with the limit now in force. It must
// run before the first link is made. When a later version has moved the field,
// nothing is touched.
func tuneQueue(c *core.Core) (mtu int) {
	limit, ok := queueLimit(c.PacketConn)
	if !ok {
		return plainMTU
	}
	*limit = tunedQueue
	return tunedMTU
}

// refreshTree makes ironwood announce anew where in the tree this node is, as it
// does by itself every four minutes: it sets router.refresh, in the turn of the
// router. When a later version has moved that, nothing is done.
func refreshTree(c *core.Core) {
	inbox, okInbox := fieldOf[phony.Inbox](c.PacketConn, "PacketConn", "core", "router", "Inbox")
	refresh, okRefresh := fieldOf[bool](c.PacketConn, "PacketConn", "core", "router", "refresh")
	if okInbox && okRefresh {
		inbox.Act(nil, func() { *refresh = true })
	}
}

// queueLimit finds the limit of ironwood.
func queueLimit(packetConn any) (*uint64, bool) {
	return fieldOf[uint64](packetConn, "PacketConn", "core", "config", "peerMaxMessageSize")
}

// fieldOf finds a field of the type T, unexported or not, by the names that
// lead to it.
func fieldOf[T any](of any, names ...string) (*T, bool) {
	v := reflect.ValueOf(of)
	for _, name := range names {
		if v.Kind() == reflect.Pointer {
			v = v.Elem()
		}
		if v.Kind() != reflect.Struct {
			return nil, false
		}
		v = v.FieldByName(name)
	}
	if !v.IsValid() || v.Type() != reflect.TypeFor[T]() || !v.CanAddr() {
		return nil, false
	}
	return (*T)(unsafe.Pointer(v.UnsafeAddr())), true
}
