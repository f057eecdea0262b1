//go:build !race

package natlab

const raced = false
