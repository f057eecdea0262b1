package ui

import (
	"context"
	"slices"
	"strings"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/imagelib"
)

func (f *fake) EditTags(_ context.Context, ds []app.Digest, add, remove []string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.call("tags %s +%s -%s", numbers(ds), strings.Join(add, ","), strings.Join(remove, ","))
	f.update(ds, func(img *imagelib.Image) {
		tags := slices.DeleteFunc(slices.Clone(img.Tags), func(t string) bool { return slices.Contains(remove, t) })
		for _, t := range add {
			if !slices.Contains(tags, t) {
				tags = append(tags, t)
			}
		}
		img.Tags = tags
	})
	return nil
}
