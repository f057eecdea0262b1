package direct

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// Types of message at the SignalPort. Each connection carries one question and
// its answer, a line of JSON each.
const (
	typeOffer   = "offer"   // of the caller: let us make a link; answered by an offer
	typeNudge   = "nudge"   // of the other: make me an offer; answered by ok
	typeObserve = "observe" // tell me what you see me send from; answered by an offer
	typeOK      = "ok"
	typeError   = "error"
)

const (
	messageVersion = 1
	maxMessage     = 16 << 10 // bytes of one
	maxText        = 128      // bytes of each text in one
)

// message is a question or an answer. Members that a later version adds are
// left aside.
type message struct {
	Version    int         `json:"v"`
	Type       string      `json:"type"`
	User       string      `json:"user,omitempty"`     // of checks to the sender
	Password   string      `json:"password,omitempty"` // and what signs them
	Candidates []candidate `json:"candidates,omitempty"`
	Listeners  []string    `json:"listeners,omitempty"` // tls://host:port
	NAT        string      `json:"nat,omitempty"`       // of the sender, as Report.NAT
	Time       int64       `json:"time,omitempty"`      // by the sender's clock, Unix ms
	Error      string      `json:"error,omitempty"`
}

var (
	errMessage = errors.New("the other device sent what is no message about direct links")
	errTooLong = fmt.Errorf("%w: it is longer than %d bytes", errMessage, maxMessage)
)

func writeMessage(w io.Writer, m message) error {
	m.Version = messageVersion
	b, err := json.Marshal(m)
	if err != nil {
		return err
	}
	_, err = w.Write(append(b, '\n'))
	return err
}

// readMessage reads one line and checks all that can be checked without
// knowing what it answers.
func readMessage(r io.Reader) (message, error) {
	line, err := bufio.NewReaderSize(io.LimitReader(r, maxMessage), maxMessage).ReadSlice('\n')
	switch {
	case errors.Is(err, io.EOF) && len(line) >= maxMessage, errors.Is(err, bufio.ErrBufferFull):
		return message{}, errTooLong
	case err != nil:
		return message{}, err
	}
	var m message
	if err := json.Unmarshal(line, &m); err != nil {
		return message{}, errMessage
	}
	return m, m.check()
}

func (m message) check() error {
	if m.Version < 1 {
		return errMessage
	}
	for _, s := range append([]string{m.Type, m.User, m.Password, m.NAT, m.Error}, m.Listeners...) {
		if len(s) > maxText || !utf8.ValidString(s) {
			return errMessage
		}
	}
	if m.Type == typeOffer && (m.User == "" || len(m.Password) < minPassword) {
		return errMessage
	}
	return nil
}
