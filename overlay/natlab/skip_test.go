//go:build !linux

package natlab

import "testing"

func TestLab(t *testing.T) {
	t.Parallel()
	t.Skip("the NAT lab needs Linux")
}
