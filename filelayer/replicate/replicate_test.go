package replicate

import (
	"maps"
	"testing"
)

func TestOncePullsEverything(t *testing.T) {
	t.Parallel()
	a, b := newPeer(t), newPeer(t)
	fill(t, a.db, 0, 2500)
	st := pullOnce(t, options(a, b))
	if st.DocsRead != 2500 || st.DocsWritten != 2500 || st.Failed != 0 || !st.CaughtUp {
		t.Errorf("status: %+v", st)
	}
	if !maps.Equal(contents(t, a.db), contents(t, b.db)) {
		t.Error("the databases differ")
	}
}
