package look

import (
	"context"
	"os/exec"
	"strings"
)

// SystemStill tells whether the person has asked macOS for less motion.
func SystemStill(ctx context.Context) bool {
	out, err := exec.CommandContext(ctx, "defaults", "read", "com.apple.universalaccess", "reduceMotion").Output()
	return err == nil && strings.TrimSpace(string(out)) == "1"
}
