package imagelib

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/libpaul/paul/filelayer"
)

// geometryTries is how often an image is turned anew that another device turns at
// the same time.
const geometryTries = 3

// SetGeometry says how the pictures of images are turned and cut; the zero value
// shows them as their files are. The files never change. It fails with
// [ErrBadGeometry], having changed nothing, when no picture can be drawn so.
func (l *Library) SetGeometry(ctx context.Context, ds []Digest, g Geometry) error {
	if !g.Valid() {
		return ErrBadGeometry
	}
	return joined(ds, l.ChangeGeometry(ctx, ds, func(Geometry) Geometry { return g }))
}

// Rotate turns images by quarter turns clockwise, each from how it is shown now.
func (l *Library) Rotate(ctx context.Context, ds []Digest, quarters int) error {
	return joined(ds, l.ChangeGeometry(ctx, ds, func(g Geometry) Geometry { return g.Turned(quarters) }))
}

// joined makes one error of those of images.
func joined(ds []Digest, failed map[Digest]error) (err error) {
	for _, d := range ds {
		err = errors.Join(err, failed[d])
		delete(failed, d) // it may be named twice
	}
	return err
}

// ChangeGeometry gives each of the images what next makes of its present geometry,
// where that is valid. It returns why images were not changed: [ErrNotFound] of one
// that the library does not have. It is noted as one action,
// [filelayer.ActionGeometry], whose undo shows each image as it was before, but not
// one that was turned or cut again since.
func (l *Library) ChangeGeometry(ctx context.Context, ds []Digest, next func(Geometry) Geometry) (failed map[Digest]error) {
	l.turning.Lock() // two turns of this device at once are two turns
	defer l.turning.Unlock()
	failed = make(map[Digest]error)
	for range geometryTries {
		edits := l.geometryEdits(ctx, ds, next, failed)
		if len(edits) == 0 {
			break
		}
		_, errs := l.files.Edit(ctx, filelayer.ActionGeometry, edits)
		ds = nil
		for i, err := range errs {
			d := edits[i].Digest
			if errors.Is(err, filelayer.ErrConflict) { // another device's change has come
				ds = append(ds, d)
			}
			if failed[d] = err; err == nil {
				delete(failed, d)
			}
		}
	}
	return failed
}

// geometryEdits lists what next changes of images, each once, and notes which cannot
// be changed.
func (l *Library) geometryEdits(ctx context.Context, ds []Digest, next func(Geometry) Geometry, failed map[Digest]error) (list []filelayer.Edit) {
	seen := make(map[Digest]bool, len(ds))
	for _, d := range ds {
		if seen[d] {
			continue
		}
		seen[d] = true
		was, err := l.geometryOf(ctx, d)
		if err != nil {
			failed[d] = fmt.Errorf("edit %v: %w", d, err)
			continue
		}
		delete(failed, d)
		if g := next(was); g.Valid() && g != was {
			list = append(list, filelayer.Edit{Digest: d, Was: geometryText(was), Became: geometryText(g)})
		}
	}
	return list
}

// geometryOf reads how an image is turned and cut, as the database has it.
func (l *Library) geometryOf(ctx context.Context, d Digest) (Geometry, error) {
	var old raw
	if _, err := l.db.Get(ctx, d.String(), &old); err != nil {
		if errors.Is(err, filelayer.ErrNotFound) {
			err = errors.Join(ErrNotFound, err)
		}
		return Geometry{}, err
	}
	var doc document
	if !readBody(old, &doc) {
		return Geometry{}, errUnreadable
	}
	return doc.geometry(), nil
}

// geometry is how a person wants the picture turned and cut; the zero value where
// nothing that can be drawn is said of it.
func (doc *document) geometry() (g Geometry) {
	if !readEdit(doc.Edits[fieldGeometry], &g) || !g.Valid() {
		return Geometry{}
	}
	return g
}

// geometryEditor lets the file layer note and undo how images are turned and cut.
func (l *Library) geometryEditor() editor {
	return editor{l: l, what: "turn", of: func(img *Image) string { return geometryText(img.Geometry()) }, edited: l.turned}
}

// turned returns the body of a document with an edit made, [filelayer.ErrConflict]
// where the picture is turned or cut in another way than the edit knows.
func (l *Library) turned(old raw, edit filelayer.Edit) (raw, error) {
	var doc document
	if !readBody(old, &doc) {
		return nil, errUnreadable
	}
	if geometryText(doc.geometry()) != edit.Was {
		return nil, filelayer.ErrConflict
	}
	g, ok := parseGeometryText(edit.Became)
	if !ok {
		return nil, ErrBadGeometry
	}
	return setEdit(old, fieldGeometry, g, l.clock)
}

// geometryText is how an edit tells a geometry, exactly and in few bytes: "" for a
// picture as its file is, else whether it is mirrored, its turns, angle and crop.
func geometryText(g Geometry) string {
	if g == (Geometry{}) {
		return ""
	}
	mirror := 0
	if g.Mirror {
		mirror = 1
	}
	parts := []string{strconv.Itoa(mirror), strconv.Itoa(g.Turns)}
	for _, f := range []float64{g.Angle, g.Crop.X, g.Crop.Y, g.Crop.W, g.Crop.H} {
		if f == 0 {
			f = 0 // there is a zero below zero, which a record does not keep
		}
		parts = append(parts, strconv.FormatFloat(f, 'g', -1, 64))
	}
	return strings.Join(parts, " ")
}

// parseGeometryText reads what geometryText writes. ok is false for what is none, or
// not [Geometry.Valid].
func parseGeometryText(text string) (g Geometry, ok bool) {
	if text == "" {
		return Geometry{}, true
	}
	parts := strings.Split(text, " ")
	into := []*float64{&g.Angle, &g.Crop.X, &g.Crop.Y, &g.Crop.W, &g.Crop.H}
	if len(parts) != 2+len(into) || parts[0] != "0" && parts[0] != "1" {
		return Geometry{}, false
	}
	g.Mirror = parts[0] == "1"
	var err error
	if g.Turns, err = strconv.Atoi(parts[1]); err != nil {
		return Geometry{}, false
	}
	for i, f := range into {
		if *f, err = strconv.ParseFloat(parts[2+i], 64); err != nil {
			return Geometry{}, false
		}
	}
	if !g.Valid() {
		return Geometry{}, false
	}
	return g, true
}
