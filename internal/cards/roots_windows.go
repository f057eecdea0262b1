package cards

import "golang.org/x/sys/windows"

// roots are the drives that can be unplugged.
func roots() (list []string) {
	drives, err := windows.GetLogicalDrives()
	if err != nil {
		return nil
	}
	for i := range 26 {
		root := string(rune('A'+i)) + `:\`
		name, err := windows.UTF16PtrFromString(root)
		if err == nil && drives&(1<<i) != 0 && windows.GetDriveType(name) == windows.DRIVE_REMOVABLE {
			list = append(list, root)
		}
	}
	return list
}
