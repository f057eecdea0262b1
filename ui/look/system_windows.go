package look

import (
	"context"
	"unsafe"

	"golang.org/x/sys/windows"
)

// SystemStill tells whether the person has switched Windows' animations off.
func SystemStill(context.Context) bool {
	const getClientAreaAnimation = 0x1042 // SPI_GETCLIENTAREAANIMATION
	var moves int32
	ok, _, _ := windows.NewLazySystemDLL("user32.dll").NewProc("SystemParametersInfoW").
		Call(getClientAreaAnimation, 0, uintptr(unsafe.Pointer(&moves)), 0)
	return ok != 0 && moves == 0
}
