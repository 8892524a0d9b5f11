package email

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"

	mail "github.com/wneessen/go-mail"
)

// An address is where and how mail is handed over.
type address struct {
	host           string
	port           int
	implicit       bool // TLS from the start
	plain          bool // no TLS at all
	user, password string
}

var errAddress = errors.New("the mail server's address cannot be read; write it as smtp://user:password@host:587, or smtps://… " +
	"where it speaks TLS from the start, with special characters of the password %-encoded")

// parseAddress reads smtp://[user:pass@]host[:port][?tls=off] or smtps://….
func parseAddress(text string) (address, error) {
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || u.Path != "" && u.Path != "/" {
		return address{}, errAddress // the cause quotes the password
	}
	a := address{host: u.Hostname(), port: 587, user: u.User.Username()}
	a.password, _ = u.User.Password()
	switch tls := u.Query().Get("tls"); {
	case u.Scheme == "smtps" && tls == "":
		a.implicit, a.port = true, 465
	case u.Scheme == "smtp" && tls == "off":
		a.plain, a.port = true, 25
	case u.Scheme == "smtp" && tls == "":
	default:
		return a, fmt.Errorf("the mail server's address has the scheme %q and tls=%q; there are smtp://, smtp://…?tls=off and smtps://", u.Scheme, tls)
	}
	if u.Port() != "" {
		if a.port, err = strconv.Atoi(u.Port()); err != nil {
			return a, errAddress
		}
	}
	return a, nil
}

func (a address) String() string { return net.JoinHostPort(a.host, strconv.Itoa(a.port)) }

// options are the mail library's.
func (a address) options() []mail.Option {
	options := []mail.Option{mail.WithPort(a.port), mail.WithTimeout(timeout)}
	auth := mail.SMTPAuthAutoDiscover
	switch {
	case a.implicit:
		options = append(options, mail.WithSSL())
	case a.plain:
		auth = mail.SMTPAuthPlainNoEnc
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	default:
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	}
	if a.user != "" {
		options = append(options, mail.WithSMTPAuth(auth), mail.WithUsername(a.user), mail.WithPassword(a.password))
	}
	return options
}
