package app

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/libpaul/paul/filelayer"
	"github.com/libpaul/paul/internal/sample"
	"github.com/libpaul/paul/internal/signal"
)

func TestActivity(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var changed signal.Signal
		woken, stop := changed.Listen()
		defer stop()
		all := newActivities(&changed)
		ctx, act := all.start(t.Context(), KindSave, "2 photos", 2)
		act.expect(map[Digest]int64{{1}: 1000, {2}: 3000})
		<-woken

		moving := []filelayer.Transfer{{Digest: Digest{1}, Done: 400, Total: 1000}, {Digest: Digest{9}, Name: "old.jpg", Done: 5, Total: 7}}
		got := all.snapshot(moving, 0, time.Now())
		if len(got) != 2 {
			t.Fatalf("%d activities, want the save and the one that goes on by itself", len(got))
		}
		if a := got[0]; a.Bytes != 400 || a.TotalBytes != 4000 || a.Files != 0 || !a.Running() {
			t.Errorf("the save is %+v", a)
		}
		if a := got[1]; a.ID != 0 || a.Title != "old.jpg" || a.TotalBytes != 7 {
			t.Errorf("what goes on by itself is %+v", a)
		}

		act.done(Digest{1}, 1000)
		<-time.After(time.Second) // the bubble's clock
		got = all.snapshot(nil, 0, time.Now())
		if a := got[0]; a.Files != 1 || a.Bytes != 1000 || a.Rate != 600 {
			t.Errorf("after one file: %+v, want 600 bytes a second", a)
		}

		got[0].Cancel()
		if !errors.Is(ctx.Err(), context.Canceled) {
			t.Error("Cancel does not end the activity's context")
		}
		_ = act.finish(ctx.Err())
		if a := all.snapshot(nil, 0, time.Now())[0]; a.Running() || a.Cause == "" || !errors.Is(a.Err, context.Canceled) {
			t.Errorf("after the end: %+v", a)
		}
		<-time.After(keepEnded + time.Second)
		if got := all.snapshot(nil, 0, time.Now()); len(got) != 0 {
			t.Errorf("long after the end: %+v", got)
		}
	})
}

func TestOnlySoManyEndedActivities(t *testing.T) {
	t.Parallel()
	all := newActivities(new(signal.Signal))
	_, first := all.start(t.Context(), KindImport, "runs", 1)
	for range maxEnded + 20 {
		_, act := all.start(t.Context(), KindFetch, "ended", 1)
		_ = act.finish(nil)
	}
	got := all.snapshot(nil, 0, time.Now())
	if len(got) != maxEnded+1 || got[maxEnded].Title != "runs" {
		t.Errorf("%d activities, want %d and the one that runs", len(got), maxEnded)
	}
	_ = first.finish(nil)
}

func TestMeter(t *testing.T) {
	t.Parallel()
	var m meter
	at := time.Unix(1000, 0)
	for _, step := range []struct {
		after time.Duration
		count int64
		want  float64
	}{
		{0, 0, 0},
		{time.Second, 100, 100},
		{10 * time.Millisecond, 5000, 100}, // too soon to tell
		{2 * time.Second, 5000, 4900 / 2.01},
		{4 * time.Second, 5000, 0},
		{time.Second, 0, 0}, // it began anew
		{3 * time.Second, 900, 300},
		{time.Second, 900, 150},
		{time.Second, 900, 75},
		{time.Second, 900, 37.5},
		{time.Second, 900, 18.75},
		{time.Second, 900, 0}, // nothing has come for a while
		{time.Second, 1500, 600},
	} {
		at = at.Add(step.after)
		if got := m.rate(step.count, at); got < step.want-0.01 || got > step.want+0.01 {
			t.Errorf("rate at %d is %g, want %g", step.count, got, step.want)
		}
	}
}

func TestFileError(t *testing.T) {
	t.Parallel()
	d := Digest{0xab}
	for _, test := range []struct {
		err  *FileError
		want string
	}{
		{&FileError{Digest: d, Err: ErrNotFound}, "ab0000000000: not found"},
		{&FileError{Digest: d, Name: "a.jpg", Err: errors.New("fetch a.jpg: odd")}, "fetch a.jpg: odd"},
		{&FileError{Digest: d, Name: "a.jpg", Err: errors.New("odd"), Advice: "wait"}, "a.jpg: odd; wait"},
	} {
		if got := test.err.Error(); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}

// TestActivityIsTriedAgain: an import takes in the rest, in place of the one that left
// it out, and what has ended can be taken off the list.
func TestActivityIsTriedAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := sample.Write(dir, 1, 1); err != nil {
		t.Fatal(err)
	}
	a, stop := startAt(t, Options{Home: t.TempDir(), Name: "a"})
	defer stop()
	later := filepath.Join(dir, "later")
	if _, err := a.Import(t.Context(), []string{dir, later}); err != nil {
		t.Fatal(err)
	}
	act := a.Activities()[0]
	if act.Retry == nil || act.Failed != 1 {
		t.Fatalf("the import is %+v", act)
	}
	if err := os.Mkdir(later, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := sample.Write(later, 1, 2); err != nil {
		t.Fatal(err)
	}
	if err := act.Retry(t.Context()); err != nil {
		t.Fatal(err)
	}
	if all := a.Activities(); len(all) != 1 || all[0].ID == act.ID || all[0].Retry != nil || all[0].Failed != 0 || len(a.Entries()) != 2 {
		t.Errorf("after it: %+v, %d photos", all, len(a.Entries()))
	}
	a.ForgetEnded()
	if all := a.Activities(); len(all) != 0 {
		t.Errorf("forgotten, yet %+v", all)
	}
}

// TestJobIsTriedAgain with the files that failed alone, which it names.
func TestJobIsTriedAgain(t *testing.T) {
	t.Parallel()
	a, stop := startAt(t, Options{Home: t.TempDir(), Name: "a"})
	defer stop()
	dir := t.TempDir()
	if _, err := sample.Write(dir, 2, 1); err != nil {
		t.Fatal(err)
	}
	result, err := a.Import(t.Context(), []string{dir})
	if err != nil {
		t.Fatal(err)
	}
	photos := result.Added
	var tried [][]Digest
	odd := errors.New("odd")
	do := func(_ context.Context, ds []Digest, done report) {
		tried = append(tried, ds)
		for _, d := range ds {
			if d == photos[1] && len(tried) == 1 {
				done(d, odd)
				continue
			}
			done(d, nil)
		}
	}
	if err := a.each(t.Context(), job{kind: KindSave, digests: photos, do: do}); !errors.Is(err, odd) {
		t.Fatalf("the job: %v", err)
	}
	act := a.Activities()[0]
	if len(act.Troubles) != 1 || !errors.Is(act.Troubles[0].Err, odd) || act.Troubles[0].Name == "" || act.Retry == nil {
		t.Fatalf("the activity: %+v", act)
	}
	for range 2 { // a button that is pressed twice
		if err := act.Retry(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if len(tried) != 2 || len(tried[1]) != 1 || tried[1][0] != photos[1] {
		t.Errorf("tried %v", tried)
	}
	if last := a.Activities()[0]; last.Err != nil || last.Retry != nil {
		t.Errorf("after it: %+v", last)
	}
}
