//go:build !linux

package netwatch

import "context"

// listen does nothing: the watcher finds changes by itself.
func listen(context.Context, func(), func(bool)) {}
