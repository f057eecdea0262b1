package replicate

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// errNoResults is for an answer of _bulk_get that is some other object.
var errNoResults = fmt.Errorf("%w: no results", ErrAnswer)

// errCut ends the reading of an answer of which enough is known.
var errCut = errors.New("read enough")

// readObject reads a JSON object from r as it comes, giving the members that
// are named in members to their functions and passing over the others.
func readObject(r io.Reader, members map[string]func(*json.Decoder) error) error {
	d := json.NewDecoder(gathered{r})
	if err := delimiter(d, '{'); err != nil {
		return err
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return badJSON(err)
		}
		read := members[fmt.Sprint(name)]
		if read == nil {
			read = func(d *json.Decoder) error { return d.Decode(new(json.RawMessage)) }
		}
		if err := read(d); err != nil {
			return badJSON(err)
		}
	}
	return delimiter(d, '}')
}

// A gathered reader returns as much as is asked for, until the end. A decoder
// looks through white space anew with each read, and asks for ever more: a peer
// that sends it in small pieces would keep it busy for hours.
type gathered struct{ io.Reader }

// Read implements [io.Reader].
func (g gathered) Read(p []byte) (int, error) {
	n, err := io.ReadFull(g.Reader, p)
	if errors.Is(err, io.ErrUnexpectedEOF) && n > 0 {
		err = nil // the next Read tells
	}
	return n, err
}

// readArray reads a JSON array: each is called for an element, and says
// whether to go on.
func readArray(d *json.Decoder, each func() (bool, error)) error {
	if err := delimiter(d, '['); err != nil {
		return err
	}
	for d.More() {
		if more, err := each(); err != nil {
			return err
		} else if !more {
			return errCut
		}
	}
	return delimiter(d, ']')
}

func delimiter(d *json.Decoder, want json.Delim) error {
	token, err := d.Token()
	if err != nil {
		return badJSON(err)
	}
	if token != want {
		return fmt.Errorf("%w: not the JSON that was asked for", ErrAnswer)
	}
	return nil
}

// badJSON wraps the errors of a decoder that are the peer's doing. An answer
// that is cut short is the network's.
func badJSON(err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.Is(err, io.EOF):
		return io.ErrUnexpectedEOF
	case errors.As(err, &syntax), errors.As(err, &kind):
		return fmt.Errorf("%w: %w", ErrAnswer, err)
	}
	return err
}
