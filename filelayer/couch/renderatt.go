package couch

import (
	"compress/gzip"
	"context"
	"encoding/base64"
	"io"
	"maps"
	"slices"
	"strconv"

	"github.com/libpaul/paul/filelayer/internal/rawjson"
)

// appendAttachments appends the member _attachments, by name.
func (d *database) appendAttachments(ctx context.Context, b []byte, all map[string]*attachment, sends func(*attachment) bool, s show) ([]byte, error) {
	b = append(b, `,"_attachments":{`...)
	for k, name := range slices.Sorted(maps.Keys(all)) {
		if k > 0 {
			b = append(b, ',')
		}
		a := all[name]
		b = append(rawjson.AppendString(b, name), `:{"content_type":`...)
		b = rawjson.AppendString(b, a.ContentType)
		b = append(b, `,"revpos":`...)
		b = strconv.AppendInt(b, int64(a.RevPos), 10)
		b = append(b, `,"digest":`...)
		b = rawjson.AppendString(b, a.Digest)
		if s.encodings && a.Encoding != "" {
			b = append(b, `,"encoding":`...)
			b = rawjson.AppendString(b, a.Encoding)
			b = append(b, `,"encoded_length":`...)
			b = strconv.AppendInt(b, a.EncodedLength, 10)
		}
		var err error
		if b, err = d.appendBytes(ctx, b, a, sends(a), s); err != nil {
			return b, err
		}
		b = append(b, '}')
	}
	return append(b, '}'), nil
}

// appendBytes appends the members that are, or stand for, the bytes of a.
func (d *database) appendBytes(ctx context.Context, b []byte, a *attachment, shown bool, s show) ([]byte, error) {
	if shown && !s.follows {
		return d.appendData(ctx, append(b, `,"data":"`...), a, s.spill)
	}
	b = append(b, `,"length":`...)
	b = strconv.AppendInt(b, a.Length, 10)
	if shown {
		return append(b, `,"follows":true`...), nil
	}
	return append(b, `,"stub":true`...), nil
}

// appendData appends the bytes of a in base64, and a quote.
func (d *database) appendData(ctx context.Context, b []byte, a *attachment, spill func([]byte) ([]byte, error)) ([]byte, error) {
	stored, err := d.open(ctx, a.Digest)
	if err != nil {
		return b, err
	}
	defer stored.close()
	encoder := base64.NewEncoder(base64.StdEncoding, writeFunc(func(p []byte) (int, error) {
		b = append(b, p...)
		if spill == nil {
			return len(p), nil
		}
		var err error
		b, err = spill(b)
		return len(p), err
	}))
	if a.Encoding == "" {
		err = stored.send(ctx, encoder, 0, stored.length)
	} else {
		err = unpack(encoder, stored.reader(ctx))
	}
	if err == nil {
		err = encoder.Close()
	}
	return append(b, '"'), err
}

func unpack(w io.Writer, packed io.Reader) error {
	z, err := gzip.NewReader(packed)
	if err == nil {
		_, err = io.Copy(w, z)
	}
	return err
}
