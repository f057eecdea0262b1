//go:build !windows

package blob

const posixErrors = true
