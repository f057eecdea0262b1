package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/libpaul/paul/app"
)

// pair carries out "pair".
func pair(ctx context.Context, l *line, p *printer) error {
	return use(ctx, l, p, func(c *app.Client) error {
		var invitation int64
		var answered error
		var refused string // whom the person did not let in
		err := c.Pair(ctx, func(e app.Event) {
			switch {
			case e.Invitation != nil:
				invitation = e.Invitation.ID
				showCode(p, e.Invitation)
			case e.Guest != nil:
				accept, err := l.yes, error(nil)
				showGuest(p, e.Guest)
				if !l.yes {
					accept, err = ask(ctx, p, fmt.Sprintf("Let %q see and keep all photos?", e.Guest.Name))
				}
				if !accept {
					refused = e.Guest.Name
				}
				answered = errors.Join(err, c.Answer(ctx, invitation, accept))
			case e.Paired != nil:
				p.object(map[string]any{"paired": e.Paired}, "Paired with "+e.Paired.Name)
			}
		})
		if ctx.Err() != nil && errors.Is(err, app.ErrCancelled) {
			return errors.New("the code is cancelled: nobody can join with it, and no device was let in. For another run: pauld pair")
		}
		if answered == nil && errors.Is(err, app.ErrRejected) {
			return fmt.Errorf("you did not let %q in; its code is used up. For another: pauld pair", refused)
		}
		return errors.Join(err, answered)
	})
}

func showCode(p *printer, i *app.InvitationInfo) {
	p.object(map[string]any{"code": i.Code, "expires": i.Expires.UTC().Truncate(time.Second)}, i.Code)
	if !p.json {
		p.note(nil, "On the other device run: pauld join CODE\nor paste the code into its gallery. It is good until "+
			i.Expires.Local().Format("15:04")+", for one device. Waiting; Ctrl-C cancels it.")
	}
}

func showGuest(p *printer, g *app.GuestInfo) {
	p.note(map[string]any{"guest": g}, fmt.Sprintf("%q (%s) wants to join. Both devices show these words:\n\n    %s\n",
		g.Name, g.Platform, strings.Join(g.Words[:], " ")))
}

// ask asks the person whether to go on.
func ask(ctx context.Context, p *printer, question string) (bool, error) {
	if !p.json {
		_, _ = fmt.Fprint(p.std.err, question, " [y/N] ") // nothing can be done about a closed terminal
	}
	type answer struct {
		text string
		err  error
	}
	read := make(chan answer, 1)
	go func() { // it ends with the program when nobody answers
		text, err := bufio.NewReader(p.std.in).ReadString('\n')
		read <- answer{text, err}
	}()
	select {
	case <-ctx.Done():
		if !p.json {
			_, _ = fmt.Fprintln(p.std.err) // the question's line ends; as above
		}
		return false, ctx.Err()
	case a := <-read:
		if a.err != nil && !errors.Is(a.err, io.EOF) {
			return false, a.err
		}
		switch strings.ToLower(strings.TrimSpace(a.text)) {
		case "y", "yes":
			return true, nil
		}
		return false, nil
	}
}

// join carries out "join".
func join(ctx context.Context, l *line, p *printer) error {
	code := strings.Join(l.args, " ") // as it is when it was copied with its blanks
	return use(ctx, l, p, func(c *app.Client) error {
		return c.Join(ctx, code, func(e app.Event) {
			switch {
			case e.Waiting != "":
				p.waiting(e.Waiting)
			case e.Words != nil:
				p.note(map[string]any{"words": e.Words},
					"Compare these words with those on the other device, and accept there:\n\n    "+strings.Join(e.Words[:], " ")+"\n")
			case e.Paired != nil:
				p.object(e.Paired, "Joined the library of "+e.Paired.Name)
			}
		})
	})
}
