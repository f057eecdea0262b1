package watch

import (
	"errors"

	"golang.org/x/sys/windows"
)

// busy reports whether a program has the file open for writing: then it cannot
// be opened by one that lets nobody write.
func busy(path string) bool {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return false
	}
	h, err := windows.CreateFile(name, windows.GENERIC_READ, windows.FILE_SHARE_READ|windows.FILE_SHARE_DELETE, nil,
		windows.OPEN_EXISTING, windows.FILE_ATTRIBUTE_NORMAL, 0)
	if err == nil {
		_ = windows.CloseHandle(h) // opened for reading
	}
	return errors.Is(err, windows.ERROR_SHARING_VIOLATION)
}
