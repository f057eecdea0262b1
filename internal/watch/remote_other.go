//go:build !(linux || darwin || windows)

package watch

// remote reports whether a folder is on a network drive. This system does not
// tell.
func remote(string) bool { return false }
