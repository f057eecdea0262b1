// Package bench measures what concerns the program as a whole. It holds nothing
// but benchmarks.
package bench
