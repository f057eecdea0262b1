//go:build race

package overlay

// waiting is less than without the race detector, which makes cryptography
// slow: sessions do not settle between nodes that are seconds late.
const waiting = "4"
