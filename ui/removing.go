package ui

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/imagelib"
	"github.com/libpaul/paul/ui/words"
)

// removePhotos removes the copies here, as far as other devices prove theirs. For
// several photos it says first what is known of those, and asks.
func (s *shell) removePhotos(x sel) {
	ds := x.where(true)
	switch {
	case len(ds) == 0 || x.trash:
		return
	case s.dev.Role().Everything:
		s.refused(ds, app.ErrKeeper)
		return
	case x.here == 1:
		s.remove(ds)
		return
	}
	l := s.leaves(x)
	q := question{
		symbol: "remove", title: words.N("Remove {{.N}} photos from this computer?", l.photos), text: s.leavingText(l),
		yes: words.T("Remove"), no: words.T("Cancel"), do: func() { s.remove(ds) },
	}
	if l.free() == 0 && l.inPlace < l.photos {
		q.title = words.N("{{.N}} photos stay here for now", l.photos)
		q.yes, q.do = words.T("Remove when safe"), func() { s.removeWhenSafe(ds) }
	}
	s.ask(q)
}

// remove removes the copies here of files, as far as other devices prove theirs.
func (s *shell) remove(ds []app.Digest) {
	since := s.now()
	s.toasts.show(words.N("Asking other devices to prove their copies of {{.N}} photos", s.photosOf(ds)), nil)
	s.goDo(func(ctx context.Context) error { return s.dev.Unsave(ctx, ds...) }, func(err error) {
		s.reload()
		s.removed(ds, since, err)
	})
}

// removed tells what came of a removal: done with an undo, or refused with the
// reason and the ways out.
func (s *shell) removed(ds []app.Digest, since time.Time, err error) {
	if cancelled(err) {
		s.toasts.hide()
		return
	}
	kept := failures(err)
	if err != nil && len(kept) == 0 {
		kept = ds
	}
	if gone := without(ds, kept); len(gone) > 0 {
		s.didRemove(gone, since)
	} else {
		s.toasts.hide()
	}
	if len(kept) > 0 {
		s.refused(kept, err)
	}
}

// didRemove tells which photos have left this computer.
func (s *shell) didRemove(gone []app.Digest, since time.Time) {
	text := words.N("{{.N}} photos removed from this computer", s.photosOf(gone))
	if n := s.dev.BelowOf(gone...); n > 0 {
		text += " · " + words.N("{{.N}} photos are on fewer devices than you asked for", n)
	}
	s.didAction(text, app.KindUnsave, since, func() { s.save(gone) }, nil)
}

// refused says why photos were kept here, and offers the ways out.
func (s *shell) refused(kept []app.Digest, err error) {
	q := question{symbol: "safe", title: words.N("{{.N}} photos were kept", s.photosOf(kept)), text: s.refusals(err), yes: tOK()}
	unsure := func(err error) bool { return errors.Is(err, app.ErrLastCopy) || errors.Is(err, app.ErrUnverified) }
	switch {
	case errors.Is(err, app.ErrKeeper):
		q.third, q.thirdDo = words.T("Settings"), func() { s.open("settings") }
	case unsure(err) || errors.Is(err, app.ErrLeased):
		q.text += s.comeOnline(kept) + "\n\n" + words.T("Or let it be removed by itself once that is safe.")
		q.no, q.yes, q.do = words.T("Keep"), words.T("Remove when safe"), func() { s.removeWhenSafe(kept) }
	}
	if unsure(err) {
		q.third, q.thirdDo = words.T("Remove anyway…"), func() { s.forceRemove(kept) }
	}
	s.ask(q)
}

// refusals says why photos were kept: each reason once, with the photos that it is of
// where there are several.
func (s *shell) refusals(err error) string {
	var reasons []words.Problem
	of := make(map[words.Problem][]app.Digest)
	for _, f := range fileErrors(err) {
		p := words.Explain(f)
		if len(of[p]) == 0 {
			reasons = append(reasons, p)
		}
		of[p] = append(of[p], f.Digest)
	}
	if len(reasons) < 2 {
		p := words.Explain(err)
		return p.What + " " + p.Do
	}
	var lines []string
	for _, p := range reasons {
		lines = append(lines, words.T("{{.Photos}}: {{.Why}}", "Photos", words.Photos(s.photosOf(of[p])), "Why", p.What+" "+p.Do))
	}
	return strings.Join(lines, "\n\n")
}

// comeOnline names the devices that have some of the files and are offline; "" where
// there is none.
func (s *shell) comeOnline(ds []app.Digest) string {
	var names []string
	for _, d := range s.devices {
		if d.Self || d.Online || !s.has(d.ID, ds) {
			continue
		}
		name := d.Name
		if !d.LastSeen.IsZero() {
			name = words.T("{{.Device}} (last seen {{.Ago}})", "Device", name, "Ago", words.Ago(s.now(), d.LastSeen))
		}
		names = append(names, name)
	}
	if len(names) == 0 {
		return ""
	}
	return " " + words.T("Copies are on {{.Devices}}: start Paul there.", "Devices", words.List(names))
}

// has tells whether a device is known to have one of the files.
func (s *shell) has(device string, ds []app.Digest) bool {
	return slices.ContainsFunc(ds, func(d app.Digest) bool {
		e, ok := s.dev.Entry(d)
		return ok && slices.Contains(e.HolderIDs(), device)
	})
}

// removeWhenSafe removes the copies here as soon as other devices prove theirs.
func (s *shell) removeWhenSafe(ds []app.Digest) {
	since := s.now()
	s.goDo(func(ctx context.Context) error { return s.dev.UnsaveWhenSafe(ctx, ds...) }, func(err error) {
		s.reload()
		if err != nil {
			s.fail(words.T("Could not remove the photos"), err)
			return
		}
		text := words.N("{{.N}} photos removed from this computer", s.photosOf(ds))
		if s.dev.Status().WhenSafe > 0 {
			text = words.N("{{.N}} photos leave this computer once other devices prove their copies", s.photosOf(ds))
		}
		s.didAction(text, app.KindUnsave, since, func() { s.save(ds) }, nil)
	})
}

// forceRemove asks once more, saying what would be lost.
func (s *shell) forceRemove(ds []app.Digest) {
	s.ask(question{
		symbol: "warning", danger: true,
		title: words.N("Remove {{.N}} photos without proof of another copy?", s.photosOf(ds)),
		text:  s.forceText(ds),
		yes:   words.T("Remove anyway"), no: words.T("Keep"),
		do: func() {
			since := s.now()
			s.goDo(func(ctx context.Context) error { return s.dev.ForceUnsave(ctx, ds...) }, func(err error) {
				s.reload()
				kept := failures(err)
				if err != nil && len(kept) == 0 {
					kept = ds
				}
				if gone := without(ds, kept); len(gone) > 0 {
					s.didRemove(gone, since)
				}
				if err != nil {
					s.fail(words.T("Could not remove the photos"), err)
				}
			})
		},
	})
}

// forceText says what would be lost by a removal that nobody has proved to be safe.
func (s *shell) forceText(ds []app.Digest) string {
	var last, claimed []app.Digest
	var oldest time.Time
	var names []string
	for _, d := range ds {
		e, _ := s.dev.Entry(d)
		others := words.Elsewhere(words.Proofs(e, s.devices))
		if len(others) == 0 {
			last = append(last, d)
			continue
		}
		claimed = append(claimed, d)
		for _, p := range others {
			if !slices.Contains(names, p.Device.Name) {
				names = append(names, p.Device.Name)
			}
			if oldest.IsZero() || p.At.Before(oldest) {
				oldest = p.At
			}
		}
	}
	var lines []string
	if len(last) > 0 {
		lines = append(lines, words.N("{{.N}} photos are on no other device, as far as is known: when the trash here lets go of them, they are lost for ever.", s.photosOf(last)))
	}
	if len(claimed) > 0 {
		lines = append(lines, words.N("{{.N}} photos are said to be on {{.Devices}}, and nobody could prove it now; the oldest check there was {{.Ago}}. If that is wrong, they are lost for ever.",
			s.photosOf(claimed), "Devices", words.List(names), "Ago", words.Ago(s.now(), oldest)))
	}
	lines = append(lines, words.T("They go to this computer's trash for 30 days; until then Undo, or Save, brings them back."))
	return strings.Join(lines, "\n\n")
}

// leaving is what is known of photos whose copies here are to be removed.
type leaving struct {
	photos  int
	stay    []staying
	none    int      // that no other device is known to have
	few     int      // that fewer devices are known to have than must prove it
	asleep  int      // that devices have which are offline
	offline []string // those
	inPlace int      // whose copies here lie in folders that were added in place
}

// staying is a device where photos stay.
type staying struct {
	device app.Device
	photos int
	oldest time.Time // proof
}

// free is how many photos may leave now, as far as is known.
func (l *leaving) free() int { return l.photos - l.none - l.few - l.asleep - l.inPlace }

// leaves looks at the photos that have copies here.
func (s *shell) leaves(x sel) *leaving {
	l := &leaving{}
	need := max(s.dev.Settings().Copies, 1)
	for _, img := range x.images {
		proofs, inPlace, here := s.othersOf(img)
		if !here {
			continue
		}
		l.photos++
		if inPlace {
			l.inPlace++
			continue
		}
		l.add(words.Elsewhere(proofs), need)
	}
	slices.SortStableFunc(l.stay, func(a, b staying) int { return b.photos - a.photos })
	return l
}

// othersOf are the devices that have all files of a photo that are here.
func (s *shell) othersOf(img *imagelib.Image) (all []words.Proof, inPlace, here bool) {
	for _, f := range img.Files() {
		e, ok := s.dev.Entry(f.Digest)
		if !f.Here || !ok {
			continue
		}
		proofs := words.Proofs(e, s.devices)
		if here {
			proofs = words.Both(all, proofs)
		}
		all, inPlace, here = proofs, inPlace || e.InPlace, true
	}
	return all, inPlace, here
}

// add takes in a photo that other devices have.
func (l *leaving) add(others []words.Proof, need int) {
	online := 0
	for _, p := range others {
		i := slices.IndexFunc(l.stay, func(st staying) bool { return st.device.ID == p.Device.ID })
		if i < 0 {
			i = len(l.stay)
			l.stay = append(l.stay, staying{device: p.Device, oldest: p.At})
		}
		st := &l.stay[i]
		st.photos++
		if p.At.Before(st.oldest) {
			st.oldest = p.At
		}
		if p.Device.Online {
			online++
		}
	}
	switch {
	case len(others) == 0:
		l.none++
	case len(others) < need:
		l.few++
	case online < need:
		l.asleep++
		for _, p := range others {
			if !p.Device.Online && !slices.Contains(l.offline, p.Device.Name) {
				l.offline = append(l.offline, p.Device.Name)
			}
		}
	}
}

// leavingText says where photos stay, which will be kept here and why, and how they come
// back.
func (s *shell) leavingText(l *leaving) string {
	var lines, parts []string
	part := func() {
		if len(lines) > 0 {
			parts, lines = append(parts, strings.Join(lines, "\n")), nil
		}
	}
	for _, st := range l.stay {
		line := words.N("{{.Device}} has {{.N}} of them; the oldest check there was {{.Ago}}.", st.photos, "Device", st.device.Name, "Ago", words.Ago(s.now(), st.oldest))
		if !st.device.Online {
			line = words.N("{{.Device}} has {{.N}} of them, and is offline; the oldest check there was {{.Ago}}.", st.photos, "Device", st.device.Name, "Ago", words.Ago(s.now(), st.oldest))
		}
		lines = append(lines, line)
	}
	part()
	if l.none > 0 {
		lines = append(lines, words.N("{{.N}} photos stay here: no other device is known to have them.", l.none))
	}
	if l.few > 0 {
		lines = append(lines, words.N("{{.N}} photos stay here: {{.Copies}} other devices are to have them, and fewer do.", l.few, "Copies", s.dev.Settings().Copies))
	}
	if l.asleep > 0 {
		lines = append(lines, words.N("{{.N}} photos stay here until {{.Devices}} can prove its copy: it is offline.", l.asleep, "Devices", words.List(l.offline)))
	}
	if l.inPlace > 0 {
		lines = append(lines, words.N("{{.N}} photos stay here: they lie in a folder that was added in place, where Paul removes nothing.", l.inPlace))
	}
	part()
	if l.free() > 0 {
		lines = append(lines, words.T("Each copy goes only once other devices have proved theirs now. The trash here keeps it for 30 days; until then Undo, or Save, brings it back."))
	} else if l.inPlace < l.photos {
		lines = append(lines, words.T("They can be removed by themselves as soon as other devices prove their copies."))
	}
	part()
	return strings.Join(parts, "\n\n")
}
