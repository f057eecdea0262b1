package couch

import (
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"
)

// A span is the bytes from an offset to before another.
type span struct{ from, to int64 }

// maxSpans is from how many parts on a header Range is not heeded, as in CouchDB.
const maxSpans = 10

// header returns the span as Content-Range has it.
func (s span) header(length int64) string {
	return "bytes " + strconv.FormatInt(s.from, 10) + "-" + strconv.FormatInt(s.to-1, 10) + "/" + strconv.FormatInt(length, 10)
}

// parseRanges reads a header Range for something of the length. It returns
// nil if all is to be sent, and errRange if none of the parts is there.
func parseRanges(header string, length int64) ([]span, error) {
	list, ok := strings.CutPrefix(header, "bytes=")
	if !ok {
		return nil, nil
	}
	var spans []span
	items := strings.Split(list, ",")
	for _, item := range items {
		first, last, ok := strings.Cut(strings.TrimSpace(item), "-")
		if !ok {
			return nil, nil
		}
		s := span{to: length}
		from, ferr := strconv.ParseUint(first, 10, 63)
		to, terr := strconv.ParseUint(last, 10, 63)
		switch {
		case first == "" && terr == nil: // the last so many
			s.from = max(0, length-int64(to))
		case ferr == nil && last == "":
			s.from = int64(from)
		case ferr == nil && terr == nil && from <= to:
			s.from, s.to = int64(from), min(int64(to), length-1)+1
		case ferr == nil && terr == nil:
			return nil, errRange
		default: // no range, which counts as none
			return nil, nil
		}
		if s.from < s.to {
			spans = append(spans, s)
		}
	}
	switch {
	case len(items) >= maxSpans:
		return nil, nil
	case len(spans) == 0:
		return nil, errRange
	}
	return spans, nil
}

// sendRanges sends of s what the request's Range asks for.
func (r *request) sendRanges(s *stored, contentType string) error {
	h := r.w.Header()
	wanted := r.Header.Get("Range")
	if condition := r.Header.Get("If-Range"); condition != "" && condition != h.Get("ETag") {
		wanted = ""
	}
	spans, err := parseRanges(wanted, s.length)
	if err != nil {
		h.Set("Content-Range", "bytes */"+strconv.FormatInt(s.length, 10))
		h.Del("Content-MD5")
		return err
	}
	switch len(spans) {
	case 0:
		return r.sendSpan(s, span{0, s.length}, http.StatusOK)
	case 1:
		h.Del("Content-MD5") // it is of the whole
		h.Set("Content-Range", spans[0].header(s.length))
		return r.sendSpan(s, spans[0], http.StatusPartialContent)
	}
	h.Del("Content-MD5")
	w := multipart.NewWriter(r.w)
	h.Set("Content-Type", "multipart/byteranges; boundary="+w.Boundary())
	r.w.WriteHeader(http.StatusPartialContent)
	if r.Method == http.MethodHead {
		return nil
	}
	for _, span := range spans {
		var part io.Writer
		part, err = w.CreatePart(textproto.MIMEHeader{"Content-Type": {oneLine(contentType)}, "Content-Range": {span.header(s.length)}})
		if err == nil {
			err = s.send(r.Context(), part, span.from, span.to)
		}
		if err != nil {
			break
		}
	}
	if err == nil {
		err = w.Close()
	}
	r.ended(err)
	return nil
}

func (r *request) sendSpan(s *stored, part span, status int) error {
	r.w.Header().Set("Content-Length", strconv.FormatInt(part.to-part.from, 10))
	r.w.WriteHeader(status)
	if r.Method != http.MethodHead {
		r.ended(s.send(r.Context(), r.w, part.from, part.to))
	}
	return nil
}

// oneLine makes text fit for a header of a part.
func oneLine(text string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f {
			return ' '
		}
		return c
	}, text)
}
