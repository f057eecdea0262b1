package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/libpaul/paul/app"
)

// fetchingText tells how far the photos are that are to come, a line for each
// that comes now and for each reason why others do not.
func fetchingText(f *app.Fetching, now time.Time) string {
	var lines []string
	if f.Files > 0 {
		lines = append(lines, fmt.Sprintf("%d still to fetch, %s%s", f.Files, size(f.Bytes), paceText(f.Rate, f.SecondsLeft)))
	}
	for _, m := range f.Moving {
		lines = append(lines, fmt.Sprintf("  %s from %s: %s of %s%s", m.Name, strings.Join(m.From, ", "), size(m.Done), size(m.Total), paceText(m.Rate, m.SecondsLeft)))
	}
	for _, w := range f.Waits {
		lines = append(lines, fmt.Sprintf("  %d (%s) %s", w.Files, size(w.Bytes), waitText(w, now)))
	}
	return strings.Join(lines, "\n")
}

func paceText(rate, secondsLeft float64) string {
	text := ""
	if rate > 0 {
		text += ", " + size(int64(rate)) + "/s"
	}
	if secondsLeft > 0 {
		text += ", " + lasting(time.Duration(secondsLeft*float64(time.Second))) + " left"
	}
	return text
}

// lasting is a duration for people.
func lasting(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Round(time.Minute).Minutes()))
	}
	return fmt.Sprintf("%d h", int(d.Round(time.Hour).Hours()))
}

// waitText is why photos do not come.
func waitText(w app.Wait, now time.Time) string {
	var names, seen []string
	for _, d := range w.Devices {
		names = append(names, d.Name)
		if d.LastSeen == nil {
			seen = append(seen, d.Name+" (never seen)")
		} else {
			seen = append(seen, d.Name+" (last seen "+ago(*d.LastSeen, now)+")")
		}
	}
	text := map[string]string{
		app.WaitPaused:   "wait for: pauld resume",
		app.WaitSilent:   "wait for " + strings.Join(names, ", ") + ", which is online and has sent nothing for some seconds",
		app.WaitOffline:  "wait until one of these is online: " + strings.Join(seen, ", "),
		app.WaitNobody:   "are not known to be on any other device",
		app.WaitSetAside: "have wrong bytes on " + strings.Join(names, ", ") + ", which is asked again after an hour; others may have the right ones",
		app.WaitNoSpace:  "do not fit: " + w.Error,
		app.WaitLimit:    "do not fit the limit of space, and come once they do; see: pauld keep",
		app.WaitFailed:   "failed: " + w.Error,
		app.WaitRelayed:  "come from " + strings.Join(names, ", ") + " through others, at " + size(int64(w.Rate)) + "/s; see: pauld doctor",
	}[w.Why]
	if w.Retry != nil {
		text += "; tried again in " + lasting(max(w.Retry.Sub(now), time.Second))
	}
	return text
}
