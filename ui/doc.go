// Package ui is the gallery: what a person sees of Paul.
//
// All of it runs on the screen's goroutine. One goroutine listens to the
// device's changes and calls the dispatcher, and screens then read fresh
// snapshots; what takes long runs on its own goroutine and comes back through
// the dispatcher as well. The dispatcher is injected, so that tests need no
// display and no race detector is upset.
//
// A page is one entry of the sidebar. The pages of photos are a grid each with
// its own query; the viewer lies over them.
package ui
