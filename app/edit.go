package app

import (
	"context"
	"net/http"

	"github.com/libpaul/paul/imagelib"
)

// Edit is a change of how photos are turned and cut. Its fields are applied in
// their order, to how a photo is shown so far; the zero value changes nothing.
type Edit struct {
	Reset  bool     `json:"reset,omitempty"`  // as the file is
	Turns  int      `json:"turns,omitempty"`  // quarter turns clockwise
	Mirror bool     `json:"mirror,omitempty"` // left and right are exchanged
	Angle  *float64 `json:"angle,omitempty"`  // degrees clockwise, to level the horizon, in place of those before
	Crop   *Crop    `json:"crop,omitempty"`   // in place of the one before; see [imagelib.Geometry]
}

// of returns what the edit makes of a geometry.
func (e Edit) of(g Geometry) Geometry {
	if e.Reset {
		g = Geometry{}
	}
	g = g.Turned(e.Turns)
	if e.Mirror {
		g = g.Mirrored()
	}
	if e.Angle != nil {
		g.Angle = *e.Angle
	}
	if e.Crop != nil {
		g.Crop = *e.Crop
	}
	return g
}

// Valid reports whether photos can be shown so.
func (e Edit) Valid() bool { return e.of(Geometry{}).Valid() }

type editRequest struct {
	Edit
	Digests []string
}

// edit turns and cuts photos, and sends an entry or a failure for each.
func (c *control) edit(r *http.Request, send func(Event)) error {
	var req editRequest
	if err := readBody(r, &req); err != nil {
		return err
	}
	if _, err := c.app.Ready(r.Context()); err != nil {
		return err
	}
	if !req.Valid() {
		return imagelib.ErrBadGeometry
	}
	var ds []Digest
	names := make(map[Digest]string) // as they were asked for
	for _, s := range req.Digests {
		d, err := c.app.resolve(s)
		if err == nil {
			err = c.app.editable(d)
		}
		if err != nil {
			send(Event{Failure: &Failure{Code: failure(err).Code, Message: err.Error(), Digest: s}})
			continue
		}
		if names[d] == "" {
			ds, names[d] = append(ds, d), s
		}
	}
	failed := c.app.images.ChangeGeometry(r.Context(), ds, req.of)
	for _, d := range ds {
		e, _ := c.app.Entry(d)
		if err := failed[d]; err != nil {
			err = c.app.fileError(d, e.Name, knownImage(err)) // its record may be still to come
			send(Event{Failure: &Failure{Code: failure(err).Code, Message: err.Error(), Digest: names[d]}})
			continue
		}
		l := c.app.listing(e)
		send(Event{Entry: &l})
	}
	return nil
}

// editable says why a photo cannot be turned and cut; nil if it can.
func (a *App) editable(d Digest) error {
	e, err := a.files.Entry(d)
	if err == nil && e.Deleted != nil {
		err = ErrDeleted
	}
	if err != nil {
		return a.fileError(d, e.Name, err)
	}
	return nil
}

// Edit turns and cuts photos; the files stay as they are. Each event has the Entry
// or the Failure of a file.
func (c *Client) Edit(ctx context.Context, change Edit, digests []string, each func(Event)) error {
	return c.stream(ctx, "/v1/edit", editRequest{change, digests}, each)
}

type exportRequest struct {
	Dir     string // absolute
	Edited  bool
	Digests []string
}

// export writes copies of photos, and sends progress, and what was written or a
// failure for each.
func (c *control) export(r *http.Request, send func(Event)) error {
	var req exportRequest
	if err := readBody(r, &req); err != nil {
		return err
	}
	if _, err := c.app.Ready(r.Context()); err != nil {
		return err
	}
	var ds []Digest
	seen := map[Digest]bool{}
	for _, s := range req.Digests {
		d, err := c.app.resolve(s)
		if err != nil {
			send(Event{Failure: &Failure{Code: failure(err).Code, Message: err.Error(), Digest: s}})
			continue
		}
		if !seen[d] {
			ds, seen[d] = append(ds, d), true
		}
	}
	_ = c.app.export(r.Context(), ExportOptions{Dir: req.Dir, Edited: req.Edited}, ds, func(d Digest, done Exported, err error) {
		if err != nil {
			send(Event{Failure: failure(err)})
			return
		}
		e, _ := c.app.Entry(d)
		l := c.app.listing(e)
		l.Digest = d.String()
		send(Event{Exported: &ExportInfo{l, done}})
	}) // which has told each error
	return nil
}

// ExportInfo is a photo that was exported, and what was written of it.
type ExportInfo struct {
	Listing
	Exported
}

// Export writes copies of photos into a folder at an absolute path, as
// [App.Export] does. Each event has what was Exported, or the Failure of a file.
func (c *Client) Export(ctx context.Context, opts ExportOptions, digests []string, each func(Event)) error {
	return c.stream(ctx, "/v1/export", exportRequest{opts.Dir, opts.Edited, digests}, each)
}
