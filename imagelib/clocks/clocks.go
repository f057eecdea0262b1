// Package clocks finds out when a camera's clock was wrong, from what it took
// beside cameras whose clock was right, such as phones.
//
// People who were together photograph the same things at nearly the same moment.
// So the right shift of a camera's times is one at which, again and again, it took
// a picture within a minute or two of a phone, far more often than a few minutes
// before or after that shift; and at which pictures that look the same fall
// together. How often that would be by chance is bounded by the inequality of
// Chernoff and the number of shifts that were tried, and where it is not most
// improbable nothing is said.
//
// In words: a moment is what one camera took within seconds, a scene its moments
// without a pause of minutes, and an outing its scenes without one of hours. Scenes
// are counted, since what is within one is not independent. A lag is how much later
// a phone's clock showed; the shift of a camera is the lag that is true of it.
package clocks

import (
	"cmp"
	"slices"
	"time"
)

// Shot is a photo, as far as clocks are concerned.
type Shot struct {
	Wall  time.Time     // on the camera's clock, labelled UTC
	Looks uint64        // its dHash; 0 for none
	Zone  time.Duration // how far the clock was ahead of UTC, where HasZone
	Place Place         // where it was taken, where HasPlace

	HasZone, HasPlace bool
}

// Place is in degrees.
type Place struct{ Lat, Lon float64 }

// Offer is a shift that would set a camera's times right for a while.
type Offer struct {
	From, To int           // of the camera's shots, in the order given to Compare: From to To-1
	Shift    time.Duration // to be added to their wall clocks
	Scenes   int           // scenes of the camera that fall on a scene of the others by it
	Alike    int           // of its scenes, those of which another camera has a picture that looks the same then
	Chance   float64       // bounds the probability that this is a coincidence
}

const (
	// Least is the smallest shift that is offered: nobody minds less, and two people
	// need a while for the same picture.
	Least = 4 * time.Minute

	maxChance = 1e-5           // of an offer
	near      = 26 * time.Hour // lags that time zones and wrong hours explain; all are tried
	fewest    = 6              // shots of a camera, so that it is looked at
)

// Reference is what was taken with right clocks.
type Reference struct {
	timeline
	looks *lookIndex
}

// NewReference takes in what cameras with right clocks took, in any order.
func NewReference(shots []Shot) *Reference {
	shots = slices.Clone(shots)
	slices.SortStableFunc(shots, func(a, b Shot) int { return a.Wall.Compare(b.Wall) })
	t := newTimeline(shots)
	return &Reference{timeline: t, looks: newLookIndex(t.looks)}
}

// Compare offers shifts for a camera, by what it took in the order of its clock.
// There is no offer where its clock was right or nobody can tell, and none for a
// shot twice.
func (r *Reference) Compare(shots []Shot) []Offer {
	if len(shots) < fewest || len(r.shots) == 0 {
		return nil
	}
	c := &comparison{ref: r, timeline: newTimeline(shots)}
	c.outings = c.split()
	c.alike = r.looks.pairs(c.timeline, r.timeline)
	shifts := c.candidates()
	var offers []Offer
	for _, p := range c.periods(shifts) {
		if o, ok := c.judge(p); ok {
			offers = append(offers, o)
		}
	}
	slices.SortFunc(offers, func(a, b Offer) int { return cmp.Compare(a.From, b.From) })
	return offers
}

// comparison is of one camera with the reference.
type comparison struct {
	timeline
	ref     *Reference
	outings []outing
	alike   []pair // what looks the same, by lag
}

// outing is a range of a camera's moments, and of its shots.
type outing struct {
	from, to  int // moments
	shots     [2]int
	scenes    int
	companion bool // the reference has something within the near lags
}

// outingPause is between outings.
const outingPause = 3 * int64(time.Hour/time.Millisecond)

func (c *comparison) split() (list []outing) {
	begin := 0
	for i := 1; i <= len(c.moments); i++ {
		if i < len(c.moments) && c.moments[i].at-c.moments[i-1].at <= outingPause {
			continue
		}
		o := outing{from: begin, to: i, shots: [2]int{c.moments[begin].shot, len(c.shots)}}
		if i < len(c.moments) {
			o.shots[1] = c.moments[i].shot
		}
		o.scenes = int(c.moments[i-1].scene-c.moments[begin].scene) + 1
		first, last := c.moments[begin].at, c.moments[i-1].at
		o.companion = len(c.ref.between(first-millis(near), last+millis(near))) > 0
		list = append(list, o)
		begin = i
	}
	return list
}

func millis(d time.Duration) int64 { return d.Milliseconds() }
