package words

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Ago writes how long before now t was.
func Ago(now, t time.Time) string {
	d := now.Sub(t)
	switch {
	case t.IsZero():
		return T("never")
	case d < time.Minute:
		return T("just now")
	case d < time.Hour:
		return N("{{.N}} min ago", int(d.Minutes()))
	case d < 24*time.Hour:
		return N("{{.N}} h ago", int(d.Hours()))
	case d < 14*24*time.Hour:
		return N("{{.N}} days ago", int(d.Hours()/24))
	default:
		return Date(t.In(now.Location()))
	}
}

// DaysLeft writes for how many days something stays still.
func DaysLeft(d time.Duration) string {
	return N("{{.N}} days left", max(int((d+24*time.Hour-1)/(24*time.Hour)), 0))
}

// Year writes the year of t.
func Year(t time.Time) string { return fmt.Sprint(t.Year()) }

// Month writes month and year: "May 2024".
func Month(t time.Time) string {
	return headline(T("{{.Month}} {{.Year}}", "Month", monthName(t.Month()), "Year", t.Year()))
}

// MonthOfYear writes the month of t alone: "May".
func MonthOfYear(t time.Time) string { return monthName(t.Month()) }

// Date writes a date in short: "4 May 2024".
func Date(t time.Time) string {
	return T("{{.Day}} {{.Month}} {{.Year}}", "Day", dayOf(t), "Month", monthShort(t.Month()), "Year", t.Year())
}

// Day writes a day as a headline; near days have names, and the present year
// is left out.
func Day(now, t time.Time, short bool) string {
	switch days(now) - days(t) {
	case 0:
		return T("Today")
	case 1:
		return T("Yesterday")
	}
	if short {
		return Date(t)
	}
	pairs := []any{"Weekday", weekday(t.Weekday()), "Day", dayOf(t), "Month", monthName(t.Month()), "Year", t.Year()}
	if t.Year() == now.Year() {
		return headline(T("{{.Weekday}}, {{.Day}} {{.Month}}", pairs...))
	}
	return headline(T("{{.Weekday}}, {{.Day}} {{.Month}} {{.Year}}", pairs...))
}

// FullDate writes day and time: "Saturday, 4 May 2024, 12:30".
func FullDate(t time.Time) string {
	return headline(T("{{.Weekday}}, {{.Day}} {{.Month}} {{.Year}}", "Weekday", weekday(t.Weekday()), "Day", dayOf(t), "Month", monthName(t.Month()), "Year", t.Year()))
}

// Length is how long a film lasts, as players write it: 0:07, 1:02:03.
func Length(d time.Duration) string {
	s := int(d.Round(time.Second) / time.Second)
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// Clock writes the time of the day.
func Clock(t time.Time) string { return t.Format(T("15:04")) }

// dayOf is the number of a day in its month; some languages give the first
// another form.
func dayOf(t time.Time) any {
	if t.Day() == 1 {
		return T("1")
	}
	return t.Day()
}

// headline begins with a capital letter, where months and weekdays have none.
func headline(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}

// days counts days of a wall clock.
func days(t time.Time) int64 {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400
}

func monthName(m time.Month) string {
	return [...]string{
		T("January"), T("February"), T("March"), T("April"), T("May"), T("June"), T("July"), T("August"),
		T("September"), T("October"), T("November"), T("December"),
	}[m-1]
}

func monthShort(m time.Month) string {
	return [...]string{
		T("Jan"), T("Feb"), T("Mar"), T("Apr"), T("May"), T("Jun"), T("Jul"), T("Aug"), T("Sep"), T("Oct"), T("Nov"), T("Dec"),
	}[m-1]
}

func weekday(d time.Weekday) string {
	return [...]string{
		T("Sunday"), T("Monday"), T("Tuesday"), T("Wednesday"), T("Thursday"), T("Friday"), T("Saturday"),
	}[d]
}

// Span writes how long something is, in its two largest units: "1 hour 30 minutes".
func Span(d time.Duration) string {
	const day, year = 24 * time.Hour, 365 * 24 * time.Hour
	var parts []string
	add := func(unit time.Duration, say func(int) string) {
		if n := int(d / unit); n > 0 && len(parts) < 2 {
			parts = append(parts, say(n))
		} else if len(parts) == 1 { // 1 day 5 seconds is a day
			d = 0
		}
		d %= unit
	}
	add(year, func(n int) string { return N("{{.N}} years", n) })
	add(day, func(n int) string { return N("{{.N}} days", n) })
	add(time.Hour, func(n int) string { return N("{{.N}} hours", n) })
	add(time.Minute, func(n int) string { return N("{{.N}} minutes", n) })
	add(time.Second, func(n int) string { return N("{{.N}} seconds", n) })
	if len(parts) == 2 {
		return T("{{.Long}} {{.Short}}", "Long", parts[0], "Short", parts[1])
	}
	return strings.Join(parts, "")
}

// Period writes the days from one to another.
func Period(from, to time.Time) string {
	first := Date(from)
	switch {
	case days(from) == days(to):
		return first
	case from.Year() == to.Year() && from.Month() == to.Month():
		first = T("{{.Day}}", "Day", dayOf(from)) // with what a language puts after the number of a day
	case from.Year() == to.Year():
		first = T("{{.Day}} {{.Month}}", "Day", dayOf(from), "Month", monthShort(from.Month()))
	}
	return T("{{.From}} to {{.To}}", "From", first, "To", Date(to))
}
