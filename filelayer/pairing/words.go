package pairing

import (
	"crypto/sha256"
	"strings"
)

// wordList holds 256 common English nouns. Each is told by its first three
// letters, and differs from every other in two letters at least, so that a
// word misheard or misread is no other word.
var wordList = strings.Fields(`
acorn actor agent album alpine amber anchor angel ankle apple apron arch arrow atlas attic autumn
bacon badge baker ballad banana basket beach bell berry blanket bonus bottle bridge bronze bucket
butter cabin cactus camel candle carpet castle cedar cello cherry chimney cinema circle clover
cobalt coffee comet copper coral cotton cousin cradle crown crystal cube curtain daisy dancer dawn
decade deer delta desert dinner doctor dolphin donkey dragon drum dune eagle earth echo eclipse
elbow elm envelope evening fabric falcon farm feather fence festival fiddle filter finger flame
flute forest fossil fountain fox friend frost fruit galaxy garden gazelle giant glacier globe goat
gold goose grape guitar hammer hazel helmet heron hockey honey horse hotel hunter ice igloo image
indigo iron island ivory jacket jaguar jasmine jelly jewel juice jungle kayak kettle kingdom kite
kiwi koala lagoon lantern lava lemon letter lily linen lion lizard lobster lotus lunar magnet mango
maple marble meadow melon mimosa mirror moss motor museum napkin nectar needle nephew nomad noodle
north nugget oasis ocean olive onion opera orange orbit orchid otter oven oxygen oyster paddle
palace panda parrot pebble pencil pepper piano planet plum pocket poem pony prairie pump puzzle
quail queen quilt rabbit rain ranch raven ribbon river robin rose ruby salmon sandal satin scarf
school seal shadow shell silver sketch snow sofa spider spoon square stone sugar summer sun swan
table teapot thunder ticket tiger timber toast tomato torch tower trumpet tulip tunnel turtle uncle
unicorn valley velvet violin volcano wagon walnut whale window yacht yellow zebra zipper
`)

// Words returns four words for a transcript, which both ends of a handshake
// have in common only when nobody stands between them. They hold 32 bits: the
// guest commits to its nonce before it learns the host's, and the host's is
// random, so that there is one guess at them and no search.
func Words(transcript []byte) [4]string {
	sum := sha256.Sum256(append([]byte("paul pairing words\x00"), transcript...))
	var words [4]string
	for i := range words {
		words[i] = wordList[sum[i]]
	}
	return words
}
