package pairing

import (
	"crypto/ed25519"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

func testCode() Code {
	c := Code{
		Key:     ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)).Public().(ed25519.PublicKey),
		Expires: time.Unix(1_800_000_000, 0),
		Hints:   []string{"tls://192.168.1.20:34567", "quic://[2001:db8::1]:7999"},
	}
	copy(c.Secret[:], "sixteen letters!")
	return c
}

func encode(tb testing.TB, c Code) string {
	tb.Helper()
	text, err := c.Encode()
	if err != nil {
		tb.Fatal(err)
	}
	return text
}

func same(a, b Code) bool {
	return a.Key.Equal(b.Key) && a.Secret == b.Secret && a.Expires.Equal(b.Expires) && slices.Equal(a.Hints, b.Hints)
}

func TestParseCodeForgives(t *testing.T) {
	t.Parallel()
	code := testCode()
	text := encode(t, code)
	body := strings.TrimPrefix(text, scheme)
	var grouped strings.Builder
	for i, r := range body {
		if i > 0 && i%4 == 0 {
			grouped.WriteString("-")
		}
		grouped.WriteRune(r)
	}
	for name, in := range map[string]string{
		"as made":        text,
		"lower case":     strings.ToLower(text),
		"upper case":     strings.ToUpper(text),
		"no scheme":      body,
		"link":           "paul://" + body,
		"grouped":        "paul:" + grouped.String(),
		"other dashes":   strings.ReplaceAll(grouped.String(), "-", "–"),
		"broken lines":   "  paul:\r\n" + body[:40] + "\r\n\t> "[:3] + body[40:] + "\n",
		"O and o for 0":  strings.ReplaceAll(body, "0", "O"),
		"I for 1":        strings.ReplaceAll(body, "1", "i"),
		"l for 1":        strings.ReplaceAll(body, "1", "l"),
		"unseen in it":   body[:7] + "\u200b\u00ad" + body[7:],
		"no-break space": body[:7] + "\u00a0" + body[7:],
	} {
		got, err := ParseCode(in)
		if err != nil || !same(got, code) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestParseCodeRefuses(t *testing.T) {
	t.Parallel()
	body := strings.TrimPrefix(encode(t, testCode()), scheme)
	swapped := []byte(body)
	for i := range swapped[1:] {
		if swapped[i] != swapped[i+1] {
			swapped[i], swapped[i+1] = swapped[i+1], swapped[i]
			break
		}
	}
	raw := func(change func([]byte) []byte) string {
		b, err := crockford.DecodeString(body)
		if err != nil {
			t.Fatal(err)
		}
		return withChecksum(change(b[:len(b)-checksum]))
	}
	for name, tt := range map[string]struct {
		in   string
		want error
		says string
	}{
		"empty":             {"", ErrBadCode, "empty"},
		"scheme alone":      {"paul:", ErrBadCode, "empty"},
		"a link":            {"https://example.org/", ErrBadCode, "no character"},
		"letter U":          {"U" + body[1:], ErrBadCode, "no character"},
		"wrong character":   {flip(body, 20), ErrBadCode, "wrong"},
		"swapped":           {string(swapped), ErrBadCode, "wrong"},
		"cut off":           {body[:len(body)-1], ErrBadCode, ""},
		"half of it":        {body[:40], ErrBadCode, "too short"},
		"too long":          {strings.Repeat("A", 5000), ErrBadCode, "too long"},
		"newer version":     {raw(func(b []byte) []byte { b[0] = 2; return b }), ErrVersion, "update"},
		"version 0":         {raw(func(b []byte) []byte { b[0] = 0; return b }), ErrBadCode, "version"},
		"rest of a hint":    {raw(func(b []byte) []byte { return b[:len(b)-1] }), ErrBadCode, "address"},
		"unknown hint kind": {raw(func(b []byte) []byte { b[fixedSize] |= 15; return b }), ErrBadCode, "address"},
		"five hints": {raw(func(b []byte) []byte {
			one := b[fixedSize : fixedSize+7]
			return append(b[:fixedSize:fixedSize], slices.Repeat(one, 5)...)
		}), ErrBadCode, "address"},
	} {
		_, err := ParseCode(tt.in)
		if !errors.Is(err, tt.want) || err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v, want %v with %q", name, err, tt.want, tt.says)
		}
	}
}

func flip(text string, i int) string {
	c := byte('A')
	if text[i] == c {
		c = 'B'
	}
	return text[:i] + string(c) + text[i+1:]
}

func TestEncode(t *testing.T) {
	t.Parallel()
	code := testCode()
	code.Hints = nil
	bare := encode(t, code)
	code.Hints = []string{
		"tls://10.0.0.1:1?key=00", "socks://10.0.0.1:1", "tls://[fe80::1%25eth0]:1", "tls://10.0.0.1", "nonsense", // no compact form
		"tls://10.0.0.1:1", "tcp://nas.example.org:443", "wss://[2001:db8::2]:65535", "tls://10.0.0.4:4", "tls://10.0.0.5:5",
	}
	full := encode(t, code)
	if len(bare) != 95 || len(full) > 200 {
		t.Errorf("%d characters without hints, %d with four", len(bare), len(full))
	}
	got, err := ParseCode(full)
	if want := code.Hints[5:9]; err != nil || !slices.Equal(got.Hints, want) {
		t.Errorf("hints %q, %v; want %q", got.Hints, err, want)
	}
	if _, err := (Code{}).Encode(); err == nil {
		t.Error("a code without a key was encoded")
	}
	if code.Expired(code.Expires.Add(-time.Second)) || !code.Expired(code.Expires) {
		t.Error("the expiry is judged wrongly")
	}
}

func FuzzParseCode(f *testing.F) {
	text := encode(f, testCode())
	for _, seed := range []string{text, strings.ToLower(text), "paul:", "", text[:50], "paul:" + strings.Repeat("0", 96)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		code, err := ParseCode(text)
		if err != nil {
			if !errors.Is(err, ErrBadCode) && !errors.Is(err, ErrVersion) {
				t.Errorf("unnamed error %v", err)
			}
			return
		}
		again, err := ParseCode(encode(t, code))
		if err != nil || !same(again, code) {
			t.Errorf("%+v became %+v, %v", code, again, err)
		}
	})
}

// FuzzHints reaches the hints that a checksum hides from FuzzParseCode.
func FuzzHints(f *testing.F) {
	f.Add(appendHints(nil, testCode().Hints))
	f.Add(appendHints(nil, []string{"tcp://nas.example.org:443"}))
	f.Fuzz(func(t *testing.T, b []byte) {
		hints, err := readHints(b)
		if err != nil {
			return
		}
		for _, hint := range hints {
			if strings.ContainsAny(hint, " \n\x00") {
				t.Errorf("hint %q", hint)
			}
		}
	})
}

func TestWords(t *testing.T) {
	t.Parallel()
	if len(wordList) != 256 {
		t.Fatalf("%d words", len(wordList))
	}
	starts := make(map[string]string)
	for i, w := range wordList {
		if other, ok := starts[w[:3]]; ok {
			t.Errorf("%s and %s begin alike", other, w)
		}
		starts[w[:3]] = w
		for _, other := range wordList[:i] {
			if distance(w, other) < 2 {
				t.Errorf("%s and %s differ in one letter", other, w)
			}
		}
	}
	a, b := Words([]byte("a")), Words([]byte("b"))
	if a == b || a != Words([]byte("a")) {
		t.Errorf("%v, %v", a, b)
	}
}

// distance is Levenshtein's.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
