package filelayer

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"time"

	"pgregory.net/rapid"
)

// A step is one thing that happens to the world. Numbers are taken modulo how
// many there are of what they name.
type step struct {
	What  string
	A, B  int // devices
	File  int
	Size  int // of what is drawn beside: minutes, how far a clock is off
	Fault fault
	Amid  []step
}

// An act carries out a step on a device that is up.
type act struct {
	weight int
	amid   bool // may happen while another device asks this one
	do     func(w *world, u *unit, s step)
}

var acts = map[string]act{
	"create":  {5, true, (*world).create},
	"save":    {10, true, (*world).save},
	"unsave":  {12, true, (*world).unsave},
	"delete":  {3, true, (*world).delete},
	"restore": {3, true, (*world).restore},
	"edit":    {2, false, (*world).edit},
	"lose":    {2, false, (*world).lose},
	"move":    {2, true, (*world).move},
	"rot":     {1, false, (*world).rot},
	"rename":  {1, true, func(w *world, u *unit, s step) { w.try(u.Rename(w.ctx, fmt.Sprint("name", s.Size%50)), ErrNotFound) }},
	"bulk":    {2, true, (*world).bulk},
	"undo":    {6, true, (*world).undo},
	"carry":   {3, true, (*world).carry},
	"later":   {2, true, (*world).unsaveSafe},
	"safe":    {3, true, (*world).safe},
	"place":   {2, true, (*world).place},
	"outside": {2, true, (*world).outside},
	"stroll":  {2, true, (*world).stroll},
	"leave":   {1, true, (*world).leave},
	"expel":   {1, false, (*world).expel},
	"sync":    {22, true, (*world).sync},
	"pull":    {6, true, (*world).pull},
	"look":    {4, true, (*world).look},
	"settle":  {5, true, (*world).settle},
	"fetch":   {6, true, (*world).fetch},
	"rule":    {1, true, (*world).rule},
	"role":    {3, true, (*world).setRole},
	"play":    {3, true, (*world).play},
	"unwish":  {2, true, (*world).unwish},
	"bring":   {3, true, (*world).bring},
	"copies":  {3, true, (*world).copies},
	"space":   {3, true, (*world).space},
	"scan":    {2, true, (*world).scan},
	"scrub":   {1, true, (*world).scrub},
	"cut":     {3, true, func(w *world, u *unit, s step) { w.cut(u, s, true) }},
	"join":    {3, true, func(w *world, u *unit, s step) { w.cut(u, s, false) }},
	"crash":   {1, true, func(_ *world, u *unit, _ step) { u.crash() }},
	"restart": {2, true, (*world).restart},
	"wait":    {4, true, func(w *world, _ *unit, s step) { w.elapsed += time.Duration(s.Size%25) * time.Minute }},
	"quiet":   {1, false, func(w *world, _ *unit, s step) { w.quiet(s.Size%2 == 0) }},
}

// stepNames returns acts, as often as they weigh.
func stepNames(amid bool) []string {
	var out []string
	for name, a := range acts {
		if a.amid || !amid {
			out = append(out, slices.Repeat([]string{name}, a.weight)...)
		}
	}
	slices.Sort(out)
	return out
}

var (
	anyStep     = stepNames(false)
	amidStep    = stepNames(true)
	asking      = []string{"unsave", "space", "save", "fetch", "bulk", "undo", "carry", "later", "safe", "play"}
	plainFaults = []fault{
		{"_bulk_get", lostRequest}, {"_changes", lostAnswer}, {"_local", lostRequest}, {"devices", lostRequest}, {"files", lostAnswer},
	}
	askingFaults = []fault{{"/lease/", lostRequest}, {"/lease/", lostAnswer}, {"/blob", lostAnswer}, {"/blob", flipped}}
)

// drawStep draws one number and makes a step of it: numbers that rapid draws by
// themselves are mostly small.
func drawStep(t *rapid.T) step {
	r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "step"), 0))
	s := plainStep(r, anyStep)
	if slices.Contains(asking, s.What) {
		for range r.IntN(5) - 2 {
			s.Amid = append(s.Amid, plainStep(r, amidStep))
		}
		if r.IntN(4) == 0 {
			s.Fault = askingFaults[r.IntN(len(askingFaults))]
		}
	} else if r.IntN(10) == 0 {
		s.Fault = plainFaults[r.IntN(len(plainFaults))]
	}
	return s
}

func plainStep(r *rand.Rand, names []string) step {
	return step{What: names[r.IntN(len(names))], A: r.IntN(60), B: r.IntN(60), File: r.IntN(60), Size: r.IntN(1000)}
}

// do carries out a step, on the device that it names or the next that is up.
func (w *world) do(s step) {
	if w.broken != nil {
		return
	}
	if amid := w.asker; amid != nil && w.units[s.A%len(w.units)] == amid {
		s.A++ // that one waits for its answer
	}
	for i := range w.units {
		u := w.units[(s.A+i)%len(w.units)]
		if s.What == "restart" && i == 0 || u.up && u != w.asker {
			w.trace(s, u)
			u.dirty = true
			if act := acts[s.What]; s.What == "quiet" {
				act.do(w, u, s) // it watches by itself
			} else {
				w.watch(u, s.What, func() { act.do(w, u, s) })
			}
			u.dirty = true
			return
		}
	}
}

// step carries out one of the steps drawn.
func (w *world) step(s step) {
	w.steps = append(w.steps, s)
	w.fault, w.amid = s.Fault, s.Amid
	w.do(s)
	w.fault, w.amid = fault{}, nil
	w.check()
}

// try fails the world for an error that no step may lead to.
func (w *world) try(err error, allowed ...error) bool {
	if err == nil {
		return true
	}
	for _, ok := range allowed {
		if errors.Is(err, ok) {
			return false
		}
	}
	w.fail("unexpected error: %w", err)
	return false
}

// file is the one that a step names, or the next that is as it should be.
func (w *world) file(s step, fit ...func(d Digest) bool) Digest {
	for i := range w.digests {
		d := w.digests[(s.File+i)%len(w.digests)]
		if !slices.ContainsFunc(fit, func(fit func(Digest) bool) bool { return !fit(d) }) {
			return d
		}
	}
	return w.digests[s.File%len(w.digests)]
}

// A file that a device has, that it sees and has not, and that is deleted.

func (u *unit) has(d Digest) bool {
	_, here := u.mirror.copied(d)
	return here
}

func (u *unit) lacks(d Digest) bool {
	e, known := u.mirror.entry(d)
	return known && e.Deleted == nil && !u.has(d)
}

func (u *unit) buried(d Digest) bool {
	e, known := u.mirror.entry(d)
	return known && e.Deleted != nil
}

func (w *world) other(u *unit, s step) *unit {
	return w.units[(u.n+1+s.B%(len(w.units)-1))%len(w.units)]
}

// create imports a photo, and now and then the device's process ends before that
// is noted as done.
func (w *world) create(u *unit, s step) {
	n := s.File % len(w.photos)
	im := u.NewImport()
	batch := im.NewBatch()
	defer batch.Abort()
	e, err := batch.CreateContent(NewContent(w.photos[n]), Metadata{
		Name: fmt.Sprint("photo", s.Size%2, ".jpg"), Time: photoTime(n),
	})
	if !w.try(err) || !w.try(batch.Commit(w.ctx)) {
		return
	}
	w.begun(u, e.Digest)
	u.wish(e.Digest)
	delete(w.purged, e.Digest)
	if !u.has(e.Digest) {
		w.fail("created on %d, and not here: %v", u.n, e.Digest)
	}
	if s.Size%9 == 0 {
		u.crash()
		return
	}
	im.End(w.ctx)
}

// begun notes the lifecycle that a person has begun.
func (w *world) begun(u *unit, d Digest) {
	r, _, _ := u.mirror.file(d)
	if w.lives[d] == nil {
		w.lives[d] = make(map[stamp]bool)
	}
	w.lives[d][r.Added] = true
}

func (w *world) save(u *unit, s step) {
	for range w.units[1:] {
		w.pull(u, s)
		s.B++
	}
	w.look(u, s)
	d := w.file(s, u.lacks)
	if !w.noted(u, ActionSave, d, func() error { return u.Want(w.ctx, d) }, ErrNotFound, ErrDeleted) {
		return
	}
	u.wish(d)
	w.settle(u, s)
	w.fetch(u, s)
}

func (w *world) unsave(u *unit, s step) {
	asker := w.asker
	w.asker = u
	d := w.file(s, u.has)
	w.noted(u, ActionUnsave, d, func() error { return u.Unsave(w.ctx, d) }, unsaveRefusals...)
	w.asker = asker
}

var unsaveRefusals = []error{ErrNotFound, ErrDeleted, ErrLastCopy, ErrUnverified, ErrLeased, ErrMissing, ErrInPlace, ErrKeeper}

// rule lets a person change how many copies they want.
func (w *world) rule(u *unit, s step) {
	w.try(u.SetCopyRule(w.ctx, "", CopyRule{Copies: max(s.Size%5-1, 0)}))
}

func (w *world) delete(u *unit, s step) {
	d := w.file(s)
	if w.noted(u, ActionDelete, d, func() error { return u.Delete(w.ctx, d) }, ErrNotFound) {
		w.deleted[d] = true
	}
}

func (w *world) restore(u *unit, s step) {
	d := w.file(s, u.buried)
	restored := w.restoring(u, []Digest{d})
	if w.noted(u, ActionRestore, d, func() error { return u.Restore(w.ctx, d) }, ErrNotFound) {
		restored(d, nil)
	}
}

// spareCopy returns a copy of the device that may be spoilt: another device of
// the library has one as well.
func (w *world) spareCopy(u *unit, s step) (path string) {
	d := w.file(s, u.has)
	w.survey()
	for p, got := range u.library {
		if got == d {
			path = p
		}
	}
	for _, v := range w.units {
		if v != u && !v.removed && v.keeps(d) {
			return path
		}
	}
	return ""
}

func (w *world) edit(u *unit, s step) {
	path := w.spareCopy(u, s)
	if path == "" {
		return
	}
	data := photo(fmt.Sprint("edit", len(w.edits)), 500+len(w.edits))
	w.try(errors.Join(os.Chmod(path, 0o600), os.WriteFile(path, data, 0o600)))
	d := Digest(sha256.Sum256(data))
	w.edits[d], u.edited[path] = true, d
}

func (w *world) lose(u *unit, s step) {
	if path := w.spareCopy(u, s); path != "" {
		w.try(os.Remove(path))
	}
}

func (w *world) move(u *unit, s step) {
	d := w.file(s, u.has)
	w.survey()
	for path, got := range u.library {
		if got == d {
			to := filepath.Join(filepath.Dir(path), fmt.Sprint("moved", s.Size, ".jpg"))
			if _, err := os.Lstat(to); err == nil {
				return
			}
			w.try(os.Rename(path, to))
			u.moved[to] = true
			return
		}
	}
}

// rot changes bytes as a failing disk does: by itself, no time and no size.
func (w *world) rot(u *unit, s step) {
	path := w.spareCopy(u, s)
	if path == "" {
		return
	}
	fi, err := os.Lstat(path)
	if !w.try(err) {
		return
	}
	data, err := os.ReadFile(path)
	if !w.try(err) {
		return
	}
	d := Digest(sha256.Sum256(data))
	data[0] ^= 1
	w.try(errors.Join(os.Chmod(path, 0o600), os.WriteFile(path, data, 0o600), os.Chmod(path, 0o444), os.Chtimes(path, fi.ModTime(), fi.ModTime())))
	w.frail[d], u.rotten[path] = true, true
}

// expel removes a device from the library, unless it has what no other has.
func (w *world) expel(u *unit, s step) {
	v := w.other(u, s)
	left := slices.DeleteFunc(slices.Clone(w.units), func(x *unit) bool { return x == v || x.removed })
	if u.removed || v.removed || v.expelled || len(left) == 0 {
		return
	}
	w.survey()
	for _, d := range w.digests {
		if (has(v.library, d) || has(v.trash, d)) && !slices.ContainsFunc(left, func(x *unit) bool { return x.keeps(d) }) {
			return
		}
	}
	if w.try(u.RemoveDevice(w.ctx, v.id), ErrNotFound) {
		v.removed, u.expelled = true, true
	}
}

func (w *world) cut(u *unit, s step, cut bool) { w.cuts[pairKey(u.id, w.other(u, s).id)] = cut }

// restart starts a device whose process has ended, with another clock. One that
// runs crashes before.
func (w *world) restart(u *unit, s step) {
	if u.up {
		u.crash()
	}
	u.skew = time.Duration(s.Size%13-6) * time.Hour
	w.try(u.open())
}
