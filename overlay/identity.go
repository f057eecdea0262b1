package overlay

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/libpaul/paul/internal/durable"
)

// loadKey reads the key in file, or makes one there if the file does not
// exist. A file that holds anything else is ErrDamagedKey and is left alone:
// writing a new key over it would make this another device for ever.
func loadKey(file string) (ed25519.PrivateKey, error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return makeKey(file)
	}
	if err != nil {
		return nil, fmt.Errorf("read key: %w", err)
	}
	seed, err := hex.DecodeString(string(bytes.TrimSpace(text)))
	if err != nil || len(seed) != ed25519.SeedSize {
		return nil, fmt.Errorf("%s: %w: it should hold %d hex digits; it was left as it is. "+
			"Put back a copy of it, or move it away to become a new device",
			file, ErrDamagedKey, 2*ed25519.SeedSize)
	}
	return ed25519.NewKeyFromSeed(seed), hideKey(file)
}

func makeKey(file string) (ed25519.PrivateKey, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make key: %w", err)
	}
	if err := durable.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return nil, fmt.Errorf("make key: %w", err)
	}
	text := hex.EncodeToString(key.Seed()) + "\n"
	if err := durable.WriteFile(file, []byte(text), 0o600); err != nil {
		return nil, fmt.Errorf("make key: %w", err)
	}
	return key, nil
}

// hideKey takes the key file away from other users of the machine. Windows
// has no such permissions: there the folder's apply.
func hideKey(file string) error {
	info, err := os.Stat(file)
	if err != nil || runtime.GOOS == "windows" || info.Mode().Perm()&0o077 == 0 {
		return err
	}
	if err := os.Chmod(file, 0o600); err != nil {
		return fmt.Errorf("key file is readable by others: %w", err)
	}
	return nil
}

// certificate makes the self-signed certificate by which tls and quic links
// prove that this end holds key. Nothing but its key is looked at.
func certificate(key ed25519.PrivateKey) (*tls.Certificate, error) {
	pub := key.Public()
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: hex.EncodeToString(pub.(ed25519.PublicKey))},
		NotBefore:             time.Now().Add(-24 * time.Hour),
		NotAfter:              time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC), // RFC 5280, 4.1.2.5: no expiry
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, pub, key)
	if err != nil {
		return nil, fmt.Errorf("make certificate: %w", err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}

// tlsConfig serves both ends of our links. Certificates are asked for but not
// checked against any authority: checkLinkKey compares their key.
func tlsConfig(cert *tls.Certificate) *tls.Config {
	return &tls.Config{
		Certificates:       []tls.Certificate{*cert},
		ClientAuth:         tls.RequestClientCert,
		InsecureSkipVerify: true, // the key is the identity; see checkLinkKey
		MinVersion:         tls.VersionTLS13,
	}
}
