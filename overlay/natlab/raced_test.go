//go:build race

package natlab

// raced: the race detector makes cryptography so slow that few labs will do.
const raced = true
