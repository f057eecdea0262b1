//go:build !race

package overlay

// waiting is how many tests run at once: they wait for the timers of Yggdrasil
// (a node looks after its links once a second) far longer than they compute.
const waiting = "16"
