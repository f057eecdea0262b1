package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/libpaul/paul/app"
)

// diagnose carries out "doctor".
func diagnose(ctx context.Context, l *line, p *printer) error {
	answered := tellSlow(p, "Waiting for the device, which is starting. Ctrl-C stops.")
	c, err := app.Connect(ctx, l.home)
	answered()
	if err != nil {
		return err
	}
	d, err := c.Diagnose(ctx)
	if err = errors.Join(err, c.Close()); err != nil {
		return err
	}
	problems := 0
	for _, f := range d.Findings {
		if f.Severity == app.SeverityProblem {
			problems++
		}
		p.object(map[string]any{"finding": f}, findingText(f))
	}
	p.object(map[string]any{"facts": d.Facts}, factsText(d.Facts, time.Now()))
	if problems > 0 {
		return fmt.Errorf("%s between this device and others", plural(problems, "problem stands", "problems stand"))
	}
	return nil
}

func findingText(f app.Finding) string {
	mark := map[string]string{string(app.SeverityProblem): "! ", string(app.SeverityHint): "- "}[string(f.Severity)]
	text := mark + f.What.String()
	if do := f.Do.String(); do != "" {
		text += "\n    " + do
	}
	return text
}

// rows are facts for people: a name and what is known, a line each.
type rows struct{ b strings.Builder }

func (r *rows) add(name, text string) { fmt.Fprintf(&r.b, "\n  %-13s %s", name, text) }

// several adds a row for each text, the first with the name.
func (r *rows) several(name string, texts []string) {
	for _, t := range texts {
		r.add(name, t)
		name = ""
	}
}

func factsText(f app.Facts, now time.Time) string {
	var r rows
	r.b.WriteString("\nThis device")
	if len(f.Off) > 0 {
		r.add("switched off", offText(f.Off))
	}
	r.several("peers", peerTexts(f.Peers))
	r.several("listens", f.Listen)
	if f.UDPPort > 0 {
		r.add("direct links", fmt.Sprintf("UDP port %d", f.UDPPort))
		r.add("NAT", natText(f.NAT))
		r.several("seen as", f.Seen)
		r.several("STUN", stunTexts(f.STUN))
		r.several("router", routerTexts(f.PortMap))
	}
	r.add("IPv6", map[bool]string{true: "this machine has a public address", false: "this machine has no public address"}[f.IPv6])
	for _, d := range f.Devices {
		fmt.Fprintf(&r.b, "\n%s  %.12s", d.Device.Name, d.Device.ID)
		r.add("reached", reached(d.Device, now))
		if d.Attempt == nil {
			continue
		}
		r.add("direct link", attemptText(*d.Attempt, now))
		if off := time.Duration(d.Attempt.ClockOffMs * float64(time.Millisecond)); off.Abs() > time.Second {
			r.add("its clock", map[bool]string{true: "ahead of this one by ", false: "behind this one by "}[off > 0]+off.Abs().Round(time.Second).String())
		}
	}
	return r.b.String()
}

func offText(off []string) string {
	names := map[string]string{"lan": "the local network", "publicPeers": "public peers", "direct": "direct links", "portMap": "asking the router for a port"}
	texts := make([]string, len(off))
	for i, o := range off {
		texts[i] = names[o]
	}
	return strings.Join(texts, ", ")
}

func peerTexts(peers []app.PeerInfo) []string {
	texts := []string{}
	for _, p := range peers {
		text := fmt.Sprintf("%s (%s), ", p.URI, p.Kind)
		switch {
		case p.Up && p.RTTMs > 0:
			text += "up, " + roundTrip(time.Duration(p.RTTMs*float64(time.Millisecond)))
		case p.Up:
			text += "up"
		case p.Error != "":
			text += "down: " + p.Error
		default:
			text += "down"
		}
		texts = append(texts, text)
	}
	if len(texts) == 0 {
		texts = append(texts, "none")
	}
	return texts
}

// natText tells of a kind of NAT, as Facts.NAT names it.
func natText(nat string) string {
	text := map[string]string{
		"none":      "none: others see this machine's own address",
		"cone":      "one address for all (cone): others can be told where to knock",
		"symmetric": "another address for each (symmetric): others cannot be told where to knock",
		"silent":    "nobody answers over UDP",
	}[nat]
	if text == "" {
		return "not known"
	}
	return text
}

func stunTexts(servers []app.STUNFact) []string {
	texts := []string{}
	for _, s := range servers {
		answer := "sees " + s.Seen
		if s.Error != "" {
			answer = s.Error
		}
		texts = append(texts, s.Server+": "+answer)
	}
	if len(texts) == 0 {
		texts = append(texts, "no server was asked")
	}
	return texts
}

func routerTexts(m *app.PortMapFact) []string {
	if m == nil {
		return []string{"is not asked for a port"}
	}
	texts := []string{}
	if m.External != "" {
		texts = append(texts, "lets others in at "+m.External)
	}
	for _, t := range m.Tried {
		answer := "works"
		if t.Error != "" {
			answer = t.Error
		}
		texts = append(texts, fmt.Sprintf("%s, %s: %s", t.Gateway, t.Method, answer))
	}
	switch {
	case len(texts) > 0:
	case m.Error != "":
		texts = append(texts, m.Error)
	default:
		texts = append(texts, "has not answered yet")
	}
	return texts
}

func attemptText(a app.AttemptFact, now time.Time) string {
	text := "made"
	if how := howLinked(a.Method); how != "" {
		text += " (" + how + ")"
	}
	if a.Error != "" {
		text = "failed: " + a.Error
	}
	text += fmt.Sprintf("; tried %s, for %.1f s", since(a.At, now), a.TookMs/1000)
	if a.Offered > 0 || a.Asked > 0 {
		text += fmt.Sprintf("; %s told, %d of its own asked", plural(a.Offered, "address", "addresses"), a.Asked)
	}
	if a.NAT != "" {
		text += "; its NAT: " + a.NAT
	}
	return text
}
