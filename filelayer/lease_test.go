package filelayer

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/libpaul/paul/filelayer/blob"
)

func TestALeaseBindsWhoGrantsIt(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ctx := testContext(t)
	d := sharedFiles(t, a, b, 1)[0]
	verified, err := a.askLease(ctx, b.id, a.entry(d))
	must(t, err)
	if time.Since(verified) > time.Minute {
		t.Errorf("verified at %v", verified)
	}
	b.restart() // a lease survives
	meet(t, a, b)
	if err := b.Unsave(ctx, d); !errors.Is(err, ErrLeased) {
		t.Fatalf("Unsave of a leased copy = %v", err)
	}
	if err := b.ForceUnsave(ctx, d); !errors.Is(err, ErrLeased) {
		t.Fatalf("ForceUnsave of a leased copy = %v", err)
	}
	release, err := a.blobs.Dropping(d)
	must(t, err)
	defer release()
	if _, err := b.askLease(ctx, a.id, b.entry(d)); !errors.Is(err, blob.ErrDropping) {
		t.Fatalf("lease of a copy about to go = %v", err)
	}
	wrong := b.entry(d)
	wrong.Size++
	if _, err := b.askLease(ctx, a.id, wrong); !errors.Is(err, ErrMissing) {
		t.Fatalf("lease of another size = %v", err)
	}
	if _, err := b.askLease(ctx, a.id, Entry{Digest: Digest{9}, Size: 1}); !errors.Is(err, ErrNotFound) {
		t.Fatalf("lease of nothing = %v", err)
	}
}

func TestReadLease(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body string
		status     int
		ok         bool
		want       error
	}{
		{"granted", `{"verified":5,"until":9}`, 200, true, nil},
		{"granted nothing", `{}`, 200, false, nil},
		{"refused but 200", `{"refused":"missing"}`, 200, false, ErrMissing},
		{"refused", `{"refused":"deleted"}`, 409, false, ErrDeleted},
		{"unknown refusal", `{"refused":"x","message":"no"}`, 409, false, nil},
		{"no JSON", `<html>`, 200, false, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := readLease(&http.Response{
				StatusCode: tt.status, Status: strconv.Itoa(tt.status), Body: io.NopCloser(strings.NewReader(tt.body)),
			})
			if (err == nil) != tt.ok || tt.want != nil && !errors.Is(err, tt.want) {
				t.Errorf("err = %v", err)
			}
		})
	}
}

func FuzzReadLease(f *testing.F) {
	f.Add([]byte(`{"verified":5,"until":9}`), 200)
	f.Add([]byte(`{"refused":"deleted"}`), 409)
	f.Fuzz(func(t *testing.T, body []byte, status int) {
		at, err := readLease(&http.Response{StatusCode: status, Body: io.NopCloser(bytes.NewReader(body))})
		var reply leaseReply
		if err == nil && (status != 200 || at.IsZero() || json.NewDecoder(bytes.NewReader(body)).Decode(&reply) != nil) {
			t.Errorf("%d %s is taken for a lease", status, body)
		}
	})
}
