package watch

import (
	"path/filepath"

	"golang.org/x/sys/windows"
)

// remote reports whether a folder is on a network drive.
func remote(root string) bool {
	volume, err := windows.UTF16PtrFromString(filepath.VolumeName(root) + `\`)
	return err == nil && windows.GetDriveType(volume) == windows.DRIVE_REMOTE
}
