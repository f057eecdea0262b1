package thumb

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"sync"
	"time"

	"github.com/libpaul/paul/imagelib/codec"
	"github.com/libpaul/paul/imagelib/meta"
)

// Bounds of ffmpeg on one film.
const (
	posterTime   = 30 * time.Second
	posterMemory = 1 << 30
	posterBytes  = 8 << 20 // of its answer
	posterSide   = 2 * Large
)

// demuxers are the names of containers with ffmpeg, which is not left to guess:
// some of those that it knows lead to other files.
var demuxers = map[string]string{
	"video/mp4": "mov", "video/quicktime": "mov", "video/3gpp": "mov", "video/x-matroska": "matroska",
	"video/x-msvideo": "avi", "video/mpeg": "mpeg", "video/mp2t": "mpegts",
}

// ffmpeg is where it is installed, found once.
var ffmpeg = sync.OnceValues(func() (string, error) { return exec.LookPath("ffmpeg") })

// Poster draws the thumbnails of a film from a frame a second after its start,
// through ffmpeg. It fails with [ErrNotNow] where that is not installed, with
// [ErrUnsupported] or [ErrDamaged] where it shows nothing, with [ErrTooLarge] and
// [codec.ErrGaveUp] when it takes too long, or with ctx's error.
func (r *Renderer) Poster(ctx context.Context, path string, info *meta.Info) (Set, error) {
	return r.EditedPoster(ctx, path, info, Geometry{})
}

// EditedPoster is [Renderer.Poster] of a film that is turned and cut by g.
func (r *Renderer) EditedPoster(ctx context.Context, path string, info *meta.Info, g Geometry) (Set, error) {
	frame, err := r.frame(ctx, path, info)
	if err != nil {
		return Set{}, err
	}
	in, err := meta.ReadBytes(frame)
	if err != nil {
		return Set{}, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return r.Edited(ctx, frame, &in, g)
}

// frame returns one frame of a film, upright, as a PNG.
func (r *Renderer) frame(ctx context.Context, path string, info *meta.Info) ([]byte, error) {
	demuxer, known := demuxers[info.Type]
	if !known {
		return nil, fmt.Errorf("%w: %s", ErrUnsupported, info.Type)
	}
	tool, err := ffmpeg()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotNow, err)
	}
	release, err := r.reserve(ctx, maxMemory/2)
	if err != nil {
		return nil, err
	}
	defer release()
	for _, from := range []string{"1", "0"} { // it may be shorter than that
		bounded, cancel := context.WithTimeout(ctx, r.film)
		frame, err := codec.Output(bounded, posterMemory, posterBytes, tool,
			"-nostdin", "-v", "error", "-threads", "1", "-protocol_whitelist", "file", "-f", demuxer, "-ss", from, "-i", "file:"+path,
			"-an", "-sn", "-dn", "-frames:v", "1", "-vf", fmt.Sprintf("scale=%d:%d:force_original_aspect_ratio=decrease", posterSide, posterSide),
			"-c:v", "png", "-f", "image2pipe", "pipe:1")
		late := bounded.Err() != nil
		cancel()
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil && late:
			return nil, fmt.Errorf("%w: %w", ErrTooLarge, codec.ErrGaveUp)
		case errors.Is(err, codec.ErrUnavailable):
			return nil, fmt.Errorf("%w: %w", ErrNotNow, err)
		case err != nil:
			return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
		case len(frame) > 0:
			return frame, nil
		}
	}
	return nil, fmt.Errorf("%w: no frame", ErrDamaged)
}
