package app

import "github.com/libpaul/paul/imagelib"

// ServeIfChild decodes pictures for the device that has started this process for
// that, and does not return then. Programs call it first of all in main.
func ServeIfChild() { imagelib.ServeIfChild() }
