package store

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/lib/pq"
)

// errAddress does not say more, since that would quote the address, which has a password in it.
var errAddress = errors.New("the database address cannot be read; write it as postgres://user:password@host:5432/name, " +
	"with special characters of the password %-encoded")

// poolMode is the parameter of an address by which it says that a pooler stands there, as in ?pool_mode=transaction. It is called as
// PgBouncer calls it.
const poolMode = "pool_mode"

// ErrPooled means that something needs a session of its own, and the address is a pooler's that gives none.
var ErrPooled = errors.New("this needs a session of its own, which the pooler at this address does not give; use the address of Postgres itself, without pool_mode")

// readAddress reads an address, and whether there stands a pooler that gives a session for no longer than a transaction: then nothing is
// prepared, nothing is set for a session, and nobody is asked about one.
func readAddress(url string) (cfg pq.Config, pooled bool, err error) {
	cfg, err = pq.NewConfig(url)
	if err != nil {
		return cfg, false, errAddress
	}
	mode, set := cfg.Runtime[poolMode]
	delete(cfg.Runtime, poolMode)
	if set && mode != "transaction" && mode != "session" {
		return cfg, false, fmt.Errorf("the database address has %s=%q; it is transaction where a pooler gives a connection for a transaction at a time, session else", poolMode, mode)
	}
	if cfg.ConnectTimeout == 0 {
		cfg.ConnectTimeout = 5 * time.Second
	}
	return cfg, mode == "transaction", nil
}

// connecting says what to do where a pooler stands at an address that does not say so.
func connecting(err error) error {
	if err == nil {
		return nil
	}
	if strings.Contains(err.Error(), "unsupported startup parameter") { // PgBouncer's words
		return fmt.Errorf("connecting to Postgres: %w; this is a pooler: add %s=transaction to the address, as in …/name?%[2]s=transaction", err, poolMode)
	}
	return fmt.Errorf("connecting to Postgres: %w", err)
}
