//go:build !race

package filelayer

const raceDetector = false
