package api

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/alexedwards/argon2id"
	"golang.org/x/text/unicode/norm"

	"github.com/leadwheel/leadwheel/internal/web/problem"
)

// passwordCost is OWASP's for argon2id: 19 MiB and two passes, some 30 ms of a core.
var passwordCost = &argon2id.Params{Memory: 19 << 10, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// passwordsAtOnce bounds the memory and the time that guessing takes of everybody else's.
const passwordsAtOnce = 2

// passwordWait is how long somebody waits for their password's turn.
const passwordWait = 5 * time.Second

// passwordTries is how many passwords may be tried for one address within a link's life.
const passwordTries = 20

// passwords hashes and compares passwords, a few at a time.
type passwords struct {
	places chan struct{}
	wait   time.Duration
	// nobody is the hash of a password that nobody has.
	nobody func() string
}

func newPasswords() *passwords {
	return &passwords{places: make(chan struct{}, passwordsAtOnce), wait: passwordWait, nobody: sync.OnceValue(func() string {
		hash, _ := argon2id.CreateHash("nobody's", passwordCost) // without one, guessing at nobody is quick, and no more
		return hash
	})}
}

func (p *passwords) hash(ctx context.Context, password string) (string, error) {
	leave, err := p.enter(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	return argon2id.CreateHash(composed(password), passwordCost)
}

// fits compares a password with a hash; with none it takes as long, and nothing fits.
func (p *passwords) fits(ctx context.Context, password, hash string) (bool, error) {
	leave, err := p.enter(ctx)
	if err != nil {
		return false, err
	}
	defer leave()
	if hash == "" {
		_, err := argon2id.ComparePasswordAndHash(composed(password), p.nobody())
		return false, err
	}
	return argon2id.ComparePasswordAndHash(composed(password), hash)
}

// composed is a password in the one form in which keyboards that compose letters differently give the same (as RFC 8265 has it, but
// that nothing is refused).
func composed(password string) string {
	return norm.NFC.String(strings.Map(func(c rune) rune {
		if unicode.Is(unicode.Zs, c) {
			return ' '
		}
		return c
	}, password))
}

// enter waits for a place, for so long: who waits for longer has given up, and would keep those who come after them from theirs.
func (p *passwords) enter(ctx context.Context) (leave func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, p.wait)
	defer cancel()
	select {
	case p.places <- struct{}{}:
		return func() { <-p.places }, nil
	case <-ctx.Done():
		return nil, problem.New(http.StatusServiceUnavailable, "too many people sign in at this moment; please try again").WithHeader("Retry-After", "5")
	}
}
