package notifytest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"net"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// A Mail is an e-mail that the server took.
type Mail struct {
	To  string
	Raw string
	*mail.Message
}

// Busy is what a server says that wants the mail later.
var Busy error = &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 2}, Message: "busy"}

// ErrLost has the server take the mail and hang up without saying so.
var ErrLost = errors.New("the answer is lost")

// TLSMode is how a MailServer speaks TLS.
type TLSMode int

// The modes.
const (
	NoTLS TLSMode = iota
	StartTLS
	ImplicitTLS
)

// A MailServer plays a mail server. Users are "user" with the password "secret".
type MailServer struct {
	// URL is its address for a client that trusts ClientTLS.
	URL       string
	ClientTLS *tls.Config

	mu          sync.Mutex
	mails       []Mail
	connections int
	recipient   func(to string) error
	data        func(n int) error
	count       int
	server      *smtp.Server
}

// NewMailServer starts a mail server. It takes every mail until told otherwise.
func NewMailServer(tb testing.TB, mode TLSMode) *MailServer {
	s := &MailServer{}
	s.server = smtp.NewServer(smtp.BackendFunc(s.session))
	s.server.Domain, s.server.AllowInsecureAuth = "localhost", mode == NoTLS
	listener, err := (&net.ListenConfig{}).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	s.URL = "smtp://user:secret@" + listener.Addr().String()
	if mode != NoTLS {
		certificate, pool := certify(tb)
		s.server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
		s.ClientTLS = &tls.Config{RootCAs: pool, ServerName: "127.0.0.1", MinVersion: tls.VersionTLS12}
	}
	switch mode {
	case NoTLS:
		s.URL += "?tls=off"
	case ImplicitTLS:
		listener = tls.NewListener(listener, s.server.TLSConfig)
		s.server.TLSConfig = nil
		s.URL = strings.Replace(s.URL, "smtp://", "smtps://", 1)
	}
	go func() { _ = s.server.Serve(listener) }() // until it is closed
	tb.Cleanup(func() { _ = s.server.Close() })
	return s
}

// Recipients has f answer to recipients; nil takes one.
func (s *MailServer) Recipients(f func(to string) error) { s.mu.Lock(); s.recipient = f; s.mu.Unlock() }

// Data has f answer to the n-th mail's content, from 1; nil takes it.
func (s *MailServer) Data(f func(n int) error) { s.mu.Lock(); s.data, s.count = f, 0; s.mu.Unlock() }

// Mails lists what was taken.
func (s *MailServer) Mails() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Mail(nil), s.mails...)
}

// Connections counts those that were made.
func (s *MailServer) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.connections
}

func (s *MailServer) session(conn *smtp.Conn) (smtp.Session, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.connections++
	return &session{server: s, conn: conn}, nil
}

type session struct {
	server *MailServer
	conn   *smtp.Conn
	to     string
}

// AuthMechanisms implements smtp.AuthSession.
func (c *session) AuthMechanisms() []string { return []string{sasl.Plain} }

// Auth implements smtp.AuthSession.
func (c *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "user" || password != "secret" {
			return smtp.ErrAuthFailed
		}
		return nil
	}), nil
}

// Mail implements smtp.Session.
func (c *session) Mail(string, *smtp.MailOptions) error { return nil }

// Rcpt implements smtp.Session.
func (c *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	c.to = to
	if c.server.recipient != nil {
		return c.server.recipient(to)
	}
	return nil
}

// Data implements smtp.Session.
func (c *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	parsed, err := mail.ReadMessage(strings.NewReader(string(raw)))
	if err != nil {
		return err
	}
	c.server.mu.Lock()
	c.server.count++
	answer, n := c.server.data, c.server.count
	c.server.mu.Unlock()
	var said error
	if answer != nil { // it may take its time
		if said = answer(n); said != nil && !errors.Is(said, ErrLost) {
			return said
		}
	}
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	c.server.mails = append(c.server.mails, Mail{c.to, string(raw), parsed})
	if said != nil {
		_ = c.conn.Close()
	}
	return said
}

// Reset implements smtp.Session.
func (c *session) Reset() {}

// Logout implements smtp.Session.
func (c *session) Logout() error { return nil }

// certify makes a certificate for loopback, and what trusts it.
func certify(tb testing.TB) (tls.Certificate, *x509.CertPool) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		tb.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		tb.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(certificate)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}
