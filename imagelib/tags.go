package imagelib

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/libpaul/paul/imagelib/internal/fold"
)

// tagPrefix begins the field of a tag that a person gave an image or took from
// it. Its value is the tag, as it is written, or empty where it was taken: so two
// devices that tag one photo at the same time keep both tags. The rest of the
// field is the tag folded, since tags that differ in case alone are one.
const tagPrefix = "tag:"

// Tag is a word that images are tagged with.
type Tag struct {
	Name  string // as most images have it
	Count int    // of images that are shown
}

// EditTags gives images the tags of add and takes those of remove from them,
// beside those they have, from their files or from a person. Case and diacritics
// do not count, and a tag that is in both is removed. Like all edits it is on disk
// when it returns; an image the library does not have is [ErrNotFound].
func (l *Library) EditTags(ctx context.Context, ds []Digest, add, remove []string) error {
	out := cleanTags(remove)
	var decisions []decision
	for _, t := range cleanTags(add) {
		if !hasTag(out, t) {
			decisions = append(decisions, decision{tagPrefix + fold.String(t), fieldTags, t})
		}
	}
	for _, t := range out {
		decisions = append(decisions, decision{tagPrefix + fold.String(t), fieldTags, ""})
	}
	return l.edit(ctx, ds, func(body raw) (raw, error) { return setEdits(body, decisions, l.clock) })
}

// Fold returns a text in lower case and without diacritics, as queries compare texts.
func Fold(text string) string { return fold.String(text) }

// cleanTags returns tags without blanks around them, and each once.
func cleanTags(tags []string) (list []string) {
	for _, t := range tags {
		if t = cut(strings.TrimSpace(t)); t != "" && !hasTag(list, t) {
			list = append(list, t)
		}
	}
	return list
}

// hasTag reports whether a tag is in a list, however it is written.
func hasTag(list []string, tag string) bool {
	folded := fold.String(tag)
	return slices.ContainsFunc(list, func(t string) bool { return t == tag || fold.String(t) == folded })
}

// tags returns those of the file, or of an edit of an earlier version that replaces them, without those
// that were taken since and with those that were given, by name.
func (doc *document) tags() []string {
	tags := doc.Tags
	if replaced := tags; readEdit(doc.Edits[fieldTags], &replaced) {
		tags = replaced
	}
	over := editOf(doc.Edits[fieldTags]).At.orZero()
	var given []string
	taken := map[string]bool{}
	for field, e := range doc.Edits {
		folded, ok := strings.CutPrefix(field, tagPrefix)
		var tag string
		if !ok || editOf(e).At.orZero() <= over || !readEdit(e, &tag) {
			continue
		}
		if tag == "" {
			taken[folded] = true
		} else if !hasTag(tags, tag) {
			given = append(given, tag)
		}
	}
	if len(given) == 0 && len(taken) == 0 {
		return tags
	}
	slices.Sort(given)
	return slices.DeleteFunc(append(slices.Clone(tags), given...), func(t string) bool { return taken[fold.String(t)] })
}

// Tags returns all tags of the images, by name, each in the spelling that most of
// them have. It is counted once a snapshot.
func (s *Snapshot) Tags() []Tag {
	s.tagging.Do(func() { s.tags = countTags(s.Images) })
	return s.tags
}

func countTags(images []*Image) (tags []Tag) {
	spelt := map[string]int{}
	for _, img := range images {
		for _, t := range img.Tags {
			spelt[t]++
		}
	}
	at := map[string]int{} // by what is folded
	most := []int{}
	for t, n := range spelt {
		f := fold.String(t)
		i, ok := at[f]
		if !ok {
			i = len(tags)
			at[f] = i
			tags, most = append(tags, Tag{Name: t}), append(most, n)
		}
		if n > most[i] || n == most[i] && t < tags[i].Name {
			tags[i].Name, most[i] = t, n
		}
		tags[i].Count += n
	}
	slices.SortFunc(tags, func(a, b Tag) int {
		return cmp.Or(strings.Compare(fold.String(a.Name), fold.String(b.Name)), strings.Compare(a.Name, b.Name))
	})
	return tags
}
