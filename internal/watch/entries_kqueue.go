//go:build darwin || freebsd || openbsd || netbsd || dragonfly

package watch

// entriesMax bounds the files and folders of a tree that is watched: kqueue
// holds each of them open.
const entriesMax = 4000
