package imagelib

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/libpaul/paul/imagelib/clocks"
	"github.com/libpaul/paul/imagelib/meta"
)

// ClockOffer says that a camera's clock was off for a while, and by how much.
type ClockOffer struct {
	Camera      string
	First, Last *Image        // of its images, by their present dates
	Photos      int           // its images
	Files       []Digest      // all files of them, in that order
	Shift       time.Duration // to be added to their wall clocks
	Scenes      int           // scenes of the camera that then fall on what others took
	Alike       int           // of these, those of which another camera has a picture that looks the same
	Chance      float64       // bounds the probability that it is a coincidence
}

// ClockOffers compares each camera with those whose clock is right, which are
// phones and cameras that tell place and time zone, and says which clock was off. See
// package clocks. It takes about half a second of one processor for 100,000 images.
func (s *Snapshot) ClockOffers() (offers []ClockOffer) {
	byCamera := map[string][]*Image{}
	told := map[string]int{}                        // images that tell place and time zone
	for _, img := range slices.Backward(s.Images) { // the oldest first
		if !tellsClock(img) {
			continue
		}
		byCamera[img.Camera] = append(byCamera[img.Camera], img)
		if img.GPS != nil && img.Date.HasOffset {
			told[img.Camera]++
		}
	}
	var right []clocks.Shot
	for camera, images := range byCamera {
		if rightClock(camera, len(images), told[camera]) {
			right = append(right, shots(images)...)
			delete(byCamera, camera)
		}
	}
	if len(right) == 0 || len(byCamera) == 0 {
		return nil
	}
	ref := clocks.NewReference(right)
	for camera, images := range byCamera {
		for _, o := range ref.Compare(shots(images)) {
			offers = append(offers, newClockOffer(camera, images[o.From:o.To], o))
		}
	}
	slices.SortFunc(offers, func(a, b ClockOffer) int {
		return cmp.Or(b.First.Date.Wall.Compare(a.First.Date.Wall), strings.Compare(a.Camera, b.Camera))
	})
	return offers
}

func newClockOffer(camera string, images []*Image, o clocks.Offer) ClockOffer {
	offer := ClockOffer{
		Camera: camera, First: images[0], Last: images[len(images)-1], Photos: len(images),
		Shift: o.Shift, Scenes: o.Scenes, Alike: o.Alike, Chance: o.Chance,
	}
	for _, img := range images {
		for _, f := range img.Files() {
			offer.Files = append(offer.Files, f.Digest)
		}
	}
	return offer
}

// tellsClock says whether the date of an image is of its camera's clock. That of a
// film often is not: most of them tell UTC.
func tellsClock(img *Image) bool {
	if img.Camera == "" || img.Kind == KindVideo || img.Date.Wall.IsZero() {
		return false
	}
	switch img.Date.Source {
	case meta.SourceEXIF, meta.SourceXMP, meta.SourceSidecar, meta.SourcePerson:
		return true
	}
	return false
}

func shots(images []*Image) []clocks.Shot {
	list := make([]clocks.Shot, len(images))
	for i, img := range images {
		list[i] = clocks.Shot{Wall: img.Date.Wall, Zone: img.Date.Offset, HasZone: img.Date.HasOffset, Looks: img.DHash}
		if g := img.GPS; g != nil {
			list[i].Place, list[i].HasPlace = clocks.Place{Lat: g.Lat, Lon: g.Lon}, true
		}
	}
	return list
}

// phones are how the names of phones' cameras begin, in lower case, as their makers
// write them into EXIF. Their clocks are set by the network.
var phones = []string{
	"apple", "iphone", "ipad", "google", "pixel", "samsung sm-", "samsung gt-", "samsung galaxy", "sm-", "gt-", "huawei", "honor", "xiaomi",
	"redmi", "poco", "oneplus", "oppo", "vivo", "realme", "motorola", "fairphone", "htc", "lge", "lg-", "nothing", "hmd", "nokia", "blackberry",
	"lenovo", "sony ericsson", "zte", "wiko", "alcatel", "microsoft lumia", "lumia", "meizu", "tecno", "infinix", "doogee", "ulefone", "cubot",
}

// toldPart of a camera's images that tell place and time zone, at least, show that
// its clock is set by the phone that it is linked with. A place alone does not: many
// cameras find satellites, and stay on the time of home.
const toldPart = 0.2

func rightClock(camera string, images, told int) bool {
	if float64(told) >= toldPart*float64(images) {
		return true
	}
	name := strings.ToLower(camera)
	return slices.ContainsFunc(phones, func(p string) bool { return strings.HasPrefix(name, p) })
}
