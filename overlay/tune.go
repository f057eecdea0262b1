package overlay

import (
	"reflect"
	"unsafe"

	"github.com/yggdrasil-network/yggdrasil-go/src/core"
)

const (
	// tunedQueue is the byte limit of the queue to each link. Yggdrasil fixes
	// it at 131,070, which holds four packets of tunedMTU and makes TCP
	// collapse on fast links.
	tunedQueue = 1 << 20
	tunedMTU   = 32768
	// plainMTU is for Yggdrasil's own queue limit.
	plainMTU = 8192
)

// tuneQueue raises the queue limit of ironwood, which Yggdrasil gives no way
// to set, and returns the MTU that goes with the limit now in force. It must
// run before the first link is made. When a later version has moved the field,
// nothing is touched.
func tuneQueue(c *core.Core) (mtu int) {
	field, ok := queueLimit(c.PacketConn)
	if !ok {
		return plainMTU
	}
	*(*uint64)(unsafe.Pointer(field.UnsafeAddr())) = tunedQueue
	return tunedMTU
}

// queueLimit finds ironwood's PacketConn.PacketConn.core.config.peerMaxMessageSize.
func queueLimit(packetConn any) (reflect.Value, bool) {
	v := reflect.ValueOf(packetConn)
	for _, name := range []string{"PacketConn", "core", "config", "peerMaxMessageSize"} {
		if v.Kind() == reflect.Pointer {
			v = v.Elem()
		}
		if v.Kind() != reflect.Struct {
			return reflect.Value{}, false
		}
		v = v.FieldByName(name)
	}
	if !v.IsValid() || v.Kind() != reflect.Uint64 || !v.CanAddr() {
		return reflect.Value{}, false
	}
	return v, true
}
