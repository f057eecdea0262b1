package app

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"
)

// Version is the version of a program: release, which is set when a package is
// built, or that of the module, which a checkout of the source has.
func Version(release string) string {
	v := cmp.Or(release, "unknown")
	if info, ok := debug.ReadBuildInfo(); ok && release == "" {
		v = info.Main.Version
	}
	return v
}

// VersionLine is a line that tells a person the version of a program.
func VersionLine(program, release string) string {
	return fmt.Sprintf("%s %s, %s, %s/%s", program, Version(release), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
