package doctor

import (
	"errors"
	"fmt"
	"time"

	"github.com/libpaul/paul/overlay"
	"github.com/libpaul/paul/overlay/direct"
)

// clockOff is from what difference on a clock is told to be wrong.
const clockOff = time.Minute

// clocks tells whose clock is wrong, as far as that can be known: the one that
// differs from several others, or from this one while another agrees with it.
func (c Case) clocks() []Finding {
	var off []overlay.DeviceDiagnosis
	agree, ahead := 0, 0
	for _, d := range c.Devices {
		switch {
		case d.Attempt == nil || d.Attempt.ClockOff == 0 || errors.Is(d.Attempt.Err, direct.ErrSignal): // not known
		case d.Attempt.ClockOff.Abs() <= clockOff:
			agree++
		default:
			off = append(off, d)
			if d.Attempt.ClockOff > 0 {
				ahead++
			}
		}
	}
	if agree == 0 && len(off) > 1 && (ahead == 0 || ahead == len(off)) {
		what := say("The clock of this computer is about {{.Time}} behind those of {{.Number}} other devices.", c.clockArgs(off)...)
		if ahead == 0 {
			what = say("The clock of this computer is about {{.Time}} ahead of those of {{.Number}} other devices.", c.clockArgs(off)...)
		}
		return []Finding{{
			Code: "clockHere", Severity: Problem, What: what,
			Do: say("Set it by the network, in the system's settings of date and time: pair codes, dates and the trash go by it."),
		}}
	}
	var list []Finding
	for _, d := range off {
		f := Finding{
			Code: "clockThere", Severity: Hint, Device: id(d),
			What: say("The clock of {{.Device}} differs from this one by about {{.Time}}.", "Device", c.name(d), "Time", roughly(d.Attempt.ClockOff)),
			Do:   say("Set it by the network there, in the system's settings of date and time."),
		}
		if agree == 0 {
			f.Code, f.Do = "clocksDiffer", say("Set both by the network, in their system's settings of date and time.")
		}
		list = append(list, f)
	}
	return list
}

func (c Case) clockArgs(off []overlay.DeviceDiagnosis) []string {
	return []string{"Time", roughly(off[0].Attempt.ClockOff), "Number", fmt.Sprint(len(off))}
}

// roughly writes a time of more than a minute.
func roughly(d time.Duration) string {
	d = d.Abs()
	switch {
	case d < 2*time.Hour:
		return fmt.Sprintf("%.0f min", d.Minutes())
	case d < 48*time.Hour:
		return fmt.Sprintf("%.0f h", d.Hours())
	}
	return fmt.Sprintf("%.0f days", d.Hours()/24)
}
